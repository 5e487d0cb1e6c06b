// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

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
