// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRounds} from "../interfaces/IRounds.sol";
import {ITasks} from "../interfaces/ITasks.sol";
import {RoundState} from "../types/RoundState.sol";
import {Task} from "../types/TaskStorage.sol";
import {Phase, Proposal, RoundInputs} from "../types/TaskTypes.sol";
import {Draw} from "./Draw.sol";

/// @notice The number of an entry of a task's history ({ITasks}).
enum Entry {
    None,
    Enrolled,
    Joined,
    Leaving,
    Freed,
    Resumed,
    Recorded,
    Accepted,
    Invalid,
    Reassigned,
    Struck,
    Expelled,
    ShareKey
}

/// @title Bitmap
/// @notice Sets of up to 64 slots.
library Bitmap {
    /// @notice Number of slots in the set.
    function count(uint64 bitmap) internal pure returns (uint256 total) {
        for (uint256 rest = bitmap; rest != 0; rest &= rest - 1) ++total;
    }

    /// @notice The set of the slots below `size`; `size` is at most 64.
    function full(uint256 size) internal pure returns (uint64) {
        return uint64((1 << size) - 1);
    }
}

/// @title Records
/// @notice What stands of a task and its newest round, and the hashes that bind it ({ITasks}, {IRounds}).
/// @dev Attacks considered:
/// - a message for a past or a future round: every call names its round, which must be the newest, and a number is used
/// once;
/// - a call lands, after a reorganisation, in another task of the same number: it names the head that its task began
/// with, or what binds that;
/// - an entry of the history passes for one of another kind with the same fields: each begins with the head before and
/// its number;
/// - a proposal lands over other updates, keys or openings than it was signed for: its hash binds the accumulator,
/// which begins with the start value (chain, contract, history, base, draw) and ends with the last commitment.
library Records {
    /// @notice No slot: of whoever takes no part in the round.
    uint256 internal constant NO_SLOT = 64;
    /// @dev Of no openings.
    bytes32 private constant NO_OPENINGS = keccak256("");

    /// @notice Reverts unless there is a task of this number, and it is the one whose history began with `first`.
    function requireTask(Task storage task, uint32 taskId, bytes32 first) internal view {
        if (task.first == 0) revert ITasks.UnknownTask(taskId);
        if (task.first != first) revert ITasks.WrongTask(task.first);
    }

    /// @notice The state, where the newest round is `round` and in this phase. A task that does not exist has round 0
    /// in phase None.
    function requirePhase(Task storage task, uint32 round, Phase phase) internal view returns (RoundState state) {
        state = requireRound(task, round);
        if (state.phase() != phase) revert IRounds.WrongPhase(state.phase());
    }

    /// @notice The state, where the newest round is `round`.
    function requireRound(Task storage task, uint32 round) internal view returns (RoundState state) {
        state = task.state;
        if (state.round() != round) revert IRounds.WrongRound(state.round());
    }

    /// @notice Extends the head of the task's history by an entry: whatever happens to a task, but for commitments and
    /// advertisements, which are in its rounds' accumulators.
    /// @param entry Its number and its fields, encoded; none of them has a variable length.
    function append(Task storage task, bytes memory entry) internal {
        task.historyHead = keccak256(bytes.concat(task.historyHead, entry));
    }

    /// @notice The accumulator behind the newest commitment.
    function accumulatorOf(Task storage task, RoundState state) internal view returns (bytes32) {
        return state.committed() == 0 ? task.anchor : task.accumulator;
    }

    /// @notice The slot of the participant at `place` (its index, plus 1) in a round that is drawn; NO_SLOT where it
    /// takes no part.
    function slotOf(Task storage task, RoundState state, uint256 place) internal view returns (uint256 slot) {
        uint256 enrolled = state.enrolled();
        uint256 drawn = state.drawn();
        // one that enrolled after the opening is not drawn
        if (place == 0 || place > enrolled) return NO_SLOT;
        if (drawn == enrolled) return place - 1;
        slot = Draw.slotOf(task.marks.seed, place - 1, enrolled, drawn);
        if (slot >= drawn) slot = NO_SLOT;
    }

    /// @notice The slots that committed, without those that were expelled since.
    function unexpelled(Task storage task, RoundState state) internal view returns (uint64) {
        return state.anyExpelled() ? state.committed() & ~task.marks.expelled : state.committed();
    }

    /// @notice What a proof needs of the newest round, as its record has it now.
    function inputs(Task storage task, uint32 taskId, RoundState state) internal view returns (RoundInputs memory all) {
        bool keyed = task.rules.keyWindowS != 0;
        all.taskId = taskId;
        all.round = state.round();
        all.drawn = state.drawn();
        all.committed = state.committed();
        all.keyed = keyed ? task.marks.keyed : 0;
        all.totalWeight = state.totalWeight();
        all.acceptedBefore = state.accepted();
        all.baseModelRoot = task.modelRoot;
        all.anchor = task.anchor;
        all.accumulator = accumulatorOf(task, state);
        all.openingsHash = keyed ? task.openingsHash : NO_OPENINGS;
    }

    function proposalHash(
        uint32 taskId,
        uint32 round,
        bytes32 accumulator,
        bytes32 openingsHash,
        Proposal memory proposal
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(taskId, round, accumulator, openingsHash, proposal));
    }

    /// @notice The hash whose high bits an accepted round's word holds.
    function wordHash(
        RoundInputs memory held,
        bytes32 proposalHash_,
        address[] memory attesters
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(held, proposalHash_, keccak256(abi.encodePacked(attesters))));
    }
}
