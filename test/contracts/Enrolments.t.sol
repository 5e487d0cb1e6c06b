// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IRounds} from "../../contracts/interfaces/IRounds.sol";
import {ITasks} from "../../contracts/interfaces/ITasks.sol";
import {TaskRules} from "../../contracts/types/TaskTypes.sol";
import {FederationFixture} from "./support/FederationFixture.sol";

/// @notice Enrolling, leaving, and losing the role.
contract EnrolmentsTest is FederationFixture {
    function setUp() public {
        _deploy(5, 1);
    }

    // enrol

    function test_enrol_isForParticipants() public {
        uint32 taskId = _create(_rules());
        bytes32 role = federation.PARTICIPANT_ROLE();
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, outsider, role)
        );
        vm.prank(outsider);
        federation.enrol(taskId);
    }

    function test_enrol_givesPlacesInOrder() public {
        uint32 taskId = _create(_rules());
        for (uint32 i = 0; i < 3; ++i) {
            vm.expectEmit();
            emit ITasks.Enrolled(taskId, participants[i], i);
            _enrol(taskId, participants[i]);
        }
        _expectPlaces(taskId, 3);
    }

    function test_enrol_refusesUnknownTasks() public {
        vm.expectRevert(abi.encodeWithSelector(ITasks.UnknownTask.selector, 1));
        vm.prank(participants[0]);
        federation.enrol(1);
    }

    function test_enrol_refusesWhenNoRoundIsLeftToOpen() public {
        TaskRules memory rules = _rules();
        rules.rounds = 1;
        uint32 taskId = _create(rules);
        _enrol(taskId, participants[0]);
        _enrol(taskId, participants[1]);
        _open(taskId);
        vm.expectRevert(abi.encodeWithSelector(ITasks.TaskComplete.selector, taskId));
        vm.prank(participants[2]);
        federation.enrol(taskId);
    }

    function test_enrol_refusesTwice() public {
        uint32 taskId = _create(_rules());
        _enrol(taskId, participants[0]);
        vm.expectRevert(abi.encodeWithSelector(ITasks.AlreadyEnrolled.selector, participants[0]));
        vm.prank(participants[0]);
        federation.enrol(taskId);
    }

    function test_enrol_refusesASeventeenthTask() public {
        for (uint256 i = 0; i < 16; ++i) {
            _enrol(_create(_rules()), participants[0]);
        }
        uint32 taskId = _create(_rules());
        vm.expectRevert(ITasks.TooManyTasks.selector);
        vm.prank(participants[0]);
        federation.enrol(taskId);
        vm.prank(participants[0]);
        federation.leaveTask(1);
        _enrol(taskId, participants[0]);
    }

    function test_enrol_refusesAFullTask() public {
        uint32 taskId = _create(_rules());
        _enrol(taskId, participants[0]);
        // the tasks are the first mapping; the length of a task's list of participants stands behind its rules (2 slots), three words
        // and two rounds (8 slots each)
        uint256 task = uint256(keccak256(abi.encode(uint256(taskId), uint256(0))));
        bytes32 slot = bytes32(task + 21);
        assertEq(vm.load(address(federation), slot), bytes32(uint256(1)));
        vm.store(address(federation), slot, bytes32(uint256((1 << 18) - 1)));
        vm.expectRevert(abi.encodeWithSelector(ITasks.TaskFull.selector, taskId));
        vm.prank(participants[1]);
        federation.enrol(taskId);
        vm.store(address(federation), slot, bytes32(uint256((1 << 18) - 2)));
        _enrol(taskId, participants[1]);
    }

    // leave

    function test_leave_refusesThoseNotEnrolledOrLeaving() public {
        uint32 taskId = _create(_rules());
        bytes memory refusal = abi.encodeWithSelector(ITasks.NotEnrolled.selector, participants[0]);
        vm.expectRevert(refusal);
        vm.prank(participants[0]);
        federation.leaveTask(taskId);
        _enrol(taskId, participants[0]);
        vm.prank(participants[0]);
        federation.leaveTask(taskId);
        vm.expectRevert(refusal);
        vm.prank(participants[0]);
        federation.leaveTask(taskId);
    }

    function test_leave_keepsThePlaceUntilTheNextOpening() public {
        uint32 taskId = _createWithAll(_rules());
        vm.expectEmit();
        emit ITasks.Leaving(taskId, participants[1]);
        vm.prank(participants[1]);
        federation.leaveTask(taskId);
        _expectPlaces(taskId, 5);
        (bool enrolled, uint32 index, bool leaving, , , ) = federation.enrolment(taskId, participants[1]);
        assertTrue(enrolled && leaving && index == 1, "leaving");
        vm.expectEmit();
        emit ITasks.Left(taskId, participants[1]);
        vm.expectEmit();
        emit ITasks.Enrolled(taskId, participants[4], 1);
        _open(taskId);
        _expectPlaces(taskId, 4);
        (enrolled, index, leaving, , , ) = federation.enrolment(taskId, participants[1]);
        assertTrue(!enrolled && !leaving && index == 0, "left");
    }

    function test_leave_ofTheLastPlaceMovesNobody() public {
        uint32 taskId = _createWithAll(_rules());
        vm.prank(participants[4]);
        federation.leaveTask(taskId);
        _open(taskId);
        _expectPlaces(taskId, 4);
    }

    function test_leave_ofEveryoneFreesEveryPlace() public {
        uint32 taskId = _create(_rules());
        for (uint256 i = 0; i < 4; ++i) {
            _enrol(taskId, participants[i]);
        }
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(participants[i]);
            federation.leaveTask(taskId);
            vm.prank(participants[3 - i]);
            federation.leaveTask(taskId);
        }
        vm.expectRevert(abi.encodeWithSelector(IRounds.TooFewParticipants.selector, 0));
        vm.prank(outsider, outsider);
        federation.openRound(taskId);
    }

    function test_leave_ofManyIsSpreadOverOpenings() public {
        uint32 taskId = _create(_rules());
        address[] memory many = new address[](40);
        for (uint256 i = 0; i < many.length; ++i) {
            many[i] = vm.addr(0xeee0000 + i);
            federation.grantRole(federation.PARTICIPANT_ROLE(), many[i]);
            _enrol(taskId, many[i]);
        }
        for (uint256 i = 0; i < 35; ++i) {
            vm.prank(many[i]);
            federation.leaveTask(taskId);
        }
        _open(taskId);
        _expectPlaces(taskId, 8);
        _passDeadline(taskId);
        federation.closeRound(taskId, 1);
        _open(taskId);
        _expectPlaces(taskId, 5);
        for (uint256 i = 35; i < many.length; ++i) {
            (bool enrolled, , bool leaving, , , ) = federation.enrolment(taskId, many[i]);
            assertTrue(enrolled && !leaving, "stays");
        }
    }

    function test_leave_thenEnrolAgain() public {
        uint32 taskId = _createWithAll(_rules());
        vm.prank(participants[0]);
        federation.leaveTask(taskId);
        vm.expectRevert(abi.encodeWithSelector(ITasks.AlreadyEnrolled.selector, participants[0]));
        vm.prank(participants[0]);
        federation.enrol(taskId);
        _open(taskId);
        _enrol(taskId, participants[0]);
        _expectPlaces(taskId, 5);
    }

    // roles

    function test_revoke_leavesEveryTaskAtOnce() public {
        uint32[3] memory taskIds;
        for (uint256 i = 0; i < 3; ++i) {
            taskIds[i] = _createWithAll(_rules());
        }
        federation.revokeRole(federation.PARTICIPANT_ROLE(), participants[2]);
        for (uint256 i = 0; i < 3; ++i) {
            (, , bool leaving, , , ) = federation.enrolment(taskIds[i], participants[2]);
            assertTrue(leaving, "leaving");
        }
    }

    function test_renounce_leavesToo() public {
        uint32 taskId = _createWithAll(_rules());
        bytes32 role = federation.PARTICIPANT_ROLE();
        vm.expectEmit();
        emit ITasks.Leaving(taskId, participants[2]);
        vm.prank(participants[2]);
        federation.renounceRole(role, participants[2]);
    }

    function test_revoke_ofAnotherRoleLeavesNothing() public {
        uint32 taskId = _createWithAll(_rules());
        federation.grantRole(federation.AGGREGATOR_ROLE(), participants[2]);
        federation.revokeRole(federation.AGGREGATOR_ROLE(), participants[2]);
        federation.revokeRole(federation.PARTICIPANT_ROLE(), outsider);
        (, , bool leaving, , , ) = federation.enrolment(taskId, participants[2]);
        assertTrue(!leaving, "stays");
    }

    function test_grant_againDoesNotUndoLeaving() public {
        uint32 taskId = _createWithAll(_rules());
        bytes32 role = federation.PARTICIPANT_ROLE();
        federation.revokeRole(role, participants[2]);
        federation.grantRole(role, participants[2]);
        (, , bool leaving, , , ) = federation.enrolment(taskId, participants[2]);
        assertTrue(leaving, "leaving");
        _open(taskId);
        _enrol(taskId, participants[2]);
        _expectPlaces(taskId, 5);
    }

    // views

    function test_views_refuseUnknownTasks() public {
        bytes memory refusal = abi.encodeWithSelector(ITasks.UnknownTask.selector, 4);
        vm.expectRevert(refusal);
        federation.taskRules(4);
        vm.expectRevert(refusal);
        federation.enrolment(4, outsider);
        vm.expectRevert(refusal);
        federation.participants(4);
    }

    /// @dev The list has `count` entries and agrees with each entry's index.
    function _expectPlaces(uint32 taskId, uint256 count) private view {
        address[] memory places = federation.participants(taskId);
        assertEq(places.length, count);
        for (uint256 i = 0; i < count; ++i) {
            (bool enrolled, uint32 index, , , , ) = federation.enrolment(taskId, places[i]);
            assertTrue(enrolled && index == i, "place");
        }
    }
}
