// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Tasks} from "./Tasks.sol";
import {IRounds} from "./interfaces/IRounds.sol";
import {Bitmap} from "./libraries/Bitmap.sol";
import {Draw} from "./libraries/Draw.sol";
import {RoundState, RoundStateLibrary} from "./types/RoundState.sol";
import {Attestation, Evaluation, Phase, Proposal, Reason, RoundInfo, TaskRules} from "./types/TaskTypes.sol";

/// @title Rounds
/// @notice The round machine.
/// @dev There is no pause: nobody, the admin included, can stop a running round. Attacks considered:
/// - a phase is rewound or skipped: each function needs one phase and sets a later one; only {reassign} and a won
///   challenge go back from Proposed to Aggregating, within the same round and with a higher attempt, of which there are finitely many;
/// - a message for a past or a future round: every call names its round, and it must equal the current one;
/// - a copied commitment: it is bound to its sender in the accumulator, so that a copy is another's claim to have trained;
/// - an aggregator drops an update: {propose} must name what it leaves out, and such a proposal is final only by a quorum;
/// - an aggregator that is not assigned, or has lost its role, proposes: both are checked, from storage;
/// - an aggregator does nothing: {reassign} by anyone after the deadline;
/// - a liar proposes again: who lost a challenge is not assigned in that round any more;
/// - an aggregator without a bond, where the task asks for one, is assigned: assigning locks the bond, from storage;
/// - a signature is used twice or elsewhere: the digest binds chain, contract, task, round and proposal (which binds the
///   attempt and the aggregator), and signers must ascend;
/// - a contract opens a round and reverts when it dislikes the draw: {openRound} is for accounts without code. A block's
///   proposer can still withhold its block; the draw is not worth that much.
abstract contract Rounds is Tasks, EIP712, IRounds {
    bytes32 private constant ATTESTATION_TYPEHASH = keccak256(
        "Attestation(uint32 taskId,uint32 round,bytes32 proposalHash,uint32 samples,int64 metricQ24,uint64 lossQ24)"
    );

    mapping(uint32 taskId => mapping(uint32 round => mapping(address aggregator => bool))) internal _barred;

    constructor() EIP712("Fedledger", "1") {}

    /// @inheritdoc IRounds
    function openRound(uint32 taskId) external {
        // only here, and not to authorize: it keeps out contracts, which could revert on a draw they dislike
        // solhint-disable-next-line avoid-tx-origin
        if (msg.sender != tx.origin || msg.sender.code.length != 0) revert OnlyAccounts();
        Task storage task = _existing(taskId);
        TaskRules memory rules = task.rules;
        RoundState former = task.state;
        Phase phase = former.phase();
        if (phase == Phase.Open || phase == Phase.Aggregating || phase == Phase.Proposed) revert WrongPhase(phase);
        uint32 round = former.round() + 1;
        if (round > rules.rounds) revert TaskComplete(taskId);

        uint256 enrolled = _freePlaces(taskId, task);
        if (enrolled < rules.minUpdates) revert TooFewParticipants(enrolled);
        uint256 drawn = Draw.size(enrolled, rules.minUpdates, rules.maxUpdates, rules.participationBps);
        uint72 seed = uint72(
            uint256(keccak256(abi.encode(block.prevrandao, address(this), taskId, round, task.historyHead)))
        );
        uint256 deadline = block.timestamp + rules.commitWindowS;
        bytes32 modelRoot = task.modelRoot;
        RoundState state = RoundStateLibrary.opened(round, seed, enrolled, drawn, deadline);
        bytes32 accumulator = _startAccumulator(taskId, state, modelRoot);
        task.state = state;
        task.accumulator = accumulator;
        emit RoundOpened(taskId, round, modelRoot, seed, uint32(enrolled), uint8(drawn), uint40(deadline), accumulator);
    }

    /// @inheritdoc IRounds
    function commit(
        uint32 taskId,
        uint32 round,
        bytes32 baseModelRoot,
        bytes32 updateRoot,
        bytes32 contentId,
        uint32 weight
    ) external {
        Task storage task = _tasks[taskId];
        RoundState state = _current(task, round, Phase.Open);
        if (block.timestamp > state.deadline()) revert TooLate(state.deadline());
        if (task.modelRoot != baseModelRoot) revert WrongBaseModel(task.modelRoot);
        if (updateRoot == 0 || contentId == 0) revert InvalidRoot();

        Enrolment storage enrolment_ = task.enrolments[msg.sender];
        if (enrolment_.place == 0 || enrolment_.leaving) revert NotEnrolled(msg.sender);
        if (weight == 0 || weight > enrolment_.maxWeight) revert InvalidWeight(weight);
        (uint8 slot, bool drawn) = _slot(state, enrolment_.place - 1);
        if (!drawn) revert NotDrawn(msg.sender);
        if ((state.committed() >> slot) & 1 != 0) revert AlreadyCommitted(msg.sender);
        if (enrolment_.roundsPerParticipant != 0) {
            if (enrolment_.roundsCommitted >= enrolment_.roundsPerParticipant) revert BudgetSpent(msg.sender);
            ++enrolment_.roundsCommitted;
        }

        task.state = state.withCommitment(slot, weight);
        task.accumulator = keccak256(abi.encode(task.accumulator, msg.sender, slot, weight, updateRoot, contentId));
        emit Committed(taskId, round, msg.sender, slot, weight, updateRoot, contentId);
    }

    /// @inheritdoc IRounds
    function closeRound(uint32 taskId, uint32 round) external {
        Task storage task = _tasks[taskId];
        RoundState state = _current(task, round, Phase.Open);
        uint64 committed = state.committed();
        if (committed != Bitmap.full(state.drawn()) && block.timestamp <= state.deadline()) {
            revert TooEarly(state.deadline());
        }
        if (Bitmap.count(committed) < task.rules.minUpdates) {
            _invalidate(task, taskId, state, Reason.TooFewUpdates);
        } else {
            emit RoundClosed(taskId, round, committed, state.totalWeight(), task.accumulator);
            address aggregator = _nextAggregator(task, taskId, round, 0);
            if (aggregator == address(0)) revert NoAggregator();
            _assign(task, taskId, state, 0, aggregator);
        }
    }

    /// @inheritdoc IRounds
    function propose(uint32 taskId, uint32 round, Proposal calldata proposal) external {
        Task storage task = _tasks[taskId];
        RoundState state = _current(task, round, Phase.Aggregating);
        address assigned = address(uint160(uint256(task.pending)));
        if (msg.sender != assigned || proposal.aggregator != assigned || proposal.attempt != state.attempt()) {
            revert NotAssigned(assigned);
        }
        _checkRole(AGGREGATOR_ROLE);
        if (block.timestamp > state.deadline()) revert TooLate(state.deadline());
        if (proposal.modelRoot == 0 || proposal.contentId == 0) revert InvalidRoot();

        uint64 totalWeight = state.totalWeight();
        if (proposal.excluded == 0) {
            if (proposal.totalWeight != totalWeight) revert WrongTotalWeight(totalWeight);
        } else {
            uint64 committed = state.committed();
            if (
                proposal.excluded & ~committed != 0 ||
                Bitmap.count(committed & ~proposal.excluded) < task.rules.minUpdates
            ) revert InvalidExclusion();
            if (proposal.totalWeight == 0 || proposal.totalWeight >= totalWeight) revert WrongTotalWeight(totalWeight);
        }

        uint256 deadline = block.timestamp + task.rules.challengeWindowS;
        task.state = state.proposed(proposal.excluded != 0, deadline);
        task.pending = _proposalHash(taskId, round, proposal);
        emit Proposed(taskId, round, proposal, uint40(deadline));
    }

    /// @inheritdoc IRounds
    function reassign(uint32 taskId, uint32 round) external {
        Task storage task = _tasks[taskId];
        RoundState state = _current(task, round);
        Phase phase = state.phase();
        if (phase != Phase.Aggregating && !(phase == Phase.Proposed && state.excluding())) revert WrongPhase(phase);
        if (block.timestamp <= state.deadline()) revert TooEarly(state.deadline());
        if (getRoleMemberCount(AGGREGATOR_ROLE) == 0) revert NoAggregator();
        _releaseBond(task, taskId, round);
        _retry(task, taskId, state, phase == Phase.Proposed ? Reason.NotAttested : Reason.NoProposal);
    }

    /// @inheritdoc IRounds
    function finalize(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Attestation[] calldata attestations
    ) external {
        Task storage task = _tasks[taskId];
        RoundState state = _current(task, round, Phase.Proposed);
        bytes32 proposalHash = _proposalOnRecord(task, taskId, round, proposal);
        uint256 quorum = task.rules.attestationQuorum;
        if (attestations.length < quorum) revert QuorumNotReached(attestations.length, quorum);

        address[] memory attesters = new address[](attestations.length);
        Evaluation[] memory evaluations = new Evaluation[](attestations.length);
        address previous;
        for (uint256 i = 0; i < attestations.length; ++i) {
            Evaluation calldata evaluation = attestations[i].evaluation;
            address attester = ECDSA.recoverCalldata(
                attestationDigest(taskId, round, proposalHash, evaluation),
                attestations[i].signature
            );
            Enrolment storage enrolment_ = task.enrolments[attester];
            if (attester <= previous || enrolment_.place == 0 || enrolment_.leaving) revert InvalidAttester(attester);
            previous = attester;
            attesters[i] = attester;
            evaluations[i] = evaluation;
        }
        _finalize(task, taskId, state, proposal.modelRoot, proposalHash, attesters, evaluations);
    }

    /// @inheritdoc IRounds
    function finalizeUnchallenged(uint32 taskId, uint32 round, Proposal calldata proposal) external {
        Task storage task = _tasks[taskId];
        RoundState state = _current(task, round, Phase.Proposed);
        bytes32 proposalHash = _proposalOnRecord(task, taskId, round, proposal);
        if (state.excluding()) revert InvalidExclusion();
        if (block.timestamp <= state.deadline()) revert TooEarly(state.deadline());
        _finalize(task, taskId, state, proposal.modelRoot, proposalHash, new address[](0), new Evaluation[](0));
    }

    /// @inheritdoc IRounds
    function taskState(
        uint32 taskId
    ) external view returns (uint32 round, Phase phase, bytes32 modelRoot, bytes32 accumulator, bytes32 historyHead) {
        Task storage task = _existing(taskId);
        RoundState state = task.state;
        return (state.round(), state.phase(), task.modelRoot, task.accumulator, task.historyHead);
    }

    /// @inheritdoc IRounds
    function roundInfo(uint32 taskId) external view returns (RoundInfo memory) {
        Task storage task = _existing(taskId);
        RoundState state = task.state;
        Phase phase = state.phase();
        return
            RoundInfo({
                round: state.round(),
                phase: phase,
                seed: state.seed(),
                enrolled: state.enrolled(),
                drawn: state.drawn(),
                committed: state.committed(),
                totalWeight: state.totalWeight(),
                attempt: state.attempt(),
                deadline: state.deadline(),
                assigned: phase == Phase.Aggregating ? address(uint160(uint256(task.pending))) : address(0),
                excluding: state.excluding(),
                proposalHash: phase == Phase.Proposed ? task.pending : bytes32(0)
            });
    }

    /// @inheritdoc IRounds
    function slotOf(uint32 taskId, address participant) external view returns (uint8 slot, bool drawn) {
        Task storage task = _existing(taskId);
        uint32 place = task.enrolments[participant].place;
        if (place != 0) return _slot(task.state, place - 1);
    }

    /// @inheritdoc IRounds
    function attestationDigest(
        uint32 taskId,
        uint32 round,
        bytes32 proposalHash,
        Evaluation calldata evaluation
    ) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(ATTESTATION_TYPEHASH, taskId, round, proposalHash, evaluation)));
    }

    /// @dev The state of the task's current round, which must be `round`.
    function _current(Task storage task, uint32 round) internal view returns (RoundState state) {
        state = task.state;
        if (state.round() != round) revert WrongRound(state.round());
    }

    /// @dev The same, and its phase must be `phase`. A task that does not exist has round 0 in phase None.
    function _current(Task storage task, uint32 round, Phase phase) internal view returns (RoundState state) {
        state = _current(task, round);
        if (state.phase() != phase) revert WrongPhase(state.phase());
    }

    /// @dev The slot of the participant at `index`. One that enrolled after the opening is not drawn.
    function _slot(RoundState state, uint256 index) private pure returns (uint8, bool) {
        uint256 enrolled = state.enrolled();
        uint256 drawn = state.drawn();
        if (index >= enrolled) return (0, false);
        uint256 slot = Draw.slotOf(state.seed(), index, enrolled, drawn);
        // drawn is at most 64
        return slot < drawn ? (uint8(slot), true) : (0, false);
    }

    /// @dev Start value of a round's accumulator.
    function _startAccumulator(uint32 taskId, RoundState state, bytes32 modelRoot) internal view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    block.chainid,
                    address(this),
                    taskId,
                    state.round(),
                    modelRoot,
                    state.seed(),
                    state.enrolled(),
                    state.drawn()
                )
            );
    }

    /// @dev Assigns the next aggregator over the same updates; with no attempt or nobody left, invalidates the round.
    function _retry(Task storage task, uint32 taskId, RoundState state, Reason reason) internal {
        uint256 attempt = uint256(state.attempt()) + 1;
        address aggregator;
        if (attempt < task.rules.attempts) aggregator = _nextAggregator(task, taskId, state.round(), attempt);
        if (aggregator == address(0)) {
            _invalidate(task, taskId, state, reason);
        } else {
            _assign(task, taskId, state, attempt, aggregator);
        }
    }

    /// @dev Ends the liability of the bonded aggregator, if there is one.
    function _releaseBond(Task storage task, uint32 taskId, uint32 round) private {
        address account = task.bonded;
        if (account == address(0)) return;
        task.bonded = address(0);
        _release(taskId, round, account, task.bondWei);
    }

    /// @dev The first in the rotation that has not lost a challenge in this round and whose free bond covers the task's;
    /// zero when there is none. The number of aggregators, which the admin decides, bounds the search.
    function _nextAggregator(
        Task storage task,
        uint32 taskId,
        uint32 round,
        uint256 attempt
    ) private view returns (address) {
        uint256 count = getRoleMemberCount(AGGREGATOR_ROLE);
        uint256 bondWei = task.bondWei;
        for (uint256 i = 0; i < count; ++i) {
            address aggregator = getRoleMember(AGGREGATOR_ROLE, (round + attempt + i) % count);
            // nobody can have lost a challenge before the first assignment
            if (attempt != 0 && _barred[taskId][round][aggregator]) continue;
            if (bondWei != 0 && !_covers(aggregator, bondWei)) continue;
            return aggregator;
        }
        return address(0);
    }

    function _assign(Task storage task, uint32 taskId, RoundState state, uint256 attempt, address aggregator) private {
        uint32 round = state.round();
        uint96 bondWei = task.bondWei;
        if (bondWei != 0) {
            task.bonded = aggregator;
            _lock(taskId, round, aggregator, bondWei);
        }
        uint256 deadline = block.timestamp + task.rules.aggregateWindowS;
        task.state = state.assigned(attempt, deadline);
        task.pending = bytes32(uint256(uint160(aggregator)));
        emit AggregatorAssigned(taskId, round, uint8(attempt), aggregator, uint40(deadline));
    }

    function _finalize(
        Task storage task,
        uint32 taskId,
        RoundState state,
        bytes32 modelRoot,
        bytes32 proposalHash,
        address[] memory attesters,
        Evaluation[] memory evaluations
    ) private {
        _releaseBond(task, taskId, state.round());
        bytes32 head = _end(task, state, Phase.Finalized, proposalHash, Reason.None);
        task.modelRoot = modelRoot;
        emit RoundFinalized(taskId, state.round(), modelRoot, attesters, evaluations, head);
    }

    function _invalidate(Task storage task, uint32 taskId, RoundState state, Reason reason) private {
        bytes32 head = _end(task, state, Phase.Invalidated, 0, reason);
        emit RoundInvalidated(taskId, state.round(), reason, head);
    }

    /// @dev Ends the round and extends the history; the base model is read before it is replaced.
    function _end(
        Task storage task,
        RoundState state,
        Phase phase,
        bytes32 proposalHash,
        Reason reason
    ) private returns (bytes32 head) {
        head = keccak256(
            abi.encode(task.historyHead, state.round(), phase, task.modelRoot, task.accumulator, proposalHash, reason)
        );
        task.historyHead = head;
        task.state = state.ended(phase);
    }

    function _proposalOnRecord(
        Task storage task,
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal
    ) internal view returns (bytes32 proposalHash) {
        proposalHash = _proposalHash(taskId, round, proposal);
        if (proposalHash != task.pending) revert WrongProposal(task.pending);
    }

    function _proposalHash(uint32 taskId, uint32 round, Proposal calldata proposal) private pure returns (bytes32) {
        return keccak256(abi.encode(taskId, round, proposal));
    }
}
