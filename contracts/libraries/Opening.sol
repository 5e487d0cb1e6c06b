// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRounds} from "../interfaces/IRounds.sol";
import {ITasks} from "../interfaces/ITasks.sol";
import {RoundState} from "../types/RoundState.sol";
import {FederationStorage, Marks, Task} from "../types/TaskStorage.sol";
import {Phase, TaskRules} from "../types/TaskTypes.sol";
import {Draw, DrawBlock} from "./Draw.sol";
import {Places} from "./Places.sol";
import {Records} from "./Records.sol";
import {Ring} from "./Ring.sol";

/// @title Opening
/// @notice Begins rounds, and draws their participants.
/// @dev Attacks considered:
/// - an outsider opens rounds of a sleeping task until none is left: only members open, and only accepted rounds count;
/// - whoever opens picks the block that draws: the opening fixes one that is not there yet, some blocks ahead, so that
/// neither the account that opens nor the one that gives the header chooses. Its proposer can withhold it; the draw is
/// not worth that much;
/// - a draw is never made, as nobody gives the header: anyone can, and {Closing} ends the round when the block is out
/// of reach;
/// - members open rounds that nobody answers, until the next number's word would fall on one that is still provable:
/// such numbers are passed over;
/// - an opening comes late, and opens another round than it was sent for: it names the round;
/// - places move while slots are computed from them: places are freed only when no round is in flight.
library Opening {
    function open(FederationStorage storage self, uint32 taskId, uint32 round) internal {
        Task storage task = self.tasks[taskId];
        // only that it is a member counts
        // slither-disable-next-line unused-return
        Places.requireMember(task, msg.sender);
        RoundState state = task.state;
        if (state.inFlight()) revert IRounds.WrongPhase(state.phase());
        TaskRules memory rules = task.rules;
        if (state.accepted() >= rules.rounds) revert ITasks.TaskComplete(taskId);
        state = Places.free(self, taskId, state);
        uint256 enrolled = task.participants.length;
        if (enrolled < rules.minUpdates) revert IRounds.TooFewParticipants(enrolled);
        uint256 drawn = Draw.size(enrolled, rules);
        Ring.requireFree(task, state.round(), round);
        state = state.next(round, enrolled, drawn, task.aggregators.length);

        bytes32 head = task.historyHead;
        bytes32 start = 0;
        uint64 drawBlock = 0;
        if (drawn == enrolled) {
            (state, start) = _begin(task, taskId, state, head, 0);
            // a slot that is never zero is cheaper to write
            if (rules.keyWindowS != 0) task.marks = Marks(0, 0, 0, uint64(block.number));
        } else {
            drawBlock = uint64(block.number) + rules.drawDelayBlocks;
            task.state = state;
            task.anchor = head;
            task.marks = Marks(0, 0, 0, drawBlock);
        }
        emit IRounds.RoundOpened(
            taskId,
            round,
            task.modelRoot,
            uint32(enrolled),
            uint8(drawn),
            state.aggregators(),
            drawBlock,
            state.deadline(),
            start
        );
    }

    function draw(Task storage task, uint32 taskId, uint32 round, bytes calldata header) internal {
        RoundState state = Records.requirePhase(task, round, Phase.Drawing);
        bytes32 mix = DrawBlock.mixOf(task.marks.drawBlock, header);
        uint64 seed = uint64(bytes8(keccak256(abi.encode(mix, address(this), taskId, round))));
        task.marks.seed = seed;
        (RoundState opened, bytes32 start) = _begin(task, taskId, state, task.anchor, seed);
        emit IRounds.RoundDrawn(taskId, round, seed, opened.deadline(), start);
    }

    /// @dev Opens the round for keys or commitments. Returns its state and its start value.
    function _begin(
        Task storage task,
        uint32 taskId,
        RoundState state,
        bytes32 head,
        uint64 seed
    ) private returns (RoundState, bytes32 start) {
        (uint32 round, uint256 keyWindowS) = (state.round(), task.rules.keyWindowS);
        (bytes32 root, uint256 enrolled, uint256 drawn) = (task.modelRoot, state.enrolled(), state.drawn());
        start = keccak256(abi.encode(block.chainid, address(this), taskId, round, head, root, seed, enrolled, drawn));
        state = state.inPhase(Phase.Open).withDeadline(block.timestamp + keyWindowS + task.rules.commitWindowS);
        task.state = state;
        task.anchor = start;
        if (keyWindowS != 0) task.start = start;
        return (state, start);
    }
}
