// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRounds} from "../interfaces/IRounds.sol";
import {RoundState} from "../types/RoundState.sol";
import {Task} from "../types/TaskStorage.sol";
import {Mode, Phase, Proposal, Reason} from "../types/TaskTypes.sol";
import {Bitmap} from "./Bitmap.sol";
import {DrawBlock} from "./DrawBlock.sol";
import {Records} from "./Records.sol";
import {Rotation} from "./Rotation.sol";

/// @title Closing
/// @notice From the last commitment to the proposal.
/// @dev Attacks considered:
/// - a round hangs, as its draw is out of reach, too few committed, or those who did were expelled: anyone ends it;
/// - an aggregator that is not assigned, was expelled, or has lost its role, proposes: all are checked, from storage;
/// - a proposal is mined over other updates than it was computed from: it names the accumulator;
/// - an aggregator drops an update: what it leaves out it must name, and a majority of those who committed must agree.
library Closing {
    using Records for Task;
    using Rotation for Task;

    function close(Task storage task, uint32 taskId, uint32 round) internal {
        RoundState state = task.requireRound(round);
        Phase phase = state.phase();
        if (phase == Phase.Drawing) {
            uint256 drawBlock = task.marks.drawBlock;
            if (!DrawBlock.isOutOfReach(drawBlock)) revert IRounds.TooEarly(drawBlock);
            task.invalidate(taskId, state, Reason.NoDraw);
            return;
        }
        if (phase != Phase.Open) revert IRounds.WrongPhase(phase);
        uint64 committed = state.committed();
        (uint256 least, bool over) = (task.rules.minUpdates, committed == Bitmap.full(state.drawn()));
        if (task.rules.keyWindowS != 0) (least, over) = _keyed(task, state);
        if (!over && block.timestamp <= state.deadline()) revert IRounds.TooEarly(state.deadline());
        if (Bitmap.count(task.unexpelled(state)) < least) {
            task.invalidate(taskId, state, Reason.TooFewUpdates);
        } else {
            task.assignFirst(taskId, state);
        }
    }

    function propose(
        Task storage task,
        uint32 taskId,
        uint32 round,
        bytes32 accumulator,
        Proposal memory proposal,
        bytes calldata openings
    ) internal {
        RoundState state = task.requirePhase(round, Phase.Aggregating);
        if (block.timestamp > state.deadline()) revert IRounds.TooLate(state.deadline());
        if (task.accumulator != accumulator) revert IRounds.WrongAccumulator(task.accumulator);
        state = _requireAssigned(task, state, proposal);
        if (proposal.modelRoot == 0 || proposal.contentId == 0) revert IRounds.InvalidRoot();
        _checkWeight(task, state, proposal);
        bytes32 openingsHash = keccak256(openings);
        (uint256 keyWindowS, uint256 deadline) = (task.rules.keyWindowS, block.timestamp + task.rules.attestWindowS);
        if (keyWindowS != 0) {
            _checkOpenings(task, proposal, openings.length);
            task.openingsHash = openingsHash;
        } else if (openings.length != 0) {
            revert IRounds.InvalidOpenings();
        }

        task.state = state.inPhase(Phase.Proposed, deadline);
        task.pending = Records.proposalHash(taskId, round, accumulator, openingsHash, proposal);
        emit IRounds.Proposed(taskId, round, accumulator, proposal, openings, uint40(deadline));
    }

    /// @dev In a round with keys: the fewest commitments that make it, and whether all that may come have.
    function _keyed(Task storage task, RoundState state) private view returns (uint256 least, bool over) {
        uint64 keyed = task.marks.keyed;
        uint64 everybody = Bitmap.full(state.drawn());
        bool keysOver = keyed == everybody || block.timestamp > state.deadline() - task.rules.commitWindowS;
        least = task.rules.minUpdates;
        if (task.rules.mode == Mode.Masked) {
            // with fewer nobody opens anything: each asks for the word of that share of all others drawn
            uint256 others = (uint256(task.rules.thresholdPercent) * (state.drawn() - 1) + 99) / 100;
            if (others >= least) least = others + 1;
            over = keysOver && (state.committed() == keyed || Bitmap.count(keyed) < least);
        } else {
            // without a key there is no update
            if (keyed == 0) least = type(uint256).max;
            over = keysOver && (keyed == 0 || state.committed() == everybody);
        }
    }

    /// @dev The caller is the one assigned and answers this attempt; it is idle no more.
    function _requireAssigned(
        Task storage task,
        RoundState state,
        Proposal memory proposal
    ) private view returns (RoundState) {
        // zero where it is leaving or was expelled
        address assigned = address(uint160(uint256(task.pending)));
        if (msg.sender != assigned || proposal.aggregator != assigned || proposal.attempt != state.attempt())
            revert IRounds.NotAssigned(assigned);
        return state.anyIdle() ? state.withIdle(task.enrolments[assigned].place - 1, false) : state;
    }

    /// @dev The excluded set is a part of the committed one, leaves enough, and the total weight can be that of the
    /// rest.
    function _checkWeight(Task storage task, RoundState state, Proposal memory proposal) private view {
        uint64 totalWeight = state.totalWeight();
        if (proposal.excluded == 0) {
            if (proposal.totalWeight != totalWeight) revert IRounds.WrongTotalWeight(totalWeight);
            return;
        }
        uint64 committed = state.committed();
        if (proposal.excluded & ~committed != 0 || Bitmap.count(committed & ~proposal.excluded) < task.rules.minUpdates)
            revert IRounds.InvalidExclusion();
        if (proposal.totalWeight == 0 || proposal.totalWeight >= totalWeight) {
            revert IRounds.WrongTotalWeight(totalWeight);
        }
    }

    /// @dev Of a sum that hides its parts none is left out, and its openings have their length.
    function _checkOpenings(Task storage task, Proposal memory proposal, uint256 length) private view {
        if (proposal.excluded != 0) revert IRounds.InvalidExclusion();
        uint256 count = task.rules.mode == Mode.Masked ? Bitmap.count(task.marks.keyed) : 1;
        if (length != 32 * count) revert IRounds.InvalidOpenings();
    }
}
