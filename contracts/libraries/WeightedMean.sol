// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Lanes} from "./Chunks.sol";

/// @title WeightedMean
/// @notice One chunk of the aggregation rule "weighted mean", bit for bit as the aggregator computes it
/// (docs/protocol.md): base + floor(sum(weight * update) * serverRate / (sum(weight) * 2^16)), saturating at 32 bits.
/// @dev A fraud proof needs this recomputation and nothing of the aggregator's. Everything is exact in int256: 64 bits
/// of product, some bits for the number of updates, 21 for the rate. Lanes are int32, little-endian.
library WeightedMean {
    using Lanes for uint256;
    using Lanes for int256;

    uint256 private constant CHUNK_BYTES = 256;
    /// @dev 2^31 in each of eight lanes, and alone.
    uint256 private constant BIASES = 0x8000000080000000800000008000000080000000800000008000000080000000;
    int256 private constant BIAS = 1 << 31;
    /// @dev The lowest lane of each half of a word, and the whole lower half.
    uint256 private constant LANE_PAIR = 0x00000000ffffffff000000000000000000000000ffffffff;
    uint256 private constant PAIR_MASK = type(uint128).max;

    /// @notice One chunk of the new model.
    /// @param base The chunk of the base model, 256 bytes.
    /// @param updates The same chunk of each update, 256 bytes each, joined; at least one. The caller checks the
    /// lengths.
    /// @param weights Weight of each update, in the same order, at least 1.
    /// @param serverRateQ16 Server learning rate in 1/65536.
    /// @return result The chunk of the new model, 256 bytes.
    function chunk(
        bytes memory base,
        bytes memory updates,
        uint32[] memory weights,
        uint32 serverRateQ16
    ) internal pure returns (bytes memory result) {
        int256 divisor = 0;
        for (uint256 k = 0; k < weights.length; ++k) divisor += int256(uint256(weights[k])) << 16;

        result = new bytes(CHUNK_BYTES);
        for (uint256 word = 0; word < CHUNK_BYTES; word += 32) {
            uint256[4] memory sums = _sums(updates, weights, word);
            uint256 lanes = Lanes.load(base, word);
            uint256 packed = 0;
            // nothing here can overflow: sums are below 2^102 and become products below 2^123
            unchecked {
                for (uint256 place = 0; place < 8; ++place) {
                    uint256 shift = place < 4 ? 0 : 128;
                    // the divisor's upper part is the sum of the weights, each of which brought the bias once
                    int256 sum = int256((sums[place & 3] >> shift) & PAIR_MASK) - (divisor >> 16) * BIAS;
                    uint256 lane = lanes.laneAt(place).moved(sum * int256(uint256(serverRateQ16)), divisor);
                    packed |= lane << (32 * place);
                }
            }
            Lanes.store(result, word, packed);
        }
    }

    /// @dev Weighted sums of the eight lanes of the word at `word`, over all updates. With 2^31 added a lane is not
    /// negative, and two of them, 128 bits apart, are multiplied and added as one: a sum of 2^32 products of 64 bits
    /// stays below 2^96. Sum g holds the lane at place g (places of 32 bits from the lowest) and, above it, the lane at
    /// place g + 4. In assembly, as it runs 8 times for each update and makes nearly all of a proof's computation (a
    /// third of the gas of a loop over lanes); the caller checks the lengths.
    function _sums(
        bytes memory updates,
        uint32[] memory weights,
        uint256 word
    ) private pure returns (uint256[4] memory sums) {
        uint256 end = 32 * weights.length;
        for (uint256 k = 32; k <= end;) {
            uint256 lanes;
            uint256 weight;
            assembly ("memory-safe") {
                weight := mload(add(weights, k))
                // 256 bytes for each 32 of k, from the second word of `updates`
                lanes := mload(add(add(updates, word), sub(shl(3, k), 224)))
            }
            lanes = lanes.swap() ^ BIASES;
            assembly ("memory-safe") {
                let next := add(sums, 0x20)
                mstore(sums, add(mload(sums), mul(weight, and(lanes, LANE_PAIR))))
                mstore(next, add(mload(next), mul(weight, and(shr(32, lanes), LANE_PAIR))))
                next := add(sums, 0x40)
                mstore(next, add(mload(next), mul(weight, and(shr(64, lanes), LANE_PAIR))))
                next := add(sums, 0x60)
                mstore(next, add(mload(next), mul(weight, and(shr(96, lanes), LANE_PAIR))))
                k := add(k, 32)
            }
        }
    }
}
