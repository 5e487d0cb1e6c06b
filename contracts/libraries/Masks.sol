// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {RoundInputs} from "../types/TaskTypes.sol";

/// @title MaskKeys
/// @notice The keys of masks on secp256k1, and what two of them share (docs/protocol.md). A public key is the x
/// coordinate of a point, whose y is even; the secret key is the one of the two that gives that point.
/// @dev Products on the curve are made by the precompile that recovers signers: ecrecover(0, 27, r, r * k) is the
/// address of k times the point with x = r and an even y (Buterin, "You can kinda abuse ECRECOVER to do ECMUL in
/// secp256k1 today", 2018). Attacks considered:
/// - two numbers pass for one secret key: it must be below the curve's order, and the negated one gives another
///   address;
/// - a key without a point, for which no secret exists: {isKey}, before it is taken;
/// - a point shared in one round is used in another: task, round and both slots are hashed with it.
library MaskKeys {
    /// @dev The field, the curve's order, and the generator's x coordinate; its y is even.
    uint256 internal constant P = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f;
    uint256 private constant N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    uint256 private constant G = 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798;

    /// @notice Whether this is the x coordinate of a point, and below the curve's order.
    function isKey(bytes32 key) internal view returns (bool) {
        uint256 x = uint256(key);
        if (x == 0 || x >= N) return false;
        uint256 y = _root(x);
        return mulmod(y, y, P) == _square(x);
    }

    /// @notice Whether `secret` is the secret key of `key`.
    /// @param key One for which {isKey} holds.
    function isSecretOf(bytes32 secret, bytes32 key) internal view returns (bool) {
        uint256 scalar = uint256(secret);
        if (scalar == 0 || scalar >= N) return false;
        uint256 x = uint256(key);
        uint256 y = _root(x);
        if (y & 1 != 0) y = P - y;
        return _times(G, scalar) == address(uint160(uint256(keccak256(abi.encode(x, y)))));
    }

    /// @notice The key of the stream that the slots a < b of a round add and subtract: keccak256(0x06, uint32 taskId,
    /// uint32 round, uint8 a, uint8 b, address of the point that they share).
    /// @param secret Secret key of one of the two.
    /// @param key Key of the other.
    function pairSeed(
        RoundInputs calldata inputs,
        uint256 a,
        uint256 b,
        bytes32 secret,
        bytes32 key
    ) internal pure returns (bytes32) {
        address shared = _times(uint256(key), uint256(secret));
        return keccak256(abi.encodePacked(uint8(6), inputs.taskId, inputs.round, uint8(a), uint8(b), shared));
    }

    /// @dev The address of `scalar` times the point with this x and an even y.
    function _times(uint256 x, uint256 scalar) private pure returns (address) {
        return ecrecover(0, 27, bytes32(x), bytes32(mulmod(x, scalar, N)));
    }

    /// @dev What y^2 is on the curve.
    function _square(uint256 x) private pure returns (uint256) {
        return addmod(mulmod(mulmod(x, x, P), x, P), 7, P);
    }

    /// @dev One of the two y of a point; anything where there is none. P mod 4 is 3, so that the power (P + 1) / 4 is a
    /// root.
    function _root(uint256 x) private view returns (uint256) {
        return Math.modExp(_square(x), (P + 1) / 4, P);
    }
}

/// @title MaskStream
/// @notice The stream of a mask (docs/protocol.md): block i is BLAKE2b-512 (RFC 7693) with the 32-byte key, of the
/// message uint64 i, little-endian. A chunk of 64 lanes is four blocks.
/// @dev By the precompile of EIP-152, five calls a chunk: one for the block of the key, and one for each block of the
/// chunk.
library MaskStream {
    uint256 private constant CHUNK_BYTES = 256;
    /// @notice Bytes of memory to work in: a chunk, and behind it the input of the precompile, of 213 bytes.
    uint256 internal constant BUFFER_BYTES = CHUNK_BYTES + 224;
    /// @dev The state before the first block: the initial vector, with the parameters of a key of 32 bytes and a digest
    /// of 64.
    bytes32 private constant STATE_LOW = 0x48e9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5;
    bytes32 private constant STATE_HIGH = 0xd182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b;

    /// @notice Writes chunk `index` of the stream of a key to the first 256 bytes of a buffer.
    /// @param buffer BUFFER_BYTES, for any number of chunks; what it held is lost.
    function read(bytes memory buffer, bytes32 key, uint32 index) internal view {
        // rounds (4 bytes), state (64), message (128), counter (16), whether it is the last block (1); a chain without
        // the precompile would answer nothing, and must not prove anything
        assembly ("memory-safe") {
            let chunk := add(buffer, 32)
            let input := add(chunk, CHUNK_BYTES)
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
