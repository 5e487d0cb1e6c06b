// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Interval} from "../types/TaskStorage.sol";

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
