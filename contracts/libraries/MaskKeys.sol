// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

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
    uint256 private constant P = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f;
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

    /// @notice The key of the stream that the slots a < b add and subtract: keccak256(0x06, uint32 taskId, uint32
    /// round, uint8 a, uint8 b, address of the point that they share).
    /// @param secret Secret key of one of the two.
    /// @param key Key of the other.
    function pairSeed(
        uint32 taskId,
        uint32 round,
        uint8 a,
        uint8 b,
        bytes32 secret,
        bytes32 key
    ) internal pure returns (bytes32) {
        address shared = _times(uint256(key), uint256(secret));
        return keccak256(abi.encodePacked(uint8(6), taskId, round, a, b, shared));
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
    function _root(uint256 x) private view returns (uint256 y) {
        uint256 square = _square(x);
        uint256 exponent = (P + 1) / 4;
        assembly ("memory-safe") {
            // the precompile of EIP-198: three lengths, base, exponent, modulus
            let input := mload(0x40)
            mstore(input, 32)
            mstore(add(input, 32), 32)
            mstore(add(input, 64), 32)
            mstore(add(input, 96), square)
            mstore(add(input, 128), exponent)
            mstore(add(input, 160), P)
            if iszero(and(eq(returndatasize(), 32), staticcall(gas(), 5, input, 192, input, 32))) {
                revert(0, 0)
            }
            y := mload(input)
        }
    }
}
