// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Lanes
/// @notice What all rules and proofs do with int32 lanes, eight in a word. Proofs carry them zigzag: q as the uint32 (q
/// << 1) ^ (q >> 31), so that a small lane of either sign has zero bytes, which cost a quarter of others.
library Lanes {
    /// @dev Every other byte, and every other two.
    uint256 private constant ODD_BYTES = 0xff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00;
    uint256 private constant ODD_PAIRS = 0xffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000;
    uint256 private constant ONES = 0x0000000100000001000000010000000100000001000000010000000100000001;
    uint256 private constant LOWER = 0x7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff;

    /// @notice Reverses the four bytes of each of eight lanes: from little-endian, as they travel, to numbers, and
    /// back. Lanes keep their places.
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

    /// @notice The lanes that are written zigzag in `zigzag`, both little-endian.
    /// @param zigzag A multiple of 32 bytes.
    function decode(bytes calldata zigzag) internal pure returns (bytes memory lanes) {
        lanes = new bytes(zigzag.length);
        for (uint256 offset = 0; offset < zigzag.length;) {
            uint256 word;
            assembly ("memory-safe") {
                word := calldataload(add(zigzag.offset, offset))
            }
            word = swap(word);
            // an odd number stands for a negative lane: all bits of its half are turned
            word = swap(((word >> 1) & LOWER) ^ _filled(word & ONES));
            assembly ("memory-safe") {
                mstore(add(add(lanes, 32), offset), word)
                offset := add(offset, 32)
            }
        }
    }

    /// @notice Whether the first `count` int32 lanes (little-endian, not zigzag) are within +-limit and the rest are
    /// zero.
    /// @param chunk A multiple of 4 bytes.
    function isWithin(bytes memory chunk, uint256 count, uint256 limit) internal pure returns (bool) {
        for (uint256 i = 0; i < chunk.length / 4; ++i) {
            uint256 word;
            assembly ("memory-safe") {
                word := shr(224, mload(add(add(chunk, 32), mul(i, 4))))
            }
            int256 lane = laneAt(swap(word), 0);
            uint256 size = uint256(lane < 0 ? -lane : lane);
            if (size > (i < count ? limit : 0)) return false;
        }
        return true;
    }

    /// @dev All bits of the lanes that hold a 1; the others hold a 0, so that no product reaches the next lane.
    function _filled(uint256 ones) private pure returns (uint256) {
        unchecked {
            return ones * type(uint32).max;
        }
    }
}
