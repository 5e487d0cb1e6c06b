// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {IRounds} from "../interfaces/IRounds.sol";
import {RoundState} from "../types/RoundState.sol";
import {Task} from "../types/TaskStorage.sol";
import {Mode, Phase, Reason} from "../types/TaskTypes.sol";
import {Bitmap, Entry, Records} from "./Records.sol";

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
    /// @notice Assigns the next aggregator over the same updates, or ends the round where there is no attempt, nobody,
    /// or too few that committed are left.
    function retry(Task storage task, uint32 taskId, RoundState state, Reason reason) internal {
        uint8 attempt = state.attempt() + 1;
        uint256 left = Bitmap.count(Records.unexpelled(task, state));
        if (left < task.rules.minUpdates) return invalidate(task, taskId, state, Reason.TooFewUpdates);
        if (attempt >= task.rules.attempts) return invalidate(task, taskId, state, reason);
        assign(task, taskId, state, attempt, reason);
    }

    /// @notice Assigns an aggregator, or ends the round where there is none. The first assignment closes the round.
    /// @param attempt Which assignment, from 0.
    /// @param reason Why the one before came to nothing.
    function assign(Task storage task, uint32 taskId, RoundState state, uint8 attempt, Reason reason) internal {
        (address aggregator, uint8 place) = _next(task, state, attempt);
        if (aggregator == address(0)) return invalidate(task, taskId, state, Reason.NoAggregator);
        uint32 round = state.round();
        if (attempt == 0) {
            emit IRounds.RoundClosed(taskId, round, state.committed(), state.totalWeight(), task.accumulator);
        } else {
            bytes32 standing = _standing(task, state);
            Records.append(task, abi.encode(Entry.Reassigned, round, attempt, aggregator, reason, standing));
        }
        uint40 deadline = uint40(block.timestamp + task.rules.aggregateWindowS);
        task.state = state.inPhase(Phase.Aggregating).withDeadline(deadline).withAttempt(attempt);
        task.pending = bytes32(uint256(uint160(aggregator)));
        emit IRounds.AggregatorAssigned(taskId, round, aggregator, attempt, place, state.aggregators(), deadline);
    }

    /// @notice Ends the round without a result.
    function invalidate(Task storage task, uint32 taskId, RoundState state, Reason reason) internal {
        uint32 round = state.round();
        Phase phase = state.phase();
        bool drawn = phase != Phase.Drawing;
        if (phase <= Phase.Open && task.rules.mode == Mode.Masked) task.endedOpen[round >> 8] |= 1 << (round & 255);
        task.state = state.inPhase(Phase.Invalid);
        bytes32 anchor = drawn ? task.anchor : bytes32(0);
        bytes32 accumulator = drawn ? Records.accumulatorOf(task, state) : bytes32(0);
        bytes32 standing = _standing(task, state);
        Records.append(task, abi.encode(Entry.Invalid, round, reason, anchor, accumulator, standing));
        emit IRounds.RoundInvalid(taskId, round, reason, task.historyHead);
    }

    /// @dev The first in the rotation that is not leaving: of those that are not idle, then of all.
    function _next(Task storage task, RoundState state, uint8 attempt) private view returns (address, uint8 place) {
        uint256 count = state.aggregators();
        uint256 from = state.round() + attempt;
        for (uint256 i = 0; i < 2 * count; ++i) {
            // below 32
            place = uint8((from + i) % count);
            // i < count: the first time round
            if (state.isIdle(place) != i >= count) continue;
            // below the list's length, which is not read again
            address aggregator = Arrays.unsafeAccess(task.aggregators, place).value;
            if (!task.enrolments[aggregator].leaving) return (aggregator, place);
        }
        return (address(0), 0);
    }

    /// @dev The hash of the proposal that stands; zero where none does.
    function _standing(Task storage task, RoundState state) private view returns (bytes32) {
        return state.phase() == Phase.Proposed ? task.pending : bytes32(0);
    }
}
