// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Attributes} from "../types/PrivacyTypes.sol";

/// @title IMembers
/// @notice Who belongs to the federation, in which role, and where to reach them.
/// @dev Roles are OpenZeppelin AccessControl roles: DEFAULT_ADMIN_ROLE, TASK_CREATOR_ROLE, PARTICIPANT_ROLE,
/// AGGREGATOR_ROLE. The registry is the meeting point of the peer-to-peer network: a node admits exactly the PeerIds
/// listed here; a PeerId proves itself at the connection, so two members may name one.
interface IMembers {
    /// @notice A member entered or changed its contact record.
    /// @param member The member's account.
    /// @param peerId The libp2p PeerId as its multihash bytes.
    /// @param encryptionKey The member's X25519 public key (HPKE).
    /// @param multiaddrs Where it listens, as multiaddr text, one a line (LF); may be empty.
    /// @param grant The admin's signed grant of its role (docs/protocol.md), for members who believe no endpoint; may
    /// be empty.
    event MemberRegistered(address indexed member, bytes peerId, bytes32 encryptionKey, string multiaddrs, bytes grant);
    /// @notice The admin said something else of an account.
    event AttributesSet(address indexed account, Attributes attributes);

    /// @notice The account holds no role of the federation.
    error NotAMember(address account);
    /// @notice A PeerId is 34 to 64 bytes, multiaddrs are at most 1024 bytes, a grant at most 256.
    error InvalidContact();

    /// @notice Enters or replaces the caller's contact record.
    ///
    /// Requirements: the caller holds any role ({NotAMember}); lengths are in range ({InvalidContact}).
    function register(
        bytes calldata peerId,
        bytes32 encryptionKey,
        string calldata multiaddrs,
        bytes calldata grant
    ) external;

    /// @notice Sets what is said of an account, instead of what was said before. Places that it has stay its own: who
    /// is to lose them loses its role.
    ///
    /// Requirements: the caller is an admin.
    function setAttributes(address account, Attributes calldata attributes) external;
}
