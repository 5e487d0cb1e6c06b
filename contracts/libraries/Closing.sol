// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRounds} from "../interfaces/IRounds.sol";
import {RoundState} from "../types/RoundState.sol";
import {Task} from "../types/TaskStorage.sol";
import {Mode, Phase, Proposal, Reason} from "../types/TaskTypes.sol";
import {DrawBlock} from "./Draw.sol";
import {Bitmap, Records} from "./Records.sol";
import {Rotation} from "./Rotation.sol";

/// @title Closing
/// @notice From the last commitment to the proposal.
/// @dev Attacks considered:
/// - a round hangs, as its draw is out of reach, too few committed, or those who did were expelled: anyone ends it;
/// - an aggregator that is not assigned, was expelled, or has lost its role, proposes: all are checked, from storage;
/// - a proposal is mined over other updates than it was computed from: it names the accumulator;
/// - an aggregator drops an update: what it leaves out it must name, and a majority of those who committed must agree.
library Closing {
    function close(Task storage task, uint32 taskId, uint32 round) internal {
        RoundState state = Records.requireRound(task, round);
        Phase phase = state.phase();
        if (phase == Phase.Drawing) {
            uint256 drawBlock = task.marks.drawBlock;
            if (!DrawBlock.isOutOfReach(drawBlock)) revert IRounds.TooEarly(drawBlock);
            return Rotation.invalidate(task, taskId, state, Reason.NoDraw);
        }
        if (phase != Phase.Open) revert IRounds.WrongPhase(phase);
        (uint256 least, bool over) = _progress(task, state);
        if (!over && block.timestamp <= state.deadline()) revert IRounds.TooEarly(state.deadline());
        uint256 left = Bitmap.count(Records.unexpelled(task, state));
        if (left < least) return Rotation.invalidate(task, taskId, state, Reason.TooFewUpdates);
        Rotation.assign(task, taskId, state, 0, Reason.None);
    }

    function propose(
        Task storage task,
        uint32 taskId,
        uint32 round,
        bytes32 accumulator,
        Proposal memory proposal,
        bytes calldata openings
    ) internal {
        RoundState state = Records.requirePhase(task, round, Phase.Aggregating);
        if (block.timestamp > state.deadline()) revert IRounds.TooLate(state.deadline());
        if (task.accumulator != accumulator) revert IRounds.WrongAccumulator(task.accumulator);
        // zero where it is leaving or was expelled
        address assigned = address(uint160(uint256(task.pending)));
        if (msg.sender != assigned || proposal.aggregator != assigned || proposal.attempt != state.attempt())
            revert IRounds.NotAssigned(assigned);
        if (proposal.modelRoot == 0 || proposal.contentId == 0) revert IRounds.InvalidRoot();
        _checkWeight(task, state, proposal);
        bytes32 openingsHash = keccak256(openings);
        (uint256 opened, uint256 deadline) = (0, block.timestamp + task.rules.attestWindowS);
        if (task.rules.keyWindowS != 0) {
            // of a sum that hides its parts none is left out
            if (proposal.excluded != 0) revert IRounds.InvalidExclusion();
            opened = task.rules.mode == Mode.Masked ? Bitmap.count(task.marks.keyed) : 1;
            task.openingsHash = openingsHash;
        }
        if (openings.length != 32 * opened) revert IRounds.InvalidOpenings();

        if (state.anyIdle()) state = state.withIdle(task.enrolments[assigned].place - 1, false);
        task.state = state.inPhase(Phase.Proposed).withDeadline(deadline);
        task.pending = Records.proposalHash(taskId, round, accumulator, openingsHash, proposal);
        emit IRounds.Proposed(taskId, round, accumulator, proposal, openings, uint40(deadline));
    }

    /// @dev The fewest commitments that make the round, and whether all that may come have.
    function _progress(Task storage task, RoundState state) private view returns (uint256 least, bool over) {
        (uint64 committed, uint64 everybody) = (state.committed(), Bitmap.full(state.drawn()));
        least = task.rules.minUpdates;
        if (task.rules.keyWindowS == 0) return (least, committed == everybody);
        uint64 keyed = task.marks.keyed;
        bool keysOver = keyed == everybody || block.timestamp > state.deadline() - task.rules.commitWindowS;
        if (task.rules.mode == Mode.Masked) {
            // with fewer nobody opens anything: each asks for the word of that share of all others drawn
            uint256 others = (uint256(task.rules.thresholdPercent) * (state.drawn() - 1) + 99) / 100;
            if (others >= least) least = others + 1;
            over = keysOver && (committed == keyed || Bitmap.count(keyed) < least);
        } else {
            // without a key there is no update
            if (keyed == 0) least = type(uint256).max;
            over = keysOver && (keyed == 0 || committed == everybody);
        }
    }

    /// @dev The excluded set is a part of the committed one, leaves enough, and the total weight can be that of the
    /// rest.
    function _checkWeight(Task storage task, RoundState state, Proposal memory proposal) private view {
        (uint64 totalWeight, uint64 committed) = (state.totalWeight(), state.committed());
        bool isRight = proposal.totalWeight == totalWeight;
        if (proposal.excluded != 0) {
            uint64 left = committed & ~proposal.excluded;
            if (proposal.excluded & ~committed != 0 || Bitmap.count(left) < task.rules.minUpdates)
                revert IRounds.InvalidExclusion();
            isRight = proposal.totalWeight != 0 && proposal.totalWeight < totalWeight;
        }
        if (!isRight) revert IRounds.WrongTotalWeight(totalWeight);
    }
}
