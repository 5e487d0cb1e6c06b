// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title IMembers
/// @notice Who belongs to the federation, in which role, and where to reach them.
/// @dev Roles are OpenZeppelin AccessControl roles: DEFAULT_ADMIN_ROLE, TASK_CREATOR_ROLE, PARTICIPANT_ROLE,
/// AGGREGATOR_ROLE. The registry is the meeting point of the peer-to-peer network: a node admits exactly the PeerIds
/// listed here.
interface IMembers {
    /// @notice A member entered or changed its contact record.
    /// @param member The member's account.
    /// @param peerId The libp2p PeerId as its multihash bytes.
    /// @param encryptionKey The member's X25519 public key (HPKE).
    /// @param multiaddrs Where it listens, as multiaddr text, one a line (LF); may be empty.
    event MemberRegistered(address indexed member, bytes peerId, bytes32 encryptionKey, string multiaddrs);

    /// @notice The account holds no role of the federation.
    error NotAMember(address account);
    /// @notice A PeerId is 34 to 64 bytes, and multiaddrs are at most 1024 bytes.
    error InvalidContact();
    /// @notice The PeerId is already another member's.
    error PeerIdTaken(address holder);

    /// @notice Enters or replaces the caller's contact record.
    ///
    /// Requirements:
    /// - the caller holds any role ({NotAMember});
    /// - lengths are in range ({InvalidContact});
    /// - nobody else has registered this PeerId ({PeerIdTaken}).
    function register(bytes calldata peerId, bytes32 encryptionKey, string calldata multiaddrs) external;
}
