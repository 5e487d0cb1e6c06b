// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IRounds} from "../interfaces/IRounds.sol";
import {Interval, Task} from "../types/TaskStorage.sol";

/// @title Ring
/// @notice The words of a task's accepted rounds: the second of acceptance and a hash of all that a proof needs
/// ({IRounds}).
/// @dev Attacks considered:
/// - a word is overwritten while its signers still answer for it: no round opens whose word would take its place before
/// its window is over;
/// - whoever opens picks the number, and by it the aggregator: it is the least whose place is free;
/// - two evidences for one word: 216 bits of a hash are compared.
library Ring {
    uint256 private constant SHORTEST_ROUND_S = 48;
    uint256 private constant LEAST = 64;
    uint256 private constant MOST = 4096;
    uint32 private constant MOST_PASSED = 64;
    uint256 private constant TIME_MASK = (1 << 40) - 1;

    /// @notice The word in the place of a round; 0 where none was written. It may be of an earlier round.
    function wordOf(Task storage task, uint32 round) internal view returns (uint256) {
        return task.ring[_place(task, round)];
    }

    /// @notice Reverts unless `round` is the least number above `newest` whose word's place is free: at most
    /// MOST_PASSED are passed over, each because the word in its place is still provable.
    function requireFree(Task storage task, uint32 newest, uint32 round) internal view {
        if (round <= newest || round - newest > MOST_PASSED + 1) revert IRounds.WrongRound(newest);
        for (uint32 number = newest + 1; number < round; ++number) {
            if (_taken(task, number) == 0) revert IRounds.WrongRound(newest);
        }
        uint256 until = _taken(task, round);
        if (until != 0) revert IRounds.RingFull(until);
    }

    /// @notice Writes the word of a round that is accepted now. Returns the last second at which it can be proven
    /// wrong.
    function write(Task storage task, uint32 round, bytes32 hash) internal returns (uint40) {
        uint256 word = (uint256(hash) & ~TIME_MASK) | block.timestamp;
        task.ring[_place(task, round)] = word;
        return provableUntil(task, word);
    }

    /// @notice The last second at which the round of a word can be proven wrong.
    function provableUntil(Task storage task, uint256 word) internal view returns (uint40) {
        return uint40(word & TIME_MASK) + task.rules.challengeWindowS;
    }

    /// @notice Whether a word holds this hash.
    function holds(uint256 word, bytes32 hash) internal pure returns (bool) {
        return (word ^ uint256(hash)) & ~TIME_MASK == 0;
    }

    /// @dev The last second at which the word in the place of a round can be proven wrong; 0 where that is over.
    function _taken(Task storage task, uint32 round) private view returns (uint256 until) {
        uint256 word = wordOf(task, round);
        if (word != 0) until = provableUntil(task, word);
        if (until < block.timestamp) until = 0;
    }

    function _place(Task storage task, uint32 round) private view returns (uint256) {
        uint256 needed = task.rules.challengeWindowS / SHORTEST_ROUND_S;
        uint256 length = LEAST;
        if (needed <= LEAST) return round & (LEAST - 1);
        needed = Math.min(needed, task.rules.rounds);
        while (length < needed && length < MOST) length <<= 1;
        return round & (length - 1);
    }
}

/// @title Voids
/// @notice Which rounds of a task roll-backs made void: disjoint intervals, ascending, one a roll-back.
/// @dev Attack considered: roll-backs in such numbers that no round can be struck any more for gas: a search halves the
/// list, and the intervals that a new one takes in go, each of which was paid for when it came.
library Voids {
    /// @notice Whether a round is void.
    function contains(Interval[] storage list, uint32 round) internal view returns (bool) {
        (uint256 low, uint256 high) = (0, list.length);
        // the first interval that does not end before the round is at `low`
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (list[middle].last < round) low = middle + 1;
            else high = middle;
        }
        return low < list.length && list[low].first <= round;
    }

    /// @notice Adds the rounds from `first`, which is not void, to `last`, the newest of all.
    function add(Interval[] storage list, uint32 first, uint32 last) internal {
        while (list.length != 0 && list[list.length - 1].first > first) list.pop();
        list.push(Interval(first, last));
    }
}
