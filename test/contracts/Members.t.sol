// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IMembers} from "../../contracts/interfaces/IMembers.sol";
import {FederationFixture} from "./support/FederationFixture.sol";

contract MembersTest is FederationFixture {
    bytes private constant PEER = hex"002408011220aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    bytes private constant OTHER = hex"002408011220bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    bytes32 private constant KEY = keccak256("encryption key");

    function setUp() public {
        _deploy(3, 1);
    }

    function test_constructor_makesTheAdmin() public view {
        assertTrue(federation.hasRole(federation.DEFAULT_ADMIN_ROLE(), address(this)), "admin");
        assertEq(federation.getRoleMemberCount(federation.DEFAULT_ADMIN_ROLE()), 1);
    }

    function test_roles_areGrantedByTheAdminOnly() public {
        bytes32 role = federation.PARTICIPANT_ROLE();
        bytes32 admin = federation.DEFAULT_ADMIN_ROLE();
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, participants[0], admin)
        );
        vm.prank(participants[0]);
        federation.grantRole(role, outsider);
    }

    function test_register_isForMembers() public {
        vm.expectRevert(abi.encodeWithSelector(IMembers.NotAMember.selector, outsider));
        vm.prank(outsider);
        federation.register(PEER, KEY, "");
    }

    function test_register_isForEveryRole() public {
        _register(participants[0], PEER);
        _register(aggregators[0], OTHER);
        _register(address(this), bytes.concat(OTHER, hex"01"));
        federation.revokeRole(federation.TASK_CREATOR_ROLE(), address(this));
        federation.grantRole(federation.TASK_CREATOR_ROLE(), outsider);
        _register(address(this), bytes.concat(OTHER, hex"02"));
        _register(outsider, bytes.concat(OTHER, hex"03"));
    }

    function test_register_announcesTheContact() public {
        vm.expectEmit();
        emit IMembers.MemberRegistered(participants[0], PEER, KEY, "/ip4/127.0.0.1/tcp/4001");
        vm.prank(participants[0]);
        federation.register(PEER, KEY, "/ip4/127.0.0.1/tcp/4001");
    }

    function test_register_refusesLengthsOutOfRange() public {
        _refused(new bytes(33), "");
        _refused(new bytes(65), "");
        _refused(PEER, string(new bytes(1025)));
        _register(participants[0], new bytes(34));
        _register(participants[1], new bytes(64));
        vm.prank(participants[0]);
        federation.register(PEER, KEY, string(new bytes(1024)));
    }

    function test_register_refusesAnothersPeerId() public {
        _register(participants[0], PEER);
        vm.expectRevert(abi.encodeWithSelector(IMembers.PeerIdTaken.selector, participants[0]));
        vm.prank(participants[1]);
        federation.register(PEER, KEY, "");
    }

    function test_register_mayRepeatTheOwnPeerId() public {
        _register(participants[0], PEER);
        _register(participants[0], PEER);
    }

    function test_register_freesTheFormerPeerId() public {
        _register(participants[0], PEER);
        _register(participants[0], OTHER);
        _register(participants[1], PEER);
        vm.expectRevert(abi.encodeWithSelector(IMembers.PeerIdTaken.selector, participants[0]));
        vm.prank(participants[1]);
        federation.register(OTHER, KEY, "");
    }

    function test_register_takesOverFromAnAccountWithoutRoles() public {
        _register(participants[0], PEER);
        bytes32 role = federation.PARTICIPANT_ROLE();
        federation.revokeRole(role, participants[0]);
        _register(participants[1], PEER);
        // back again, the former holder has no claim left, and registering another does not free the new holder's
        federation.grantRole(role, participants[0]);
        _register(participants[0], OTHER);
        vm.expectRevert(abi.encodeWithSelector(IMembers.PeerIdTaken.selector, participants[1]));
        vm.prank(participants[0]);
        federation.register(PEER, KEY, "");
    }

    function _register(address member, bytes memory peerId) private {
        vm.prank(member);
        federation.register(peerId, KEY, "");
    }

    function _refused(bytes memory peerId, string memory multiaddrs) private {
        vm.expectRevert(IMembers.InvalidContact.selector);
        vm.prank(participants[0]);
        federation.register(peerId, KEY, multiaddrs);
    }
}
