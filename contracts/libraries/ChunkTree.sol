// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title ChunkTree
/// @notice Verifies that a 256-byte chunk stands at a place of a committed vector (docs/protocol.md).
/// @dev Attacks considered:
/// - a proof for another index: the index is hashed into the leaf and steers the path, so that each place has one proof;
/// - lanes hidden behind the vector's end: the padding of the last chunk must be zero;
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

    /// @notice Whether `chunk` is chunk `index` of the vector of `parameterCount` lanes with this root.
    /// @param chunk 256 bytes; any other length is not a chunk, and the answer is false.
    /// @param siblings From the leaf upward.
    function verify(
        bytes32 root,
        uint32 parameterCount,
        uint32 index,
        bytes calldata chunk,
        bytes32[] calldata siblings
    ) internal pure returns (bool) {
        if (
            parameterCount == 0 ||
            index >= chunkCount(parameterCount) ||
            chunk.length != CHUNK_BYTES ||
            siblings.length != depth(parameterCount) ||
            !_padded(parameterCount, index, chunk)
        ) return false;
        return root == rootOf(parameterCount, index, keccak256(abi.encodePacked(uint8(0), index, chunk)), siblings);
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

    /// @notice The root that a leaf at `index` and its siblings give. The caller checks that the index is below the number of
    /// chunks and that there are as many siblings as {depth} says.
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

    /// @notice The root that a participant commits to for an update with this chunk tree root: its own, so that a copy of another's
    /// commitment verifies nowhere.
    function updateRootOf(address participant, bytes32 root) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(3), participant, root));
    }

    /// @dev Whether the bytes beyond the last lane are zero; chunks before the last one have none.
    function _padded(uint256 parameterCount, uint256 index, bytes calldata chunk) private pure returns (bool) {
        uint256 lanes = parameterCount - index * LANES;
        for (uint256 start = lanes * 4; start < CHUNK_BYTES; start += 4) {
            if (bytes4(chunk[start:start + 4]) != 0) return false;
        }
        return true;
    }
}
