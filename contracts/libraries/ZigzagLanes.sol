// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Lanes} from "./Lanes.sol";

/// @title ZigzagLanes
/// @notice Lanes as proofs carry them: q as the uint32 (q << 1) ^ (q >> 31), so that a small lane of either sign has zero
/// bytes, which cost a quarter of others. Eight lanes of a word are worked on at once.
library ZigzagLanes {
    using Lanes for uint256;

    uint256 private constant LANE_BYTES = 4;
    uint256 private constant ONES = 0x0000000100000001000000010000000100000001000000010000000100000001;
    uint256 private constant LOWER = 0x7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff7fffffff;

    /// @notice The lanes that are written zigzag in `zigzag`, both little-endian.
    /// @param zigzag A multiple of 32 bytes.
    function decode(bytes calldata zigzag) internal pure returns (bytes memory lanes) {
        lanes = new bytes(zigzag.length);
        for (uint256 offset = 0; offset < zigzag.length;) {
            uint256 word;
            assembly ("memory-safe") {
                word := calldataload(add(zigzag.offset, offset))
            }
            word = word.swap();
            // an odd number stands for a negative lane: all bits of its half are turned
            word = (((word >> 1) & LOWER) ^ _filled(word & ONES)).swap();
            assembly ("memory-safe") {
                mstore(add(add(lanes, 32), offset), word)
                offset := add(offset, 32)
            }
        }
    }

    /// @notice Whether the first `count` int32 lanes (little-endian, not zigzag) are within +-limit and the rest are zero.
    /// @param chunk A multiple of 4 bytes.
    function isWithin(bytes memory chunk, uint256 count, uint256 limit) internal pure returns (bool) {
        for (uint256 i = 0; i < chunk.length / LANE_BYTES; ++i) {
            uint256 word;
            assembly ("memory-safe") {
                word := shr(224, mload(add(add(chunk, 32), mul(i, 4))))
            }
            int256 lane = word.swap().laneAt(0);
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
