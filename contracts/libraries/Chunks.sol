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

    /// @notice The eight lanes at an offset of little-endian ones, as numbers.
    function load(bytes memory data, uint256 offset) internal pure returns (uint256 lanes) {
        assembly ("memory-safe") {
            lanes := mload(add(add(data, 32), offset))
        }
        return swap(lanes);
    }

    /// @notice Writes eight numbers at an offset as little-endian lanes.
    function store(bytes memory data, uint256 offset, uint256 lanes) internal pure {
        lanes = swap(lanes);
        assembly ("memory-safe") {
            mstore(add(add(data, 32), offset), lanes)
        }
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
        for (uint256 offset = 0; offset < zigzag.length; offset += 32) {
            uint256 word;
            assembly ("memory-safe") {
                word := calldataload(add(zigzag.offset, offset))
            }
            word = swap(word);
            // an odd number stands for a negative lane: all bits of its half are turned; no product reaches the next
            // lane
            unchecked {
                store(lanes, offset, ((word >> 1) & LOWER) ^ ((word & ONES) * type(uint32).max));
            }
        }
    }

    /// @notice Whether the first `count` int32 lanes (little-endian, not zigzag) are within +-limit and the rest are
    /// zero.
    /// @param chunk A multiple of 4 bytes.
    function isWithin(bytes memory chunk, uint256 count, uint256 limit) internal pure returns (bool) {
        for (uint256 i = 0; i < chunk.length / 4; ++i) {
            int256 lane = laneAt(load(chunk, 4 * i), 7);
            uint256 size = uint256(lane < 0 ? -lane : lane);
            if (size > (i < count ? limit : 0)) return false;
        }
        return true;
    }
}

/// @title ChunkTree
/// @notice The root that a 256-byte chunk at a place of a committed vector gives (docs/protocol.md).
/// @dev Attacks considered:
/// - a proof for another index: the index is hashed into the leaf and steers the path, so that each place has one
///   proof;
/// - an inner node passed off as a leaf, or a tree of another size: the domain bytes 0 to 3 differ, the root binds the
///   number of parameters, and that number fixes the length of the proof.
library ChunkTree {
    /// @notice Bytes of a chunk: 64 lanes of 4 bytes.
    uint256 internal constant CHUNK_BYTES = 256;
    uint256 private constant LANES = 64;

    /// @notice Number of chunks of a vector.
    /// @param parameterCount Number of lanes P, at least 1.
    function chunkCount(uint256 parameterCount) internal pure returns (uint256) {
        return (parameterCount + LANES - 1) / LANES;
    }

    /// @notice Number of siblings in a proof.
    function depth(uint256 parameterCount) internal pure returns (uint256 levels) {
        uint256 last = chunkCount(parameterCount) - 1;
        while (last >> levels != 0) ++levels;
    }

    /// @notice The leaf of a chunk.
    /// @param chunks Whole chunks, joined.
    /// @param start Where the chunk begins; all of it must lie within `chunks`.
    function leafOf(uint32 index, bytes memory chunks, uint256 start) internal pure returns (bytes32 leaf) {
        assembly ("memory-safe") {
            // beyond the free memory pointer, without allocating: 0x00, the index in four bytes, the chunk
            let buffer := mload(0x40)
            mstore(buffer, shl(216, and(index, 0xffffffff)))
            mcopy(add(buffer, 5), add(add(chunks, 0x20), start), CHUNK_BYTES)
            leaf := keccak256(buffer, add(CHUNK_BYTES, 5))
        }
    }

    /// @notice The root that a leaf at `index` and its siblings give. The caller checks that the index is below the
    /// number of chunks and that there are as many siblings as {depth} says.
    function rootOf(
        uint32 parameterCount,
        uint32 index,
        bytes32 leaf,
        bytes32[] calldata siblings
    ) internal pure returns (bytes32) {
        bytes32 node = leaf;
        // in assembly, as a proof of 64 updates hashes 900 nodes; memory beyond the free pointer is not allocated
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            mstore8(buffer, 1)
            let left := add(buffer, 1)
            let place := shl(5, and(index, 0xffffffff))
            let end := add(siblings.offset, shl(5, siblings.length))
            for {
                let sibling := siblings.offset
            } lt(sibling, end) {
                sibling := add(sibling, 32)
                place := shr(1, place)
            } {
                // 32 where the node is the right one
                let side := and(place, 32)
                mstore(add(left, side), node)
                // an exclusive or is meant: the other of 0 and 32
                // slither-disable-next-line incorrect-exp
                mstore(add(left, xor(side, 32)), calldataload(sibling))
                node := keccak256(buffer, 65)
            }
        }
        return keccak256(abi.encodePacked(uint8(2), parameterCount, node));
    }

    /// @notice The root that a participant commits to for an update with this chunk tree root: its own, so that a copy
    /// of another's commitment verifies nowhere.
    function updateRootOf(address participant, bytes32 root) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(3), participant, root));
    }
}
