// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IRounds} from "../interfaces/IRounds.sol";
import {ITasks} from "../interfaces/ITasks.sol";
import {RoundState} from "../types/RoundState.sol";
import {Enrolment, Task} from "../types/TaskStorage.sol";
import {Commitment, Mode, Phase, SignedCommitment} from "../types/TaskTypes.sol";
import {Bitmap} from "./Bitmap.sol";
import {Budgets} from "./Budgets.sol";
import {Records} from "./Records.sol";
import {SignedStructs} from "./SignedStructs.sol";

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
/// @notice Takes the commitments of a round.
/// @dev Attacks considered:
/// - a copied commitment: its root is bound to its participant, and it is bound to its sender in the accumulator;
/// - a commitment lands over other keys, another base, draw or chain than it was made for, as after a reorganisation:
/// it names the anchor;
/// - an update is masked for keys that come or change later: no key is taken once commitments are;
/// - one that left makes a whole batch fail: what does not count (any more) is passed over.
library Commitments {
    using Records for Task;

    /// @notice The state of a round that takes commitments.
    function requireOpen(Task storage task, uint32 round) internal view returns (RoundState state) {
        state = task.requirePhase(round, Phase.Open);
        if (block.timestamp > state.deadline()) revert IRounds.TooLate(state.deadline());
    }

    /// @notice Commits for the caller.
    function commit(Task storage task, uint32 taskId, uint32 round, bytes32 anchor, Commitment memory made) internal {
        RoundState state = requireOpen(task, round);
        if (task.anchor != anchor) revert IRounds.WrongAnchor(task.anchor);
        (Refusal refusal, uint256 slot) = _admit(task, state, made);
        if (refusal != Refusal.None) _refuse(refusal, made);
        bytes32 accumulator = state.committed() == 0 ? anchor : task.accumulator;
        (task.state, task.accumulator) = _add(taskId, round, state, accumulator, slot, made);
    }

    /// @notice Commits for those whose signed words count.
    function commitBatch(
        Task storage task,
        uint32 taskId,
        uint32 round,
        bytes32 domain,
        SignedCommitment[] calldata signed
    ) internal {
        RoundState state = requireOpen(task, round);
        uint64 before = state.committed();
        bytes32 anchor = task.anchor;
        bytes32 accumulator = before == 0 ? anchor : task.accumulator;
        // filled anew for each
        // slither-disable-next-line uninitialized-local
        Commitment memory made;
        for (uint256 i = 0; i < signed.length; ++i) {
            SignedCommitment calldata one = signed[i];
            bytes32 digest = MessageHashUtils.toTypedDataHash(
                domain,
                SignedStructs.commitment(taskId, round, anchor, one)
            );
            // what cannot be recovered is nobody's
            // zero where the signature is none: nobody's place
            // slither-disable-next-line unused-return
            (made.participant, , ) = ECDSA.tryRecover(digest, one.signature.r, one.signature.vs);
            made.weight = one.weight;
            made.updateRoot = one.updateRoot;
            made.contentId = one.contentId;
            (Refusal refusal, uint256 slot) = _admit(task, state, made);
            if (refusal != Refusal.None) continue;
            (state, accumulator) = _add(taskId, round, state, accumulator, slot, made);
        }
        if (state.committed() == before) revert IRounds.NothingAdded();
        (task.state, task.accumulator) = (state, accumulator);
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
        slot = task.slotOf(state, place);
        if (slot == Records.NO_SLOT) return (Refusal.NotDrawn, 0);
        if ((state.committed() >> slot) & 1 != 0) return (Refusal.AlreadyCommitted, 0);
        if (enrolment.keyed && !_hasKeys(task, state, slot)) return (Refusal.NotAdvertised, 0);
        if (enrolment.roundsPerParticipant != 0 && !Budgets.spend(task, enrolment, state.round())) {
            return (Refusal.BudgetSpent, 0);
        }
    }

    /// @dev Commitments come when no key can come any more; masked ones, from who has advertised keys.
    function _hasKeys(Task storage task, RoundState state, uint256 slot) private view returns (bool) {
        uint64 keyed = task.marks.keyed;
        uint256 keyDeadline = state.deadline() - task.rules.commitWindowS;
        if (block.timestamp <= keyDeadline && keyed != Bitmap.full(state.drawn())) {
            revert IRounds.TooEarly(keyDeadline);
        }
        return task.rules.mode != Mode.Masked || (keyed >> slot) & 1 != 0;
    }

    function _add(
        uint32 taskId,
        uint32 round,
        RoundState state,
        bytes32 accumulator,
        uint256 slot,
        Commitment memory made
    ) private returns (RoundState, bytes32) {
        // below 64
        made.slot = uint8(slot);
        emit IRounds.Committed(
            taskId,
            round,
            made.participant,
            made.slot,
            made.weight,
            made.updateRoot,
            made.contentId
        );
        return (state.withCommitment(slot, made.weight), keccak256(abi.encode(accumulator, made)));
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
