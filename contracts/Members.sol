// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessControlEnumerable} from "@openzeppelin/contracts/access/extensions/AccessControlEnumerable.sol";
import {AGGREGATOR} from "./FederationState.sol";
import {RoundSteps} from "./RoundSteps.sol";
import {IMembers} from "./interfaces/IMembers.sol";

/// @title Members
/// @notice The federation's roles and its contact registry.
/// @dev Attacks considered:
/// - an outsider fills the registry: only accounts with a role may register;
/// - a member takes another's PeerId, so that connections are refused or misled: a PeerId has one holder at a time. It
///   is free again once its holder has no role, so that a removed account cannot block its successor.
abstract contract Members is RoundSteps, AccessControlEnumerable, IMembers {
    /// @notice May create tasks.
    bytes32 public constant TASK_CREATOR_ROLE = keccak256("TASK_CREATOR_ROLE");
    /// @notice May enrol in tasks.
    bytes32 public constant PARTICIPANT_ROLE = keccak256("PARTICIPANT_ROLE");
    /// @notice May be assigned to aggregate a round.
    bytes32 public constant AGGREGATOR_ROLE = AGGREGATOR;

    uint256 private constant MIN_PEER_ID_BYTES = 34;
    uint256 private constant MAX_PEER_ID_BYTES = 64;
    uint256 private constant MAX_MULTIADDRS_BYTES = 1024;

    mapping(bytes32 peerIdHash => address holder) private _peerIdHolder;
    mapping(address member => bytes32 peerIdHash) private _peerIdOf;

    /// @inheritdoc IMembers
    function register(bytes calldata peerId, bytes32 encryptionKey, string calldata multiaddrs) external {
        if (!_isMember(msg.sender)) revert NotAMember(msg.sender);
        if (
            peerId.length < MIN_PEER_ID_BYTES ||
            peerId.length > MAX_PEER_ID_BYTES ||
            bytes(multiaddrs).length > MAX_MULTIADDRS_BYTES
        ) revert InvalidContact();
        bytes32 peerIdHash = keccak256(peerId);
        address holder = _peerIdHolder[peerIdHash];
        if (holder != msg.sender) {
            if (holder != address(0)) {
                if (_isMember(holder)) revert PeerIdTaken(holder);
                delete _peerIdOf[holder];
            }
            bytes32 former = _peerIdOf[msg.sender];
            if (former != 0) delete _peerIdHolder[former];
            _peerIdHolder[peerIdHash] = msg.sender;
            _peerIdOf[msg.sender] = peerIdHash;
        }
        emit MemberRegistered(msg.sender, peerId, encryptionKey, multiaddrs);
    }

    function _aggregatorCount() internal view override returns (uint256) {
        return getRoleMemberCount(AGGREGATOR);
    }

    function _aggregatorAt(uint256 place) internal view override returns (address) {
        return getRoleMember(AGGREGATOR, place);
    }

    function _isMember(address account) private view returns (bool) {
        return
            hasRole(PARTICIPANT_ROLE, account) ||
            hasRole(AGGREGATOR_ROLE, account) ||
            hasRole(TASK_CREATOR_ROLE, account) ||
            hasRole(DEFAULT_ADMIN_ROLE, account);
    }
}
