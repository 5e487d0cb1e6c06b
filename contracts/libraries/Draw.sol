// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Draw
/// @notice Which enrolled participants a round draws, without a list: each index has a slot by a keyed permutation, and
/// those whose slot is below the number to draw are drawn (docs/protocol.md).
/// @dev A permutation gives a draw of fixed size and a unique slot for each participant, at a cost that does not grow
/// with the number of participants. Up to 16 places it is a shuffle followed for one element; above, a balanced Feistel
/// network with cycle walking, whose domain is below four times n: a walk takes fewer than four passes on average.
/// Assembly pays here: the shuffle of 16 places costs 1.3k gas instead of 4.3k, and the hash inputs of 8 and 13 bytes
/// are built in scratch space, where the encoder's memory would cost more than the hash.
library Draw {
    uint256 private constant FEISTEL_ROUNDS = 8;
    uint256 private constant SHUFFLE_PLACES = 16;

    /// @notice Number of participants to draw of `enrolled`.
    /// @param enrolled At least minUpdates.
    /// @return drawn min(maxUpdates, max(minUpdates, ceil(enrolled * participationBps / 10000)), enrolled).
    function size(
        uint256 enrolled,
        uint256 minUpdates,
        uint256 maxUpdates,
        uint256 participationBps
    ) internal pure returns (uint256 drawn) {
        drawn = (enrolled * participationBps + 9_999) / 10_000;
        if (drawn < minUpdates) drawn = minUpdates;
        if (drawn > maxUpdates) drawn = maxUpdates;
        if (drawn > enrolled) drawn = enrolled;
    }

    /// @notice Slot of a participant in a round.
    /// @param seed The round's randomness.
    /// @param index The participant's index, below `enrolled`.
    /// @param enrolled Number of places n, 1 to 2^32 - 1.
    /// @param drawn Number to draw m, at most n.
    /// @return slot The participant's slot in [0, n); drawn when below `drawn`.
    function slotOf(uint64 seed, uint256 index, uint256 enrolled, uint256 drawn) internal pure returns (uint256 slot) {
        if (drawn == enrolled) return index;
        if (enrolled <= SHUFFLE_PLACES) return _shuffle(seed, index, enrolled);
        uint256 half = _halfBits(enrolled);
        slot = index;
        do {
            slot = _permute(seed, slot, half);
        } while (slot >= enrolled);
    }

    /// @dev Where a shuffle of `enrolled` places, at most SHUFFLE_PLACES, moves the one at `index`.
    function _shuffle(uint64 seed, uint256 index, uint256 enrolled) private pure returns (uint256 slot) {
        assembly ("memory-safe") {
            mstore(0, shl(192, seed))
            let numbers := keccak256(0, 8)
            slot := index
            for {
                let i := sub(enrolled, 1)
            } i {
                i := sub(i, 1)
            } {
                let j := mod(and(shr(shl(4, i), numbers), 0xffff), add(i, 1))
                // exchanges i and j where the slot is one of them
                slot := xor(slot, mul(xor(i, j), or(eq(slot, i), eq(slot, j))))
            }
        }
    }

    /// @dev Half the number of bits of n - 1, rounded up.
    function _halfBits(uint256 enrolled) private pure returns (uint256 half) {
        while ((enrolled - 1) >> (2 * half) != 0) ++half;
    }

    /// @dev One pass of the Feistel network over 2 * half bits.
    function _permute(uint64 seed, uint256 value, uint256 half) private pure returns (uint256) {
        uint256 mask = (1 << half) - 1;
        uint256 left = value >> half;
        uint256 right = value & mask;
        for (uint256 r = 0; r < FEISTEL_ROUNDS; ++r) {
            uint256 mixed;
            assembly ("memory-safe") {
                mstore(0, shl(152, or(shl(40, seed), or(shl(32, r), right))))
                mixed := keccak256(0, 13)
            }
            (left, right) = (right, left ^ (mixed & mask));
        }
        return (left << half) | right;
    }
}
