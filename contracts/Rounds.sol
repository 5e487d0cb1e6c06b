// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {AGGREGATOR, Enrolment, RoundRecord, Task} from "./FederationState.sol";
import {Tasks} from "./Tasks.sol";
import {IRounds} from "./interfaces/IRounds.sol";
import {Bitmap} from "./libraries/Bitmap.sol";
import {Draw} from "./libraries/Draw.sol";
import {SignedStructs} from "./libraries/SignedStructs.sol";
import {RoundState, RoundStateLibrary} from "./types/RoundState.sol";
import {
    Attestation,
    Availability,
    Phase,
    Proposal,
    Reason,
    RoundInfo,
    SignedCommitment,
    TaskRules
} from "./types/TaskTypes.sol";

/// @title Rounds
/// @notice The round machine.
/// @dev There is no pause: nobody, the admin included, can stop a running round. Attacks considered:
/// - a phase is rewound or skipped: each function needs one phase and sets a later one; only {reassign} and a won
///   challenge go back from Proposed to Aggregating, within the same round and with a higher attempt, of which there are finitely many;
/// - a message for a past or a future round: every call names its round, which must be in flight, and a number is used once;
/// - a round is made final before the one that it builds on: finality comes in the order of rounds;
/// - a copied commitment: it is bound to its sender in the accumulator, so that a copy is another's claim to have trained;
/// - a signed commitment is brought to another round, task, model or chain: all are in what is signed;
/// - an aggregator drops an update: {propose} must name what it leaves out, and knows the reasons;
/// - an aggregator gathers old words to leave out an update that has arrived since: it needs those of all but f participants, and
///   every honest one of them that holds the update says so;
/// - an aggregator that is not assigned, or has lost its role, proposes: both are checked, from storage;
/// - an aggregator does nothing: {reassign} by anyone after the deadline;
/// - a liar proposes again: who lost a challenge is not assigned in that round any more;
/// - an aggregator without a bond, where the task asks for one, is assigned: assigning locks the bond, from storage;
/// - a signature is used twice or elsewhere: the digest binds chain, contract, task, round and proposal (which binds the
///   attempt and the aggregator), and signers must ascend;
/// - places move while slots are computed from them: places are freed only when no round is in flight;
/// - a contract opens a round and reverts when it dislikes the draw: {openRound} is for accounts without code. A block's
///   proposer can still withhold its block; the draw is not worth that much.
abstract contract Rounds is Tasks, EIP712, IRounds {
    uint256 private constant EVALUATION_MASK = (1 << 160) - 1;

    constructor() EIP712("Fedledger", "1") {}

    /// @inheritdoc IRounds
    function openRound(uint32 taskId) external {
        // only here, and not to authorize: it keeps out contracts, which could revert on a draw they dislike
        // solhint-disable-next-line avoid-tx-origin
        if (msg.sender != tx.origin || msg.sender.code.length != 0) revert OnlyAccounts();
        Task storage task = _existing(taskId);
        TaskRules memory rules = task.rules;
        RoundState former = _newest(task);
        uint32 round = former.round() + 1;
        RoundRecord storage record = task.rounds[round & 1];
        bytes32 baseModelRoot = _baseModelRoot(task, former, record.state, rules.pipelined);
        if (round > rules.rounds) revert TaskComplete(taskId);

        uint256 enrolled = _inFlight(former) ? task.participants.length : _freePlaces(taskId, task);
        if (enrolled < rules.minUpdates) revert TooFewParticipants(enrolled);
        uint256 drawn = Draw.size(enrolled, rules.minUpdates, rules.maxUpdates, rules.participationBps);
        uint72 seed = uint72(
            uint256(keccak256(abi.encode(block.prevrandao, address(this), taskId, round, task.historyHead)))
        );
        uint256 deadline = block.timestamp + rules.commitWindowS;
        RoundState state = RoundStateLibrary.opened(round, seed, enrolled, drawn, deadline);
        bytes32 accumulator = _startAccumulator(taskId, state, baseModelRoot);
        record.state = state;
        record.accumulator = accumulator;
        record.baseModelRoot = baseModelRoot;
        record.withheld = 0;
        record.openDemands = 0;
        emit RoundOpened(
            taskId,
            round,
            baseModelRoot,
            seed,
            uint32(enrolled),
            uint8(drawn),
            uint40(deadline),
            accumulator
        );
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
        (RoundRecord storage record, RoundState state) = _openForCommitments(task, round);
        if (record.baseModelRoot != baseModelRoot) revert WrongBaseModel(record.baseModelRoot);
        uint8 slot = _admit(task, state, msg.sender, weight, updateRoot, contentId);
        if ((state.committed() >> slot) & 1 != 0) revert AlreadyCommitted(msg.sender);
        _count(task, msg.sender);
        record.state = state.withCommitment(slot, weight);
        record.accumulator = keccak256(abi.encode(record.accumulator, msg.sender, slot, weight, updateRoot, contentId));
        emit Committed(taskId, round, msg.sender, slot, weight, updateRoot, contentId);
    }

    /// @inheritdoc IRounds
    function commitBatch(uint32 taskId, uint32 round, SignedCommitment[] calldata signed) external {
        Task storage task = _tasks[taskId];
        (RoundRecord storage record, RoundState state) = _openForCommitments(task, round);
        bytes32 baseModelRoot = record.baseModelRoot;
        bytes32 accumulator = record.accumulator;
        uint64 before = state.committed();
        for (uint256 i = 0; i < signed.length; ++i) {
            SignedCommitment calldata one = signed[i];
            bytes32 digest = _digest(SignedStructs.commitment(taskId, round, baseModelRoot, one));
            address participant = ECDSA.recover(digest, one.r, one.vs);
            uint8 slot = _admit(task, state, participant, one.weight, one.updateRoot, one.contentId);
            if ((state.committed() >> slot) & 1 != 0) continue;
            _count(task, participant);
            state = state.withCommitment(slot, one.weight);
            accumulator = keccak256(
                abi.encode(accumulator, participant, slot, one.weight, one.updateRoot, one.contentId)
            );
            emit Committed(taskId, round, participant, slot, one.weight, one.updateRoot, one.contentId);
        }
        if (state.committed() == before) revert NothingCommitted();
        record.state = state;
        record.accumulator = accumulator;
    }

    /// @inheritdoc IRounds
    function closeRound(uint32 taskId, uint32 round) external {
        Task storage task = _tasks[taskId];
        (RoundRecord storage record, RoundState state) = _record(task, round, Phase.Open);
        uint64 committed = state.committed();
        if (committed != Bitmap.full(state.drawn()) && block.timestamp <= state.deadline()) {
            revert TooEarly(state.deadline());
        }
        if (Bitmap.count(committed) < task.rules.minUpdates) {
            _invalidate(task, record, taskId, state, Reason.TooFewUpdates);
        } else {
            emit RoundClosed(taskId, round, committed, state.totalWeight(), record.accumulator);
            address aggregator = _nextAggregator(task, taskId, round, 0);
            if (aggregator == address(0)) revert NoAggregator();
            _assign(task, record, taskId, state, 0, aggregator);
        }
    }

    /// @inheritdoc IRounds
    function propose(uint32 taskId, uint32 round, Proposal calldata proposal, Availability[] calldata words) external {
        Task storage task = _tasks[taskId];
        (RoundRecord storage record, RoundState state) = _record(task, round, Phase.Aggregating);
        address assigned = address(uint160(uint256(record.pending)));
        if (msg.sender != assigned || proposal.aggregator != assigned || proposal.attempt != state.attempt()) {
            revert NotAssigned(assigned);
        }
        _checkRole(AGGREGATOR);
        if (block.timestamp > state.deadline()) revert TooLate(state.deadline());
        if (proposal.modelRoot == 0 || proposal.contentId == 0) revert InvalidRoot();
        _checkWeight(task, state, proposal);
        bool excluding = _checkReasons(task, record, taskId, state, proposal.excluded, words);

        if (task.rules.pipelined) task.candidateRoot = proposal.modelRoot;
        uint256 deadline = block.timestamp + task.rules.challengeWindowS;
        record.state = state.proposed(excluding, deadline);
        record.pending = _proposalHash(taskId, round, proposal);
        emit Proposed(taskId, round, proposal, uint40(deadline));
    }

    /// @inheritdoc IRounds
    function reassign(uint32 taskId, uint32 round) external {
        Task storage task = _tasks[taskId];
        RoundRecord storage record = _record(task, round);
        RoundState state = record.state;
        Phase phase = state.phase();
        if (phase != Phase.Aggregating && !(phase == Phase.Proposed && state.excluding())) revert WrongPhase(phase);
        if (block.timestamp <= state.deadline()) revert TooEarly(state.deadline());
        if (_aggregatorCount() == 0) revert NoAggregator();
        _releaseBond(task, record, taskId, round);
        _retry(task, record, taskId, state, phase == Phase.Proposed ? Reason.NotAttested : Reason.NoProposal);
    }

    /// @inheritdoc IRounds
    function finalize(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Attestation[] calldata attestations
    ) external {
        Task storage task = _tasks[taskId];
        (RoundRecord storage record, RoundState state) = _record(task, round, Phase.Proposed);
        bytes32 proposalHash = _proposalOnRecord(record, taskId, round, proposal);
        uint256 quorum = task.rules.attestationQuorum;
        if (attestations.length < quorum) revert QuorumNotReached(attestations.length, quorum);

        address[] memory attesters = new address[](attestations.length);
        uint256[] memory evaluations = new uint256[](attestations.length);
        address previous;
        for (uint256 i = 0; i < attestations.length; ++i) {
            Attestation calldata one = attestations[i];
            uint256 evaluation = one.evaluation & EVALUATION_MASK;
            bytes32 digest = _digest(SignedStructs.attestation(taskId, round, proposalHash, evaluation));
            address attester = ECDSA.recover(digest, one.r, one.vs);
            Enrolment storage enrolment_ = task.enrolments[attester];
            if (attester <= previous || enrolment_.place == 0 || enrolment_.leaving) revert InvalidAttester(attester);
            previous = attester;
            attesters[i] = attester;
            evaluations[i] = evaluation;
        }
        _finalize(task, record, taskId, state, proposal.modelRoot, proposalHash, attesters, evaluations);
    }

    /// @inheritdoc IRounds
    function finalizeUnchallenged(uint32 taskId, uint32 round, Proposal calldata proposal) external {
        Task storage task = _tasks[taskId];
        (RoundRecord storage record, RoundState state) = _record(task, round, Phase.Proposed);
        bytes32 proposalHash = _proposalOnRecord(record, taskId, round, proposal);
        if (state.excluding()) revert InvalidExclusion();
        if (block.timestamp <= state.deadline()) revert TooEarly(state.deadline());
        if (record.openDemands != 0) revert DemandsOpen(record.openDemands);
        address[] memory nobody = new address[](0);
        _finalize(task, record, taskId, state, proposal.modelRoot, proposalHash, nobody, new uint256[](0));
    }

    /// @inheritdoc IRounds
    function taskState(
        uint32 taskId
    ) external view returns (uint32 round, Phase phase, bytes32 modelRoot, bytes32 accumulator, bytes32 historyHead) {
        Task storage task = _existing(taskId);
        RoundState state = _newest(task);
        bytes32 accumulator_ = task.rounds[state.round() & 1].accumulator;
        return (state.round(), state.phase(), task.modelRoot, accumulator_, task.historyHead);
    }

    /// @inheritdoc IRounds
    function roundInfo(uint32 taskId, uint32 round) external view returns (RoundInfo memory) {
        Task storage task = _existing(taskId);
        RoundRecord storage record = task.rounds[(round == 0 ? _newest(task).round() : round) & 1];
        RoundState state = record.state;
        if (round != 0 && state.round() != round) revert WrongRound(_newest(task).round());
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
                assigned: phase == Phase.Aggregating ? address(uint160(uint256(record.pending))) : address(0),
                excluding: state.excluding(),
                proposalHash: phase == Phase.Proposed ? record.pending : bytes32(0),
                baseModelRoot: record.baseModelRoot,
                accumulator: record.accumulator,
                withheld: record.withheld,
                openDemands: record.openDemands
            });
    }

    /// @inheritdoc IRounds
    function slotOf(uint32 taskId, address participant) external view returns (uint8 slot, bool drawn) {
        Task storage task = _existing(taskId);
        uint32 place = task.enrolments[participant].place;
        if (place != 0) return _slot(_newest(task), place - 1);
    }

    function _digest(bytes32 structHash) internal view override returns (bytes32) {
        return _hashTypedDataV4(structHash);
    }

    /// @dev The model that the next round starts from: the last final one, or the one proposed by the round before. Reverts where
    /// the next round may not open: `former` is the newest round, `earlier` the one whose record the next will take.
    function _baseModelRoot(
        Task storage task,
        RoundState former,
        RoundState earlier,
        bool pipelined
    ) private view returns (bytes32) {
        if (_inFlight(earlier)) revert WrongPhase(earlier.phase());
        if (!_inFlight(former)) return task.modelRoot;
        Phase phase = former.phase();
        if (!pipelined || phase != Phase.Proposed || former.excluding() || task.leavers.length != 0) {
            revert WrongPhase(phase);
        }
        return task.candidateRoot;
    }

    /// @dev The record of an open round that still takes commitments.
    function _openForCommitments(
        Task storage task,
        uint32 round
    ) private view returns (RoundRecord storage record, RoundState state) {
        (record, state) = _record(task, round, Phase.Open);
        if (block.timestamp > state.deadline()) revert TooLate(state.deadline());
    }

    /// @dev The slot of a participant that may commit this, or has committed already.
    function _admit(
        Task storage task,
        RoundState state,
        address participant,
        uint32 weight,
        bytes32 updateRoot,
        bytes32 contentId
    ) private view returns (uint8 slot) {
        if (updateRoot == 0 || contentId == 0) revert InvalidRoot();
        Enrolment storage enrolment_ = task.enrolments[participant];
        if (enrolment_.place == 0 || enrolment_.leaving) revert NotEnrolled(participant);
        if (weight == 0 || weight > enrolment_.maxWeight) revert InvalidWeight(weight);
        bool drawn;
        (slot, drawn) = _slot(state, enrolment_.place - 1);
        if (!drawn) revert NotDrawn(participant);
    }

    /// @dev Spends a round of the participant's budget, where it has one.
    function _count(Task storage task, address participant) private {
        Enrolment storage enrolment_ = task.enrolments[participant];
        if (enrolment_.roundsPerParticipant == 0) return;
        if (enrolment_.roundsCommitted >= enrolment_.roundsPerParticipant) revert BudgetSpent(participant);
        ++enrolment_.roundsCommitted;
    }

    /// @dev The excluded set is a part of the committed one, leaves enough, and the total weight can be that of the rest.
    function _checkWeight(Task storage task, RoundState state, Proposal calldata proposal) private view {
        uint64 totalWeight = state.totalWeight();
        if (proposal.excluded == 0) {
            if (proposal.totalWeight != totalWeight) revert WrongTotalWeight(totalWeight);
            return;
        }
        uint64 committed = state.committed();
        if (proposal.excluded & ~committed != 0 || Bitmap.count(committed & ~proposal.excluded) < task.rules.minUpdates)
            revert InvalidExclusion();
        if (proposal.totalWeight == 0 || proposal.totalWeight >= totalWeight) revert WrongTotalWeight(totalWeight);
    }

    /// @dev Checks the reasons for what is left out ({IRounds.propose}). Returns whether something is left out for none.
    function _checkReasons(
        Task storage task,
        RoundRecord storage record,
        uint32 taskId,
        RoundState state,
        uint64 excluded,
        Availability[] calldata words
    ) private view returns (bool excluding) {
        uint64 unexplained = excluded == 0 ? 0 : excluded & ~record.withheld;
        uint256 holders = task.rules.holders;
        if (holders == 0) return unexplained != 0;
        uint64 held = _held(task, record, taskId, state, holders, words);
        uint64 committed = state.committed();
        uint64 lacking = committed & ~excluded & ~held;
        if (lacking != 0) revert NotAvailable(lacking);
        if (unexplained != 0 && (unexplained & held != 0 || words.length + holders <= Bitmap.count(committed)))
            revert InvalidExclusion();
    }

    /// @dev The slots that at least `holders` of the words name.
    function _held(
        Task storage task,
        RoundRecord storage record,
        uint32 taskId,
        RoundState state,
        uint256 holders,
        Availability[] calldata words
    ) private view returns (uint64) {
        // atLeast[j]: the slots that j + 1 words or more have named so far
        uint64[] memory atLeast = new uint64[](holders);
        bytes32 accumulator = record.accumulator;
        address previous;
        for (uint256 i = 0; i < words.length; ++i) {
            uint64 slots = words[i].slots;
            bytes32 digest = _digest(SignedStructs.availability(taskId, state.round(), accumulator, slots));
            address holder = ECDSA.recover(digest, words[i].r, words[i].vs);
            uint32 place = task.enrolments[holder].place;
            if (holder <= previous || place == 0) revert InvalidHolder(holder);
            previous = holder;
            (uint8 slot, bool drawn) = _slot(state, place - 1);
            if (!drawn || (state.committed() >> slot) & 1 == 0) revert InvalidHolder(holder);
            for (uint256 j = holders - 1; j != 0; --j) atLeast[j] |= atLeast[j - 1] & slots;
            atLeast[0] |= slots;
        }
        return atLeast[holders - 1];
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

    function _finalize(
        Task storage task,
        RoundRecord storage record,
        uint32 taskId,
        RoundState state,
        bytes32 modelRoot,
        bytes32 proposalHash,
        address[] memory attesters,
        uint256[] memory evaluations
    ) private {
        uint32 round = state.round();
        if (task.rules.pipelined) {
            RoundState earlier = task.rounds[(round - 1) & 1].state;
            if (earlier.round() == round - 1 && _inFlight(earlier)) revert WrongRound(round);
        }
        _releaseBond(task, record, taskId, round);
        bytes32 head = _end(task, record, state, Phase.Finalized, proposalHash, Reason.None);
        task.modelRoot = modelRoot;
        emit RoundFinalized(taskId, round, modelRoot, attesters, evaluations, head);
    }
}
