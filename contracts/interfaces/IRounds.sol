// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Attestation, Evaluation, Phase, Proposal, Reason, RoundInfo} from "../types/TaskTypes.sol";

/// @title IRounds
/// @notice The round machine: Open, Aggregating, Proposed, then Finalized or Invalidated, strictly forward. Every edge
/// that has a deadline can be pushed by anyone after it.
interface IRounds {
    /// @notice A round began.
    /// @param round Number of the round, from 1.
    /// @param baseModelRoot Root of the model that updates start from.
    /// @param seed Randomness of the draw (72 bits).
    /// @param enrolled Number of places n when the round opened.
    /// @param drawn Number of participants drawn: those whose slot (a permutation of their index, see Draw) is below it.
    /// @param commitDeadline Last second at which a commitment is accepted.
    /// @param accumulator Start value of the commitment accumulator.
    event RoundOpened(
        uint32 indexed taskId,
        uint32 indexed round,
        bytes32 baseModelRoot,
        uint72 seed,
        uint32 enrolled,
        uint8 drawn,
        uint40 commitDeadline,
        bytes32 accumulator
    );
    /// @notice A participant committed to its update.
    /// @param slot The participant's place in the round, from 0.
    /// @param weight Weight of the update, 1 to maxWeight.
    /// @param updateRoot Chunk tree root of the update.
    /// @param contentId SHA-256 digest of the CIDv1 of the update's blob.
    event Committed(
        uint32 indexed taskId,
        uint32 indexed round,
        address indexed participant,
        uint8 slot,
        uint32 weight,
        bytes32 updateRoot,
        bytes32 contentId
    );
    /// @notice The set of updates is frozen.
    event RoundClosed(
        uint32 indexed taskId,
        uint32 indexed round,
        uint64 committed,
        uint64 totalWeight,
        bytes32 accumulator
    );
    /// @notice An aggregator is to propose until the deadline.
    event AggregatorAssigned(
        uint32 indexed taskId,
        uint32 indexed round,
        uint8 attempt,
        address indexed aggregator,
        uint40 deadline
    );
    /// @notice An aggregator proposed a result.
    event Proposed(uint32 indexed taskId, uint32 indexed round, Proposal proposal, uint40 challengeDeadline);
    /// @notice A round's result is final.
    /// @param attesters Who attested, ascending; empty when the window passed.
    /// @param evaluations What each attester measured, in the same order.
    /// @param historyHead Head of the task's history chain after this round.
    event RoundFinalized(
        uint32 indexed taskId,
        uint32 indexed round,
        bytes32 modelRoot,
        address[] attesters,
        Evaluation[] evaluations,
        bytes32 historyHead
    );
    /// @notice A round ended without a result; the model stays what it was.
    event RoundInvalidated(uint32 indexed taskId, uint32 indexed round, Reason reason, bytes32 historyHead);

    /// @notice The call needs another phase.
    error WrongPhase(Phase actual);
    /// @notice The call names a round that is not the task's current one (past or future).
    error WrongRound(uint32 current);
    /// @notice Too few participants are enrolled to open a round.
    error TooFewParticipants(uint256 enrolled);
    /// @notice Opening draws randomness: it is refused to contracts, which could undo a draw they do not like.
    error OnlyAccounts();
    /// @notice The update was trained from another model than this round's base.
    error WrongBaseModel(bytes32 baseModelRoot);
    /// @notice The deadline has passed.
    error TooLate(uint256 deadline);
    /// @notice The deadline has not passed, and nothing else allows the step yet.
    error TooEarly(uint256 deadline);
    /// @notice The participant was not drawn for this round.
    error NotDrawn(address participant);
    /// @notice The participant has committed in this round.
    error AlreadyCommitted(address participant);
    /// @notice The participant has used up its rounds.
    error BudgetSpent(address participant);
    /// @notice The weight is 0 or above the task's maximum.
    error InvalidWeight(uint256 weight);
    /// @notice A root or content id is zero.
    error InvalidRoot();
    /// @notice Only the assigned aggregator may propose.
    error NotAssigned(address assigned);
    /// @notice The federation has no aggregator, or none has the task's bond.
    error NoAggregator();
    /// @notice The excluded set is not a part of the committed set, or leaves fewer than minUpdates.
    error InvalidExclusion();
    /// @notice The total weight is not the sum of the included weights.
    error WrongTotalWeight(uint256 expected);
    /// @notice The proposal given is not the one on record.
    error WrongProposal(bytes32 proposalHash);
    /// @notice Fewer attestations than the quorum.
    error QuorumNotReached(uint256 given, uint256 quorum);
    /// @notice Attesters must be ascending by address, each enrolled in the task.
    error InvalidAttester(address attester);

