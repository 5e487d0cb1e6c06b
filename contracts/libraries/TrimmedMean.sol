// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Lanes} from "./Chunks.sol";

/// @title TrimmedMean
/// @notice One chunk of the aggregation rules "trimmed mean" and "coordinate median", bit for bit as the aggregator
/// computes it (docs/protocol.md): of the K values of a lane the `trim` least and the `trim` greatest are dropped, and
/// the new lane is base + floor(sum(kept) * serverRate / ((K - 2 * trim) * 2^16)), saturating at 32 bits.
/// @dev Sorting is too dear here. The caller says for each lane which is the least and which the greatest kept value,
/// and both are verified by counting: lo is the value of rank `trim` if and only if at most `trim` values are below it
/// and more than `trim` are not above it; hi likewise from the other end. Whatever a caller says, a result is the right
/// one, or there is none.
///
/// Four lanes are worked on at once, each in 64 bits of a word and with 2^31 added, so that it is not negative. With
/// 2^32 added to a value, bit 32 of its difference to a bound says whether it is at least the bound, and no difference
/// borrows from the next lane.
library TrimmedMean {
    using Lanes for int256;

    uint256 private constant CHUNK_BYTES = 256;
    /// @dev In each of four fields of 64 bits: the lower half, 1, and 2^32.
    uint256 private constant LANES = 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff;
    uint256 private constant ONES = 0x0000000000000001000000000000000100000000000000010000000000000001;
    uint256 private constant GUARDS = 0x0000000100000000000000010000000000000001000000000000000100000000;
    uint256 private constant BIASES_AND_GUARDS = 0x0000000180000000000000018000000000000001800000000000000180000000;
    /// @dev Two copies of the lower half, and bytes 3 and 1, 2 and 0 of it.
    uint256 private constant TWICE = 0x100000001;
    uint256 private constant UPPER_BYTES = 0x00000000ff00ff0000000000ff00ff0000000000ff00ff0000000000ff00ff00;
    uint256 private constant LOWER_BYTES = 0x0000000000ff00ff0000000000ff00ff0000000000ff00ff0000000000ff00ff;
    /// @dev The highest bits of the four counters of {_compare}, and those of them that are set when the bounds are
    /// right.
    uint256 private constant VERDICTS = 0x8080808000000000808080800000000080808080000000008080808000000000;
    uint256 private constant RIGHT = 0x0080008000000000008000800000000000800080000000000080008000000000;

    /// @notice A bound is not the least or the greatest kept value of its lane, or the bounds are not two chunks.
    error WrongBounds();

    /// @notice One chunk of the new model.
    /// @param base The chunk of the base model, 256 bytes.
    /// @param updates The same chunk of each update, 256 bytes each, joined, in any order: 1 to 127. The caller checks
    /// the lengths.
    /// @param trim Number of values dropped at each end of a lane, below half of them; for the median of K updates (K -
    /// 1) / 2, rounded down.
    /// @param bounds The least kept value of each lane, 256 bytes, and the greatest kept value of each, 256 bytes.
    /// @param serverRateQ16 Server learning rate in 1/65536.
    /// @return result The chunk of the new model, 256 bytes.
    ///
    /// Requirements: the bounds are right ({WrongBounds}).
    function chunk(
        bytes memory base,
        bytes memory updates,
        uint256 trim,
        bytes memory bounds,
        uint32 serverRateQ16
    ) internal pure returns (bytes memory result) {
        uint256 count = updates.length / CHUNK_BYTES;
        if (bounds.length != 2 * CHUNK_BYTES) revert WrongBounds();
        uint256[16] memory excesses = _excesses(updates, bounds, count, trim);
        result = new bytes(CHUNK_BYTES);
        for (uint256 word = 0; word < 8; ++word) {
            uint256 offset = 32 * word;
            uint256 lanes = Lanes.load(base, offset);
            uint256 lows = Lanes.load(bounds, offset);
            uint256 highs = Lanes.load(bounds, CHUNK_BYTES + offset);
            uint256 moved = _move(lanes, lows, highs, excesses[2 * word], count, trim, serverRateQ16);
            (lanes, lows, highs) = (lanes >> 32, lows >> 32, highs >> 32);
            moved |= _move(lanes, lows, highs, excesses[2 * word + 1], count, trim, serverRateQ16) << 32;
            Lanes.store(result, offset, moved);
        }
    }

    /// @dev The new lanes at the even places.
    function _move(
        uint256 lanes,
        uint256 lows,
        uint256 highs,
        uint256 excesses,
        uint256 count,
        uint256 trim,
        uint256 rate
    ) private pure returns (uint256 moved) {
        // nothing here can overflow: sums are below 2^40 and become products below 2^72
        unchecked {
            int256 divisor = int256(count - 2 * trim) << 16;
            for (uint256 shift = 0; shift < 256; shift += 64) {
                int256 low = int32(uint32(lows >> shift));
                int256 sum = int256(uint256(uint64(excesses >> shift))) + int256(count) * low;
                sum -= int256(trim) * (low + int32(uint32(highs >> shift)));
                moved |= int256(int32(uint32(lanes >> shift))).moved(sum * int256(rate), divisor) << shift;
            }
        }
    }

    /// @dev Verifies the bounds, and sums over all updates by how much a value, cut to its bounds, is above the lower
    /// one.
    /// @return excesses Of the lane at place 2g of a word in the field g of 64 bits of excess 2 * word, of place 2g + 1
    /// in the next.
    function _excesses(
        bytes memory updates,
        bytes memory bounds,
        uint256 count,
        uint256 trim
    ) private pure returns (uint256[16] memory excesses) {
        uint256[2] memory masks = [ONES, GUARDS];
        uint256 counts;
        unchecked {
            // count - trim values or more are not below the lower bound, fewer are above it; more than trim are not
            // below the upper bound, not more are above it: with this added, the highest bit of a counter tells
            uint256 needed = (((128 + trim - count) * 0x0101 + (127 - trim) * 0x01010000) << 32) * ONES;
            for (uint256 half = 0; half < 16; half += 2) {
                uint256 offset = 32 + 16 * half;
                (excesses[half], counts) = _compare(updates, bounds, offset, masks);
                if ((counts + needed) & VERDICTS != RIGHT) revert WrongBounds();
                // four bytes before a word the lanes of its odd places stand where those of its even places stand in
                // the word
                (excesses[half + 1], counts) = _compare(updates, bounds, offset - 4, masks);
                if ((counts + needed) & VERDICTS != RIGHT) revert WrongBounds();
            }
        }
    }

    /// @dev Compares four lanes of all updates with their bounds. The loop runs 16 times for each update and makes
    /// nearly all of a proof's computation: in assembly at three fifths of the gas; test/contracts/Libraries.t.sol
    /// compares it with a plain sort.
    /// @param offset Of the word whose lanes at even places are meant, from the pointer to `updates`.
    /// @return excess In each field of 64 bits, the sum of what values, cut to their bounds, are above the lower one.
    /// @return counts In each field four counters of seven bits, in bytes from bit 32: of the values not below the
    /// lower bound, above it, not below the upper bound, above it.
    function _compare(
        bytes memory updates,
        bytes memory bounds,
        uint256 offset,
        uint256[2] memory masks
    ) private pure returns (uint256 excess, uint256 counts) {
        uint256 lows = _numbers(bounds, offset);
        uint256 highs = _numbers(bounds, CHUNK_BYTES + offset);
        assembly ("memory-safe") {
            let cursor := add(updates, offset)
            let end := add(cursor, mload(updates))
            // from memory, as the compiler would build these long constants anew at every use
            let ones := mload(masks)
            let guards := mload(add(masks, 32))
            for {} lt(cursor, end) {
                cursor := add(cursor, CHUNK_BYTES)
            } {
                let lanes := mul(and(mload(cursor), LANES), TWICE)
                lanes := xor(or(and(shr(8, lanes), UPPER_BYTES), and(shr(24, lanes), LOWER_BYTES)), BIASES_AND_GUARDS)
                let above := sub(lanes, lows)
                let flags := and(guards, above)
                excess := add(and(sub(flags, shr(32, flags)), above), excess)
                counts := add(add(shl(8, and(guards, sub(above, ones))), flags), counts)
                above := sub(lanes, highs)
                flags := and(guards, above)
                excess := sub(excess, and(sub(flags, shr(32, flags)), above))
                counts := add(shl(16, add(shl(8, and(guards, sub(above, ones))), flags)), counts)
            }
        }
    }

    /// @dev The lanes at the even places of the word at an offset from the pointer, with 2^31 added.
    function _numbers(bytes memory data, uint256 offset) private pure returns (uint256 lanes) {
        assembly ("memory-safe") {
            // each lane twice, so that shifts can turn it round
            lanes := mul(and(mload(add(data, offset)), LANES), TWICE)
        }
        return (((lanes >> 8) & UPPER_BYTES) | ((lanes >> 24) & LOWER_BYTES)) ^ (BIASES_AND_GUARDS ^ GUARDS);
    }
}
