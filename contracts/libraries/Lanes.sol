// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Lanes
/// @notice What all rules do with int32 lanes, eight in a word.
library Lanes {
    /// @dev Every other byte, and every other two.
    uint256 private constant ODD_BYTES = 0xff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00;
    uint256 private constant ODD_PAIRS = 0xffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000;

    /// @notice Reverses the four bytes of each of eight lanes: from little-endian, as they travel, to numbers, and back.
    /// Lanes keep their places.
    function swap(uint256 lanes) internal pure returns (uint256) {
        lanes = ((lanes & ODD_BYTES) >> 8) | ((lanes << 8) & ODD_BYTES);
        return ((lanes & ODD_PAIRS) >> 16) | ((lanes << 16) & ODD_PAIRS);
    }

    /// @notice The lane at a place, 0 being the lowest 32 bits, of numbers.
    function laneAt(uint256 lanes, uint256 place) internal pure returns (int256) {
        unchecked {
            return int32(uint32(lanes >> (32 * place)));
        }
    }

    /// @notice lane + floor(dividend / divisor), saturating at 32 bits, as a lane at place 0.
    /// @param divisor Positive.
    /// @dev The caller keeps the dividend below 2^254, so that nothing overflows.
    function moved(int256 lane, int256 dividend, int256 divisor) internal pure returns (uint256) {
        assembly ("memory-safe") {
            lane := add(lane, sub(sdiv(dividend, divisor), slt(smod(dividend, divisor), 0)))
        }
        if (lane > type(int32).max) lane = type(int32).max;
        if (lane < type(int32).min) lane = type(int32).min;
        return uint32(int32(lane));
    }
}