    /// @notice Opens the task's next round and draws its participants.
    ///
    /// Requirements:
    /// - the caller is an account without code ({OnlyAccounts});
    /// - no round is running ({WrongPhase}), rounds are left ({ITasks.TaskComplete});
    /// - at least minUpdates participants are enrolled ({TooFewParticipants}).
    function openRound(uint32 taskId) external;

    /// @notice Commits the caller's update.
    /// @param baseModelRoot Root of the model it was trained from.
    ///
    /// Requirements: the round is the current one and open, the deadline has not passed, the caller is enrolled, drawn,
    /// has not committed, has budget; the weight and the roots are valid.
    function commit(
        uint32 taskId,
        uint32 round,
        bytes32 baseModelRoot,
        bytes32 updateRoot,
        bytes32 contentId,
        uint32 weight
    ) external;

    /// @notice Freezes the round's updates and assigns an aggregator; with too few of them, invalidates the round.
    /// Anyone may call it once all drawn participants have committed or the deadline has passed.
    function closeRound(uint32 taskId, uint32 round) external;

    /// @notice Records the assigned aggregator's result. `proposal.aggregator` must be the caller.
    /// While nothing is excluded, totalWeight must be the sum recorded at the closing.
    function propose(uint32 taskId, uint32 round, Proposal calldata proposal) external;

    /// @notice Assigns the next aggregator, or invalidates the round when no attempt is left or nobody can be assigned (all
    /// lost a challenge in this round, or none has the task's bond).
    /// Anyone may call it when
    /// the aggregator's deadline has passed without a proposal, or the challenge window of a proposal that excludes
    /// updates has passed without a quorum.
    function reassign(uint32 taskId, uint32 round) external;

    /// @notice Finalizes a proposal by a quorum of attestations, whoever submits them.
    function finalize(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Attestation[] calldata attestations
    ) external;

    /// @notice Finalizes a proposal that excludes nothing after its challenge window.
    function finalizeUnchallenged(uint32 taskId, uint32 round, Proposal calldata proposal) external;

    /// @notice The state of a task's current round.
    /// @return round Its number; 0 before the first.
    /// @return phase Its phase.
    /// @return modelRoot Root of the task's last final model.
    /// @return accumulator Accumulator of the round's commitments.
    /// @return historyHead Head of the task's history chain.
    function taskState(
        uint32 taskId
    ) external view returns (uint32 round, Phase phase, bytes32 modelRoot, bytes32 accumulator, bytes32 historyHead);

    /// @notice What the contract holds of a task's current round beside {taskState}.
    function roundInfo(uint32 taskId) external view returns (RoundInfo memory);

    /// @notice The slot of a participant in the current round, and whether it is drawn; slot is 0 when it is not.
    function slotOf(uint32 taskId, address participant) external view returns (uint8 slot, bool drawn);

    /// @notice EIP-712 digest that an attester signs.
    function attestationDigest(
        uint32 taskId,
        uint32 round,
        bytes32 proposalHash,
        Evaluation calldata evaluation
    ) external view returns (bytes32);
}
