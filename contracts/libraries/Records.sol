// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {IRounds} from "../interfaces/IRounds.sol";
import {ITasks} from "../interfaces/ITasks.sol";
import {RoundState} from "../types/RoundState.sol";
import {Task} from "../types/TaskStorage.sol";
import {Phase, Proposal, RoundInputs} from "../types/TaskTypes.sol";
import {Draw} from "./Draw.sol";

/// @title Records
/// @notice What stands of a task's newest round, and the hashes that bind it ({IRounds}).
/// @dev Attacks considered:
/// - a message for a past or a future round: every call names its round, which must be the newest, and a number is used
/// once;
/// - a proposal lands over other updates, keys or openings than it was signed for: its hash binds the accumulator,
/// which begins with the start value (chain, contract, history, base, draw) and ends with the last commitment.
library Records {
    /// @notice No slot: of whoever takes no part in the round.
    uint256 internal constant NO_SLOT = 64;
    /// @dev Of no openings.
    bytes32 private constant NO_OPENINGS = keccak256("");

    function requireTask(Task storage task, uint32 taskId) internal view {
        if (task.rules.rounds == 0) revert ITasks.UnknownTask(taskId);
    }

    /// @notice The same, and the task is the one whose history began with `first`.
    function requireTask(Task storage task, uint32 taskId, bytes32 first) internal view {
        requireTask(task, taskId);
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

    /// @notice A round's start value.
    function start(
        uint32 taskId,
        RoundState state,
        bytes32 historyHead,
        bytes32 modelRoot,
        uint64 seed
    ) internal view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    block.chainid,
                    address(this),
                    taskId,
                    state.round(),
                    historyHead,
                    modelRoot,
                    seed,
                    state.enrolled(),
                    state.drawn()
                )
            );
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

    /// @notice The account at an index of a list, which must be below its length: that is not read again.
    function accountAt(address[] storage list, uint256 index) internal view returns (address) {
        return Arrays.unsafeAccess(list, index).value;
    }

    /// @notice What a proof needs of the newest round, as its record has it now.
    function inputsOf(
        Task storage task,
        uint32 taskId,
        RoundState state
    ) internal view returns (RoundInputs memory inputs) {
        bool keyed = task.rules.keyWindowS != 0;
        inputs.taskId = taskId;
        inputs.round = state.round();
        inputs.drawn = state.drawn();
        inputs.committed = state.committed();
        inputs.keyed = keyed ? task.marks.keyed : 0;
        inputs.totalWeight = state.totalWeight();
        inputs.acceptedBefore = state.accepted();
        inputs.baseModelRoot = task.modelRoot;
        inputs.anchor = task.anchor;
        inputs.accumulator = accumulatorOf(task, state);
        inputs.openingsHash = keyed ? task.openingsHash : NO_OPENINGS;
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
        RoundInputs memory inputs,
        bytes32 proposalHash_,
        address[] memory attesters
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(inputs, proposalHash_, keccak256(abi.encodePacked(attesters))));
    }
}
