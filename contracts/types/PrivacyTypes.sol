// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Signature} from "./TaskTypes.sol";

/// @notice Keys of a round that their participant signed for whoever brings them to the chain.
/// @param maskKey Masked: x coordinate of the secp256k1 point of its mask secret key. Encrypted: keccak256 of the
/// group's public key.
/// @param seedHash Masked: keccak256(0x05, self seed). Encrypted: keccak256(0x09, the group's secret key).
/// @param sharesId SHA-256 digest of the CIDv1 of the blob with its shares, or with the group's key.
/// @param shareKey Masked: X25519 public key to which others seal its shares in its next round. Encrypted: zero.
/// @param signature Over EIP-712 Advertisement.
struct SignedAdvertisement {
    bytes32 maskKey;
    bytes32 seedHash;
    bytes32 sharesId;
    bytes32 shareKey;
    Signature signature;
}

/// @notice An advertisement as its event states it, without its signature.
struct Advertisement {
    address participant;
    uint8 slot;
    bytes32 maskKey;
    bytes32 seedHash;
    bytes32 sharesId;
    bytes32 shareKey;
}

/// @notice What the admin says of a member.
/// @param organisation Text of at most 32 bytes, padded with zeros behind; zero for none.
/// @param region Likewise.
/// @param clearance 0 for none; who has more may do what less allows.
struct Attributes {
    bytes32 organisation;
    bytes32 region;
    uint8 clearance;
}

/// @notice Who may take part in a task: members that satisfy all three. Empty lists and 0: everybody.
/// @param organisations One of these; empty for any. At most 32.
/// @param regions One of these; empty for any. At most 32.
/// @param clearance At least this.
struct Access {
    bytes32[] organisations;
    bytes32[] regions;
    uint8 clearance;
}
