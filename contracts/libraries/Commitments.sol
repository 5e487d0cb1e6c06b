// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRounds} from "../interfaces/IRounds.sol";
import {ITasks} from "../interfaces/ITasks.sol";
import {RoundState} from "../types/RoundState.sol";
import {Enrolment, Task} from "../types/TaskStorage.sol";
import {Advertisement, Commitment, Mode, Phase, SignedAdvertisement, SignedCommitment} from "../types/TaskTypes.sol";
import {MaskKeys} from "./Masks.sol";
import {Bitmap, Records} from "./Records.sol";
import {SignedStructs, Word} from "./SignedStructs.sol";

/// @notice Why a commitment does not count.
enum Refusal {
    None,
    InvalidRoot,
    NotEnrolled,
    InvalidWeight,
    NotDrawn,
    AlreadyCommitted,
    NotAdvertised,
    BudgetSpent
}

/// @title Commitments
/// @notice Takes the keys and the commitments of a round.
/// @dev Attacks considered, on keys:
/// - keys are put into a participant's mouth, or shares reach others than they were made for: it signs them over the
/// start value, which binds chain, history, base and draw;
/// - somebody keeps a round from closing by keys that no mask can be made with: a mask key is a point of the curve;
/// - an advertisement passes for a commitment: eight words are hashed, of which the second is 1, not six.
///
/// On commitments:
/// - a copied commitment: its root is bound to its participant, and it is bound to its sender in the accumulator;
/// - a commitment lands over other keys, another base, draw or chain than it was made for, as after a reorganisation:
/// it names the anchor;
/// - an update is masked for keys that come or change later: no key is taken once commitments are, and none of those
/// before the last key could come;
/// - one that left makes a whole batch fail: what does not count (any more) is passed over.
///
/// On budgets, the rounds that a participant may still commit in where its task limits them:
/// - rounds that end without a model use them up, though nothing was seen in them: a masked round that ended while
/// Open is not counted, as nobody has opened anything then;
/// - they count only what the chain has opened, while seeds were shown to others off it: a closed round counts, and a
/// void one too.
library Commitments {
    function advertise(Task storage task, uint32 taskId, uint32 round, SignedAdvertisement[] calldata signed) internal {
        RoundState state = Records.requirePhase(task, round, Phase.Open);
        Mode mode = task.rules.mode;
        if (mode == Mode.Transparent) revert IRounds.WrongMode(mode);
        uint256 keyDeadline = state.deadline() - task.rules.commitWindowS;
        if (block.timestamp > keyDeadline) revert IRounds.TooLate(keyDeadline);
        Word memory word = SignedStructs.word(address(this), taskId, round, task.start);
        bytes32 anchor = task.anchor;
        uint64 keyed = task.marks.keyed;
        for (uint256 i = 0; i < signed.length; ++i) {
            SignedAdvertisement calldata one = signed[i];
            if (!_isWellFormed(mode, one)) continue;
            address participant = SignedStructs.signerOf(SignedStructs.advertisement(word, one), one.signature);
            uint256 slot = _slotForKeys(task, state, participant);
            if (slot == Records.NO_SLOT || (keyed >> slot) & 1 != 0) continue;
            keyed |= uint64(1 << slot);
            Advertisement memory made = Advertisement(
                participant,
                uint8(slot),
                one.maskKey,
                one.seedHash,
                one.sharesId,
                one.shareKey
            );
            anchor = keccak256(abi.encode(anchor, uint256(1), made));
            emit IRounds.Advertised(
                taskId,
                round,
                participant,
                made.slot,
                made.maskKey,
                made.seedHash,
                made.sharesId,
                made.shareKey,
                one.signature.r,
                one.signature.vs
            );
        }
        if (keyed == task.marks.keyed) revert IRounds.NothingAdded();
        task.marks.keyed = keyed;
        task.anchor = anchor;
    }

    /// @notice Commits for the caller.
    function commit(Task storage task, uint32 taskId, uint32 round, bytes32 anchor, Commitment memory made) internal {
        RoundState state = _requireOpen(task, round);
        if (task.anchor != anchor) revert IRounds.WrongAnchor(task.anchor);
        (Refusal refusal, uint256 slot) = _admit(task, state, made);
        if (refusal != Refusal.None) _refuse(refusal, made);
        (task.state, task.accumulator) = _add(taskId, round, state, Records.accumulatorOf(task, state), slot, made);
    }

    /// @notice Commits for those whose signed words count.
    function commitBatch(Task storage task, uint32 taskId, uint32 round, SignedCommitment[] calldata signed) internal {
        RoundState state = _requireOpen(task, round);
        uint64 before = state.committed();
        Word memory word = SignedStructs.word(address(this), taskId, round, task.anchor);
        bytes32 accumulator = Records.accumulatorOf(task, state);
        // filled anew for each
        // slither-disable-next-line uninitialized-local
        Commitment memory made;
        for (uint256 i = 0; i < signed.length; ++i) {
            SignedCommitment calldata one = signed[i];
            made.participant = SignedStructs.signerOf(SignedStructs.commitment(word, one), one.signature);
            (made.weight, made.updateRoot, made.contentId) = (one.weight, one.updateRoot, one.contentId);
            (Refusal refusal, uint256 slot) = _admit(task, state, made);
            if (refusal != Refusal.None) continue;
            (state, accumulator) = _add(taskId, round, state, accumulator, slot, made);
        }
        if (state.committed() == before) revert IRounds.NothingAdded();
        (task.state, task.accumulator) = (state, accumulator);
    }

    /// @dev The state of a round that takes commitments.
    function _requireOpen(Task storage task, uint32 round) private view returns (RoundState state) {
        state = Records.requirePhase(task, round, Phase.Open);
        if (block.timestamp > state.deadline()) revert IRounds.TooLate(state.deadline());
    }

    function _isWellFormed(Mode mode, SignedAdvertisement calldata one) private view returns (bool) {
        if (one.maskKey == 0 || one.seedHash == 0 || one.sharesId == 0) return false;
        return mode == Mode.Masked ? one.shareKey != 0 && MaskKeys.isKey(one.maskKey) : one.shareKey == 0;
    }

    /// @dev The slot of an account that may commit in this round.
    function _slotForKeys(Task storage task, RoundState state, address account) private view returns (uint256) {
        Enrolment storage enrolment = task.enrolments[account];
        if (enrolment.leaving || enrolment.aggregator) return Records.NO_SLOT;
        uint16 most = enrolment.roundsPerParticipant;
        if (most != 0 && _spent(task, enrolment) >= most) return Records.NO_SLOT;
        return Records.slotOf(task, state, enrolment.place);
    }

    /// @dev The slot of a participant that may commit this; its budget is spent.
    function _admit(
        Task storage task,
        RoundState state,
        Commitment memory made
    ) private returns (Refusal refusal, uint256 slot) {
        if (made.updateRoot == 0 || made.contentId == 0) return (Refusal.InvalidRoot, 0);
        Enrolment storage enrolment = task.enrolments[made.participant];
        uint256 place = enrolment.place;
        if (place == 0 || enrolment.leaving || enrolment.aggregator) return (Refusal.NotEnrolled, 0);
        if (made.weight == 0 || made.weight > enrolment.maxWeight) return (Refusal.InvalidWeight, 0);
        slot = Records.slotOf(task, state, place);
        if (slot == Records.NO_SLOT) return (Refusal.NotDrawn, 0);
        if ((state.committed() >> slot) & 1 != 0) return (Refusal.AlreadyCommitted, 0);
        if (enrolment.keyed && !_hasKeys(task, state, slot)) return (Refusal.NotAdvertised, 0);
        bool isLimited = enrolment.roundsPerParticipant != 0;
        if (isLimited && !_spend(task, enrolment, state.round())) return (Refusal.BudgetSpent, 0);
    }

    /// @dev Commitments come when no key can come any more; masked ones, from who has advertised keys.
    function _hasKeys(Task storage task, RoundState state, uint256 slot) private view returns (bool) {
        uint64 keyed = task.marks.keyed;
        uint256 keyDeadline = state.deadline() - task.rules.commitWindowS;
        if (block.timestamp <= keyDeadline && keyed != Bitmap.full(state.drawn())) revert IRounds.TooEarly(keyDeadline);
        return task.rules.mode != Mode.Masked || (keyed >> slot) & 1 != 0;
    }

    /// @dev Spends a round of a limited budget; false where none is left.
    function _spend(Task storage task, Enrolment storage enrolment, uint32 round) private returns (bool) {
        uint16 spent = _spent(task, enrolment);
        if (spent >= enrolment.roundsPerParticipant) return false;
        bool masked = enrolment.keyed && task.rules.mode == Mode.Masked;
        enrolment.roundsCommitted = masked ? spent : spent + 1;
        if (masked) enrolment.pendingRound = round;
        return true;
    }

    function _spent(Task storage task, Enrolment storage enrolment) private view returns (uint16 spent) {
        spent = enrolment.roundsCommitted;
        uint32 pending = enrolment.pendingRound;
        if (pending != 0 && (task.endedOpen[pending >> 8] >> (pending & 255)) & 1 == 0) ++spent;
    }

    function _add(
        uint32 taskId,
        uint32 round,
        RoundState state,
        bytes32 accumulator,
        uint256 slot,
        Commitment memory one
    ) private returns (RoundState, bytes32) {
        // below 64
        one.slot = uint8(slot);
        emit IRounds.Committed(taskId, round, one.participant, one.slot, one.weight, one.updateRoot, one.contentId);
        return (state.withCommitment(slot, one.weight), keccak256(abi.encode(accumulator, one)));
    }

    function _refuse(Refusal refusal, Commitment memory made) private pure {
        if (refusal == Refusal.InvalidRoot) revert IRounds.InvalidRoot();
        if (refusal == Refusal.NotEnrolled) revert ITasks.NotEnrolled(made.participant);
        if (refusal == Refusal.InvalidWeight) revert IRounds.InvalidWeight(made.weight);
        if (refusal == Refusal.NotDrawn) revert IRounds.NotDrawn(made.participant);
        if (refusal == Refusal.AlreadyCommitted) revert IRounds.AlreadyCommitted(made.participant);
        if (refusal == Refusal.NotAdvertised) revert IRounds.NotAdvertised(made.participant);
        revert IRounds.BudgetSpent(made.participant);
    }
}
