// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title WeightedMean
/// @notice One chunk of the aggregation rule "weighted mean", bit for bit as the aggregator computes it
/// (docs/protocol.md, section 4): base + floor(sum(weight * update) * serverRate / (sum(weight) * 2^16)), saturating at 32 bits.
/// @dev A fraud proof needs this recomputation and nothing of the aggregator's. Everything is exact in int256: 64 bits of
/// product, some bits for the number of updates, 21 for the rate. Lanes are int32, little-endian.
library WeightedMean {
    uint256 private constant CHUNK_BYTES = 256;
    /// @dev Four bytes in every eight, and two in every four: masks of the byte swap.
    uint256 private constant ODD_BYTES = 0xff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00;
    uint256 private constant ODD_PAIRS = 0xffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000;

    /// @notice The base or the updates are not whole chunks, one update for each weight, at least one.
    error InvalidLength();
    /// @notice A weight is zero.
    error ZeroWeight();

    /// @notice One chunk of the new model.
    /// @param base The chunk of the base model, 256 bytes.
    /// @param updates The same chunk of each update, 256 bytes each, joined.
    /// @param weights Weight of each update, in the same order.
    /// @param serverRateQ16 Server learning rate in 1/65536.
    /// @return result The chunk of the new model, 256 bytes.
    ///
    /// Requirements: {InvalidLength}, {ZeroWeight}.
    function chunk(bytes calldata base, bytes calldata updates, uint32[] calldata weights, uint32 serverRateQ16)
        internal
        pure
        returns (bytes memory result)
    {
        if (base.length != CHUNK_BYTES || weights.length == 0 || updates.length != weights.length * CHUNK_BYTES) {
            revert InvalidLength();
        }
        int256 divisor;
        for (uint256 k = 0; k < weights.length; ++k) {
            if (weights[k] == 0) revert ZeroWeight();
            divisor += int256(uint256(weights[k])) << 16;
        }

        result = new bytes(CHUNK_BYTES);
        for (uint256 word = 0; word < CHUNK_BYTES; word += 32) {
            int256[8] memory sums = _sums(updates, weights, word);
            uint256 lanes = _swap(uint256(bytes32(base[word:word + 32])));
            uint256 packed;
            for (uint256 i = 0; i < 8; ++i) {
                int256 value = int32(uint32(lanes >> (224 - 32 * i)));
                value += _floorDiv(sums[i] * int256(uint256(serverRateQ16)), divisor);
                packed = (packed << 32) | uint32(int32(_saturate(value)));
            }
            packed = _swap(packed);
            assembly ("memory-safe") {
                mstore(add(add(result, 32), word), packed)
            }
        }
    }

    /// @dev Weighted sums of the eight lanes of the word at `word`, over all updates. Written in assembly, as it runs 8 times
    /// for each update and makes nearly all of a proof's computation; lengths are checked by the caller.
    function _sums(bytes calldata updates, uint32[] calldata weights, uint256 word)
        private
        pure
        returns (int256[8] memory sums)
    {
        for (uint256 k = 0; k < weights.length; ++k) {
            uint256 lanes;
            uint256 weight = weights[k];
            assembly ("memory-safe") {
                lanes := calldataload(add(updates.offset, add(word, mul(k, CHUNK_BYTES))))
            }
            lanes = _swap(lanes);
            assembly ("memory-safe") {
                for { let at := add(sums, 0xe0) } 1 { at := sub(at, 0x20) } {
                    mstore(at, add(mload(at), mul(weight, signextend(3, lanes))))
                    if eq(at, sums) { break }
                    lanes := shr(32, lanes)
                }
            }
        }
    }

    /// @dev Reverses the four bytes of each of eight lanes.
    function _swap(uint256 lanes) private pure returns (uint256) {
        lanes = ((lanes & ODD_BYTES) >> 8) | ((lanes << 8) & ODD_BYTES);
        return ((lanes & ODD_PAIRS) >> 16) | ((lanes << 16) & ODD_PAIRS);
    }

    /// @dev Division rounding towards minus infinity; `divisor` is positive.
    function _floorDiv(int256 dividend, int256 divisor) private pure returns (int256 quotient) {
        quotient = dividend / divisor;
        if (dividend % divisor < 0) --quotient;
    }

    function _saturate(int256 value) private pure returns (int256) {
        if (value > type(int32).max) return type(int32).max;
        if (value < type(int32).min) return type(int32).min;
        return value;
    }
}
