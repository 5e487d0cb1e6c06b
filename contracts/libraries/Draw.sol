// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BlockHeader} from "@openzeppelin/contracts/utils/BlockHeader.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IRounds} from "../interfaces/IRounds.sol";
import {TaskRules} from "../types/TaskTypes.sol";

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
    /// @return min(maxUpdates, max(minUpdates, ceil(enrolled * participationBps / 10000)), enrolled).
    function size(uint256 enrolled, TaskRules memory rules) internal pure returns (uint256) {
        uint256 share = Math.ceilDiv(enrolled * rules.participationBps, 10_000);
        return Math.min(Math.min(rules.maxUpdates, Math.max(rules.minUpdates, share)), enrolled);
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
        // half the number of bits of n - 1, rounded up
        uint256 half = 0;
        while ((enrolled - 1) >> (2 * half) != 0) ++half;
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

/// @title DrawBlock
/// @notice The randomness of a block that a round's opening fixed before there was one.
/// @dev Attacks considered:
/// - another block's randomness, or one made up: the header must hash to the block's hash, which the chain gives;
/// - a block is called out of reach that is not, by a call with so little gas that the question for its hash fails: the
///   call keeps a 64th of its gas, on which nothing can be written any more;
/// - a round that waits for a hash for ever, on a chain where something else stands in the place of EIP-2935's
///   contract: what reverts has no hash, whatever it reverts with.
library DrawBlock {
    /// @notice EIP-2935's contract, which has the hashes of 8,191 blocks.
    address internal constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;
    /// @notice As many blocks back the opcode answers.
    uint256 internal constant OPCODE_BLOCKS = 256;

    /// @notice The mix of a block by its header. Reverts with {IRounds.NoBlockHash} or {IRounds.WrongHeader}.
    /// @param header RLP of the block's header.
    function mixOf(uint256 blockNumber, bytes memory header) internal view returns (bytes32) {
        bytes32 hash = _hashOf(blockNumber);
        if (hash == 0) revert IRounds.NoBlockHash(blockNumber);
        if (hash != keccak256(header)) revert IRounds.WrongHeader();
        return BlockHeader.getPrevRandao(header);
    }

    /// @notice Whether a block is past and its hash cannot be had any more.
    function isOutOfReach(uint256 blockNumber) internal view returns (bool) {
        return blockNumber < block.number && _hashOf(blockNumber) == 0;
    }

    /// @dev Zero where there is none.
    function _hashOf(uint256 blockNumber) private view returns (bytes32) {
        if (blockNumber + OPCODE_BLOCKS >= block.number) return blockhash(blockNumber);
        (bool answers, bytes memory answer) = HISTORY.staticcall(abi.encode(blockNumber));
        return answers && answer.length == 32 ? bytes32(answer) : bytes32(0);
    }
}
