// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Enrolment, RoundRecord, Task} from "./FederationState.sol";
import {Tasks} from "./Tasks.sol";
import {IAdvertisements} from "./interfaces/IAdvertisements.sol";
import {IRounds} from "./interfaces/IRounds.sol";
import {Bitmap} from "./libraries/Bitmap.sol";
import {Draw} from "./libraries/Draw.sol";
import {SignedStructs} from "./libraries/SignedStructs.sol";
import {RoundState, RoundStateLibrary} from "./types/RoundState.sol";
import {Mode, Phase, SignedCommitment, TaskRules} from "./types/TaskTypes.sol";

/// @title Commitments
/// @notice The first half of the round machine: a round opens, and its participants commit.
/// @dev Attacks considered:
/// - a message for a past or a future round: every call names its round, which must be in flight, and a number is used once;
/// - a copied commitment: its root is bound to its participant, and it is bound to its sender in the accumulator;
/// - an update is masked for keys that come or change later: no key is taken once commitments are;
/// - a signed commitment is brought to another round, task, model or chain: all are in what is signed;
/// - places move while slots are computed from them: places are freed only when no round is in flight;
/// - a contract opens a round and reverts when it dislikes the draw: {openRound} is for accounts without code. A block's
///   proposer can still withhold its block; the draw is not worth that much.
abstract contract Commitments is Tasks, EIP712, IRounds {
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
        uint256 deadline = block.timestamp + rules.keyWindowS + rules.commitWindowS;
        RoundState state = RoundStateLibrary.opened(round, seed, enrolled, drawn, deadline);
        bytes32 accumulator = _startAccumulator(taskId, state, baseModelRoot);
        record.state = state;
        record.accumulator = accumulator;
        record.baseModelRoot = baseModelRoot;
        record.withheld = 0;
        record.openDemands = 0;
        if (rules.keyWindowS != 0) record.keyed = 0;
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
        uint8 slot = _admit(task, record, state, msg.sender, weight, updateRoot, contentId);
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
            uint8 slot = _admit(task, record, state, participant, one.weight, one.updateRoot, one.contentId);
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
        RoundRecord storage record,
        RoundState state,
        address participant,
        uint32 weight,
        bytes32 updateRoot,
        bytes32 contentId
    ) private returns (uint8 slot) {
        if (updateRoot == 0 || contentId == 0) revert InvalidRoot();
        Enrolment storage enrolment_ = task.enrolments[participant];
        if (enrolment_.place == 0 || enrolment_.leaving) revert NotEnrolled(participant);
        if (weight == 0 || weight > enrolment_.maxWeight) revert InvalidWeight(weight);
        bool drawn;
        (slot, drawn) = _slot(state, enrolment_.place - 1);
        if (!drawn) revert NotDrawn(participant);
        if (enrolment_.keyed) _checkKeys(task, record, state, slot, participant);
    }

    /// @dev Commitments come when no key can come any more; masked ones, from who has advertised keys. The first one marks where
    /// the accumulator of the keys ends.
    function _checkKeys(
        Task storage task,
        RoundRecord storage record,
        RoundState state,
        uint8 slot,
        address participant
    ) private {
        uint64 keyed = record.keyed;
        uint256 keyDeadline = state.deadline() - task.rules.commitWindowS;
        if (block.timestamp <= keyDeadline && keyed != Bitmap.full(state.drawn())) revert TooEarly(keyDeadline);
        if (task.rules.mode == Mode.Masked && (keyed >> slot) & 1 == 0) {
            revert IAdvertisements.NotAdvertised(participant);
        }
        if (state.committed() == 0) record.keysAccumulator = record.accumulator;
    }

    /// @dev Spends a round of the participant's budget, where it has one.
    function _count(Task storage task, address participant) private {
        Enrolment storage enrolment_ = task.enrolments[participant];
        if (enrolment_.roundsPerParticipant == 0) return;
        if (enrolment_.roundsCommitted >= enrolment_.roundsPerParticipant) revert BudgetSpent(participant);
        ++enrolment_.roundsCommitted;
    }
}
