// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title MaskStream
/// @notice The stream of a mask (docs/protocol.md): block i is BLAKE2b-512 (RFC 7693) with the 32-byte key, of the
/// message uint64 i, little-endian. A chunk of 64 lanes is four blocks.
/// @dev By the precompile of EIP-152, five calls a chunk: one for the block of the key, and one for each block of the
/// chunk.
library MaskStream {
    uint256 private constant CHUNK_BYTES = 256;
    /// @dev Of {Buffer}: the input of the precompile is 213 bytes, and the chunk follows at 224.
    uint256 private constant BUFFER_BYTES = 224 + CHUNK_BYTES;
    /// @dev The state before the first block: the initial vector, with the parameters of a key of 32 bytes and a digest
    /// of 64.
    bytes32 private constant STATE_LOW = 0x48e9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5;
    bytes32 private constant STATE_HIGH = 0xd182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b;

    /// @notice Memory to work in, for any number of chunks.
    function newBuffer() internal pure returns (bytes memory) {
        return new bytes(BUFFER_BYTES);
    }

    /// @notice Chunk `index` of the stream of a key.
    /// @param buffer Of {newBuffer}; what it held is lost.
    /// @return chunk Pointer to the chunk's 256 bytes, within the buffer.
    function chunkAt(bytes memory buffer, bytes32 key, uint32 index) internal view returns (uint256 chunk) {
        // rounds (4 bytes), state (64), message (128), counter (16), whether it is the last block (1); a chain without
        // the precompile would answer nothing, and must not prove anything
        assembly ("memory-safe") {
            let input := add(buffer, 32)
            chunk := add(input, 224)
            mstore(input, shl(224, 12))
            mstore(add(input, 4), STATE_LOW)
            mstore(add(input, 36), STATE_HIGH)
            mstore(add(input, 68), key)
            mstore(add(input, 100), 0)
            mstore(add(input, 132), 0)
            mstore(add(input, 164), 0)
            // 128 bytes so far, and not the last block
            mstore(add(input, 196), shl(248, 128))
            if iszero(and(eq(returndatasize(), 64), staticcall(gas(), 9, input, 213, add(input, 4), 64))) {
                revert(0, 0)
            }
            mstore(add(input, 68), 0)
            // 136 bytes with the number of the block, which is the last
            mstore(add(input, 196), or(shl(248, 136), shl(120, 1)))
            let counter := shl(2, and(index, 0xffffffff))
            let end := add(chunk, CHUNK_BYTES)
            for {
                let block_ := chunk
            } lt(block_, end) {
                block_ := add(block_, 64)
                counter := add(counter, 1)
            } {
                mstore8(add(input, 68), counter)
                mstore8(add(input, 69), shr(8, counter))
                mstore8(add(input, 70), shr(16, counter))
                mstore8(add(input, 71), shr(24, counter))
                mstore8(add(input, 72), shr(32, counter))
                if iszero(and(eq(returndatasize(), 64), staticcall(gas(), 9, input, 213, block_, 64))) {
                    revert(0, 0)
                }
            }
        }
    }
}
