// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBonds} from "../../contracts/interfaces/IBonds.sol";
import {IRounds} from "../../contracts/interfaces/IRounds.sol";
import {ITasks} from "../../contracts/interfaces/ITasks.sol";
import {Attestation, Phase, Proposal, SignedCommitment, TaskRules} from "../../contracts/types/TaskTypes.sol";
import {FederationFixture} from "./support/FederationFixture.sol";

/// @notice What a participant's place is bonded with, and what becomes of one that was expelled.
contract EnrolmentBondsTest is FederationFixture {
    function setUp() public {
        _deploy(5, 2);
    }

    // the bond of a place

    function test_enrol_needsTheBondFree() public {
        (uint32 taskId, uint256 bondWei) = _bondedTask();
        _expectTooSmall(taskId, 0);
        _bond(participants[0], bondWei - 1);
        _expectTooSmall(taskId, bondWei - 1);
        _bond(participants[0], 1);
        vm.expectEmit();
        emit IBonds.BondLocked(taskId, 0, participants[0], bondWei);
        vm.expectEmit();
        emit ITasks.Enrolled(taskId, participants[0], 0);
        _enrol(taskId, participants[0]);
        _expectBond(participants[0], 0, bondWei);
        (, , , , bool bonded, ) = federation.enrolment(taskId, participants[0]);
        assertTrue(bonded, "bonded");
        // it answers for this place only, and does not leave
        vm.expectRevert(abi.encodeWithSelector(IBonds.BondTooSmall.selector, 0));
        vm.prank(participants[0]);
        federation.requestUnbond(1);
        (uint32 other, ) = _bondedTask();
        _expectTooSmall(other, 0);
    }

    function test_enrol_locksNothingInATaskWithoutBonds() public {
        uint32 taskId = _create(_bondedRules(true, false));
        _bond(participants[0], 5);
        _enrol(taskId, participants[0]);
        _expectBond(participants[0], 5, 0);
        (, , , , bool bonded, ) = federation.enrolment(taskId, participants[0]);
        assertTrue(!bonded, "not bonded");
    }

    function test_leave_keepsTheBondUntilThePlaceIsFreed() public {
        (uint32 taskId, uint256 bondWei) = _bondedTask();
        _enrolAll(taskId, bondWei);
        _open(taskId);
        vm.prank(participants[2]);
        federation.leaveTask(taskId);
        _expectBond(participants[2], 0, bondWei);
        _finishWithoutLeavers(taskId);
        _expectBond(participants[2], 0, bondWei);
        vm.expectEmit();
        emit IBonds.BondReleased(taskId, 0, participants[2], bondWei);
        vm.expectEmit();
        emit ITasks.Left(taskId, participants[2]);
        _open(taskId);
        _expectBond(participants[2], bondWei, 0);
        (, , , , bool bonded, ) = federation.enrolment(taskId, participants[2]);
        assertTrue(!bonded, "released");
        // and enrolling again locks it again
        _enrol(taskId, participants[2]);
        _expectBond(participants[2], 0, bondWei);
    }

    function test_revoke_releasesTheBondWithThePlace() public {
        (uint32 taskId, uint256 bondWei) = _bondedTask();
        _enrolAll(taskId, bondWei);
        federation.revokeRole(federation.PARTICIPANT_ROLE(), participants[1]);
        _expectBond(participants[1], 0, bondWei);
        _open(taskId);
        _expectBond(participants[1], bondWei, 0);
    }

    // freePlaces

    function test_freePlaces_releasesTheBondsOfACompleteTask() public {
        TaskRules memory rules = _bondedRules(false, true);
        rules.rounds = 1;
        uint32 taskId = _create(rules);
        uint256 bondWei = uint256(rules.participantBondGwei) * 1 gwei;
        _enrolAll(taskId, bondWei);
        _open(taskId);
        _finish(taskId);
        for (uint256 i = 0; i < 5; ++i) {
            vm.prank(participants[i]);
            federation.leaveTask(taskId);
        }
        vm.expectRevert(abi.encodeWithSelector(ITasks.TaskComplete.selector, taskId));
        vm.prank(outsider, outsider);
        federation.openRound(taskId);
        vm.prank(outsider);
        federation.freePlaces(taskId);
        for (uint256 i = 0; i < 5; ++i) {
            _expectBond(participants[i], bondWei, 0);
        }
        assertEq(federation.participants(taskId).length, 0);
        // nobody is left to free
        federation.freePlaces(taskId);
    }

    function test_freePlaces_waitsForTheEndOfTheRound() public {
        (uint32 taskId, uint256 bondWei) = _bondedTask();
        _enrolAll(taskId, bondWei);
        _open(taskId);
        vm.prank(participants[0]);
        federation.leaveTask(taskId);
        _expectNotFreed(taskId, Phase.Open);
        for (uint256 i = 1; i < 5; ++i) {
            _commit(taskId, participants[i], 10);
        }
        _passDeadline(taskId);
        federation.closeRound(taskId, 1);
        _expectNotFreed(taskId, Phase.Aggregating);
        Proposal memory proposal = _proposal(taskId, 0);
        _propose(taskId, proposal);
        _expectNotFreed(taskId, Phase.Proposed);
        _passDeadline(taskId);
        federation.finalizeUnchallenged(taskId, 1, proposal);
        federation.freePlaces(taskId);
        _expectBond(participants[0], bondWei, 0);
        assertEq(federation.participants(taskId).length, 4);
    }

    function test_freePlaces_refusesUnknownTasks() public {
        vm.expectRevert(abi.encodeWithSelector(ITasks.UnknownTask.selector, 3));
        federation.freePlaces(3);
    }

    // expelled

    function test_expelled_cannotCommitAttestOrComeBack() public {
        (uint32 taskId, uint256 bondWei) = _bondedTask();
        _enrolAll(taskId, bondWei);
        _open(taskId);
        _expel(taskId, 1, 0);
        (bool enrolled, , bool leaving, , bool bonded, bool expelled) = federation.enrolment(taskId, participants[0]);
        assertTrue(enrolled && leaving && !bonded && expelled, "expelled");
        bytes32 base = _base(taskId);
        vm.expectRevert(abi.encodeWithSelector(ITasks.NotEnrolled.selector, participants[0]));
        vm.prank(participants[0]);
        federation.commit(taskId, 1, base, keccak256("u"), keccak256("c"), 10);
        vm.expectRevert(abi.encodeWithSelector(ITasks.AlreadyEnrolled.selector, participants[0]));
        vm.prank(participants[0]);
        federation.enrol(taskId);

        for (uint256 i = 1; i < 5; ++i) {
            _commit(taskId, participants[i], 10);
        }
        _passDeadline(taskId);
        federation.closeRound(taskId, 1);
        Proposal memory proposal = _proposal(taskId, 0);
        _propose(taskId, proposal);
        Attestation[] memory attestations = _attestations(taskId, 2);
        vm.expectRevert(abi.encodeWithSelector(IRounds.InvalidAttester.selector, participants[0]));
        federation.finalize(taskId, 1, proposal, attestations);
        _passDeadline(taskId);
        federation.finalizeUnchallenged(taskId, 1, proposal);

        _open(taskId);
        (enrolled, , leaving, , bonded, expelled) = federation.enrolment(taskId, participants[0]);
        assertTrue(!enrolled && !leaving && !bonded && expelled, "gone");
        // the slashed bond is not released with the place
        _expectBond(participants[0], 0, 0);
        _bond(participants[0], bondWei);
        vm.expectRevert(abi.encodeWithSelector(ITasks.Expelled.selector, participants[0]));
        vm.prank(participants[0]);
        federation.enrol(taskId);
        // from this task only
        (uint32 other, ) = _bondedTask();
        _enrol(other, participants[0]);
    }

    function test_expelled_whileLeavingIsFreedOnce() public {
        (uint32 taskId, uint256 bondWei) = _bondedTask();
        _enrolAll(taskId, bondWei);
        _open(taskId);
        vm.prank(participants[0]);
        federation.leaveTask(taskId);
        _expel(taskId, 1, 0);
        _expectBond(participants[0], 0, 0);
        _finishWithoutLeavers(taskId);
        _open(taskId);
        assertEq(federation.participants(taskId).length, 4);
        assertEq(federation.roundInfo(taskId, 0).enrolled, 4);
    }

    /// @dev Expelling frees a place in the list of the account's tasks, so that it can enrol elsewhere.
    function test_expelled_isInOneTaskLess() public {
        (uint32 taskId, uint256 bondWei) = _bondedTask();
        _enrolAll(taskId, bondWei);
        for (uint256 i = 0; i < 15; ++i) {
            _enrol(_create(_rules()), participants[0]);
        }
        uint32 another = _create(_rules());
        vm.expectRevert(ITasks.TooManyTasks.selector);
        vm.prank(participants[0]);
        federation.enrol(another);
        _open(taskId);
        _expel(taskId, 1, 0);
        _enrol(another, participants[0]);
        // losing the role then leaves the others, and this one not twice
        federation.revokeRole(federation.PARTICIPANT_ROLE(), participants[0]);
        (, , bool leaving, , , ) = federation.enrolment(another, participants[0]);
        assertTrue(leaving, "leaving");
    }

    /// @dev By two commitments that participant `i` signed for this round.
    function _expel(uint32 taskId, uint32 round, uint256 i) private {
        SignedCommitment memory one = _signed(taskId, round, i, 10);
        SignedCommitment memory other = _signed(taskId, round, i, 11);
        federation.reportEquivocation(taskId, round, _base(taskId), one, other, 0);
    }

    function _bondedTask() private returns (uint32 taskId, uint256 bondWei) {
        TaskRules memory rules = _bondedRules(false, true);
        return (_create(rules), uint256(rules.participantBondGwei) * 1 gwei);
    }

    function _enrolAll(uint32 taskId, uint256 bondWei) private {
        for (uint256 i = 0; i < 5; ++i) {
            _bond(participants[i], bondWei);
            _enrol(taskId, participants[i]);
        }
    }

    /// @dev Those who are not leaving run the round, just opened, to its end.
    function _finishWithoutLeavers(uint32 taskId) private {
        for (uint256 i = 0; i < 5; ++i) {
            (, , bool leaving, , , ) = federation.enrolment(taskId, participants[i]);
            if (!leaving) _commit(taskId, participants[i], 10);
        }
        _passDeadline(taskId);
        federation.closeRound(taskId, 1);
        Proposal memory proposal = _proposal(taskId, 0);
        _propose(taskId, proposal);
        _passDeadline(taskId);
        federation.finalizeUnchallenged(taskId, 1, proposal);
    }

    function _expectNotFreed(uint32 taskId, Phase phase) private {
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, phase));
        federation.freePlaces(taskId);
    }

    function _expectTooSmall(uint32 taskId, uint256 freeWei) private {
        vm.expectRevert(abi.encodeWithSelector(IBonds.BondTooSmall.selector, freeWei));
        vm.prank(participants[0]);
        federation.enrol(taskId);
    }

    function _expectBond(address account, uint256 freeWei, uint256 lockedWei) private view {
        (uint256 free_, uint256 locked, , ) = federation.bondOf(account);
        assertEq(free_, freeWei);
        assertEq(locked, lockedWei);
    }
}
