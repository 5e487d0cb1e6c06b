// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Attestation, Availability, Phase, Proposal, Reason, SignedCommitment} from "../types/TaskTypes.sol";

/// @title IRounds
/// @notice The round machine: Open, Aggregating, Proposed, then Finalized or Invalidated, strictly forward. Every edge
/// that has a deadline can be pushed by anyone after it. In a pipelined task two rounds may be in flight: the next one opens on a
/// proposed model, and is invalidated when that proposal falls; rounds become final in their order.
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
    /// @param updateRoot Chunk tree root of the update, bound to its participant (ChunkTree.updateRootOf).
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
    /// @param evaluations What each attester measured, in the same order, packed as in {Attestation}.
    /// @param historyHead Head of the task's history chain after this round.
    event RoundFinalized(
        uint32 indexed taskId,
        uint32 indexed round,
        bytes32 modelRoot,
        address[] attesters,
        uint256[] evaluations,
        bytes32 historyHead
    );
    /// @notice A round ended without a result; the model stays what it was.
    event RoundInvalidated(uint32 indexed taskId, uint32 indexed round, Reason reason, bytes32 historyHead);

    /// @notice The call needs another phase.
    error WrongPhase(Phase actual);
    /// @notice The call names a round that is not in flight (past or future), or that must wait for the one before it; `current` is
    /// the task's newest round.
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
    /// @notice The excluded set is not a part of the committed set, leaves fewer than minUpdates, or has no reason; or a proposal that
    /// needs a quorum is to be final without.
    error InvalidExclusion();
    /// @notice Too few have signed that they hold these included updates.
    error NotAvailable(uint64 slots);
    /// @notice Those who sign an availability must be ascending by address, each a participant that committed in the round.
    error InvalidHolder(address holder);
    /// @notice None of the commitments could be added.
    error NothingCommitted();
    /// @notice Demands against the proposal are not answered yet.
    error DemandsOpen(uint256 count);
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
    /// - no round is running, or, in a pipelined task, only one, whose proposal needs no quorum, and nobody waits for its
    ///   place to be freed ({WrongPhase}); rounds are left ({ITasks.TaskComplete});
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

    /// @notice Commits for participants that signed (EIP-712, type Commitment; the round's base model is in what they signed).
    /// Participants that have committed already are passed over. Anyone may bring the signatures.
    ///
    /// Requirements: those of {commit} for every signer, one that is passed over included; at least one is added ({NothingCommitted}).
    /// A signer that is leaving spoils the batch: whoever brings it leaves that one out.
    function commitBatch(uint32 taskId, uint32 round, SignedCommitment[] calldata signed) external;

    /// @notice Freezes the round's updates and assigns an aggregator; with too few of them, invalidates the round.
    /// Anyone may call it once all drawn participants have committed or the deadline has passed.
    function closeRound(uint32 taskId, uint32 round) external;

    /// @notice Records the assigned aggregator's result. `proposal.aggregator` must be the caller.
    /// While nothing is excluded, totalWeight must be the sum recorded at the closing.
    /// @param words In a task with `holders`, ascending by signer: signed by participants that committed in this round, over the
    /// round's accumulator. Empty in others.
    ///
    /// An update may be left out for these reasons:
    /// - it was demanded in this round and not shown ({IDemands.strikeUnanswered});
    /// - in a task with `holders`: fewer than `holders` of at least K - holders + 1 words given hold it, K being the number of
    ///   commitments (so it is not held by all of the honest ones); every included one must be held by at least `holders`
    ///   ({NotAvailable});
    /// - in a task without: for none that the contract knows; such a proposal is final by a quorum only.
    function propose(uint32 taskId, uint32 round, Proposal calldata proposal, Availability[] calldata words) external;

    /// @notice Assigns the next aggregator, or invalidates the round when no attempt is left or nobody can be assigned (all
    /// lost a challenge in this round, or none has the task's bond).
    /// Anyone may call it when
    /// the aggregator's deadline has passed without a proposal, or the challenge window of a proposal that excludes
    /// updates has passed without a quorum.
    function reassign(uint32 taskId, uint32 round) external;

    /// @notice Finalizes a proposal by a quorum of attestations, whoever submits them. The round before must be final or invalid
    /// ({WrongRound}).
    function finalize(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Attestation[] calldata attestations
    ) external;

    /// @notice Finalizes a proposal after its challenge window, when no demand is open ({DemandsOpen}) and it leaves nothing out
    /// without a reason ({InvalidExclusion}). The round before must be final or invalid ({WrongRound}).
    function finalizeUnchallenged(uint32 taskId, uint32 round, Proposal calldata proposal) external;
}
