// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRounds} from "../interfaces/IRounds.sol";
import {RoundState} from "../types/RoundState.sol";
import {Task} from "../types/TaskStorage.sol";
import {Mode, Phase, Reason} from "../types/TaskTypes.sol";
import {Bitmap} from "./Bitmap.sol";
import {History} from "./History.sol";
import {Records} from "./Records.sol";

/// @title Rotation
/// @notice Whose turn it is to aggregate, and how a round ends when it is nobody's.
/// @dev Attacks considered:
/// - aggregators that do nothing hold up every round: one that misses a turn comes behind all others until it sends a
/// transaction;
/// - nobody is there: the round is invalid, and no bond waits for it;
/// - a liar proposes again: it was expelled;
/// - the set of aggregators is changed while a round runs, to steer the turn: the count is fixed at the opening, and
/// places are freed only between rounds; the search is bounded by 32 places.
library Rotation {
    using Records for Task;

    /// @notice Closes the round and assigns the first aggregator, or ends it where there is none.
    function assignFirst(Task storage task, uint32 taskId, RoundState state) internal {
        (address aggregator, uint256 place) = _next(task, state, 0);
        if (aggregator == address(0)) {
            invalidate(task, taskId, state, Reason.NoAggregator);
            return;
        }
        emit IRounds.RoundClosed(taskId, state.round(), state.committed(), state.totalWeight(), task.accumulator);
        _assign(task, taskId, state, aggregator, place);
    }

    /// @notice Assigns the next aggregator over the same updates, or ends the round where there is no attempt, nobody,
    /// or too few that committed are left.
    function retry(Task storage task, uint32 taskId, RoundState state, Reason reason) internal {
        if (Bitmap.count(task.unexpelled(state)) < task.rules.minUpdates) {
            invalidate(task, taskId, state, Reason.TooFewUpdates);
            return;
        }
        uint256 attempt = uint256(state.attempt()) + 1;
        if (attempt >= task.rules.attempts) {
            invalidate(task, taskId, state, reason);
            return;
        }
        (address aggregator, uint256 place) = _next(task, state, attempt);
        if (aggregator == address(0)) {
            invalidate(task, taskId, state, Reason.NoAggregator);
            return;
        }
        task.historyHead = keccak256(
            abi.encode(
                task.historyHead,
                History.REASSIGNED,
                state.round(),
                attempt,
                aggregator,
                reason,
                _standing(task, state)
            )
        );
        _assign(task, taskId, state.withAttempt(attempt), aggregator, place);
    }

    /// @notice Ends the round without a result.
    function invalidate(Task storage task, uint32 taskId, RoundState state, Reason reason) internal {
        uint32 round = state.round();
        Phase phase = state.phase();
        bool drawn = phase != Phase.Drawing;
        if (phase <= Phase.Open && task.rules.mode == Mode.Masked) task.endedOpen[round >> 8] |= 1 << (round & 255);
        task.state = state.ended();
        bytes32 anchor = drawn ? task.anchor : bytes32(0);
        bytes32 accumulator = drawn ? task.accumulatorOf(state) : bytes32(0);
        bytes32 head = keccak256(
            abi.encode(task.historyHead, History.INVALID, round, reason, anchor, accumulator, _standing(task, state))
        );
        task.historyHead = head;
        emit IRounds.RoundInvalid(taskId, round, reason, head);
    }

    /// @dev The first in the rotation that is not leaving: of those that are not idle, then of all.
    function _next(
        Task storage task,
        RoundState state,
        uint256 attempt
    ) private view returns (address aggregator, uint256 place) {
        uint256 count = state.aggregators();
        uint256 from = state.round() + attempt;
        for (uint256 i = 0; i < 2 * count; ++i) {
            place = (from + i) % count;
            // i < count: the first time round
            if (state.isIdle(place) != i >= count) continue;
            aggregator = Records.accountAt(task.aggregators, place);
            if (!task.enrolments[aggregator].leaving) return (aggregator, place);
        }
        return (address(0), 0);
    }

    /// @dev The hash of the proposal that stands; zero where none does.
    function _standing(Task storage task, RoundState state) private view returns (bytes32) {
        return state.phase() == Phase.Proposed ? task.pending : bytes32(0);
    }

    function _assign(Task storage task, uint32 taskId, RoundState state, address aggregator, uint256 place) private {
        uint256 deadline = block.timestamp + task.rules.aggregateWindowS;
        task.state = state.inPhase(Phase.Aggregating, deadline);
        task.pending = bytes32(uint256(uint160(aggregator)));
        emit IRounds.AggregatorAssigned(
            taskId,
            state.round(),
            aggregator,
            state.attempt(),
            uint8(place),
            state.aggregators(),
            uint40(deadline)
        );
    }
}
