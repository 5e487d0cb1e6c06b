// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRounds} from "../../contracts/interfaces/IRounds.sol";
import {ITasks} from "../../contracts/interfaces/ITasks.sol";
import {Phase, RoundInfo, TaskRules} from "../../contracts/types/TaskTypes.sol";
import {FederationFixture} from "./support/FederationFixture.sol";

/// @notice Opening a round, and what the views say of it.
contract RoundsOpeningTest is FederationFixture {
    function setUp() public {
        _deploy(5, 2);
    }

    // openRound

    function test_openRound_refusesContracts() public {
        uint32 taskId = _createWithAll(_rules());
        vm.expectRevert(IRounds.OnlyAccounts.selector);
        federation.openRound(taskId);
    }

    function test_openRound_refusesAccountsWithCode() public {
        uint32 taskId = _createWithAll(_rules());
        vm.etch(outsider, abi.encodePacked(hex"ef0100", address(federation)));
        vm.expectRevert(IRounds.OnlyAccounts.selector);
        vm.prank(outsider, outsider);
        federation.openRound(taskId);
    }

    function test_openRound_refusesUnknownTasks() public {
        vm.expectRevert(abi.encodeWithSelector(ITasks.UnknownTask.selector, 1));
        vm.prank(outsider, outsider);
        federation.openRound(1);
    }

    function test_openRound_refusesWhileARoundRuns() public {
        uint32 taskId = _opened();
        _expectOpenRefused(taskId, Phase.Open);
        _commitAll(taskId);
        federation.closeRound(taskId, 1);
        _expectOpenRefused(taskId, Phase.Aggregating);
        _propose(taskId, _proposal(taskId, 0));
        _expectOpenRefused(taskId, Phase.Proposed);
    }

    function test_openRound_refusesWhenComplete() public {
        TaskRules memory rules = _rules();
        rules.rounds = 1;
        uint32 taskId = _createWithAll(rules);
        _open(taskId);
        _finish(taskId);
        vm.expectRevert(abi.encodeWithSelector(ITasks.TaskComplete.selector, taskId));
        vm.prank(outsider, outsider);
        federation.openRound(taskId);
    }

    function test_openRound_refusesWithTooFew() public {
        uint32 taskId = _create(_rules());
        _enrol(taskId, participants[0]);
        vm.expectRevert(abi.encodeWithSelector(IRounds.TooFewParticipants.selector, 1));
        vm.prank(outsider, outsider);
        federation.openRound(taskId);
    }

    function test_openRound_countsOnlyThoseWhoStay() public {
        uint32 taskId = _create(_rules());
        _enrol(taskId, participants[0]);
        _enrol(taskId, participants[1]);
        vm.prank(participants[0]);
        federation.leaveTask(taskId);
        vm.expectRevert(abi.encodeWithSelector(IRounds.TooFewParticipants.selector, 1));
        vm.prank(outsider, outsider);
        federation.openRound(taskId);
    }

    function test_openRound_announcesWhatItStores() public {
        uint32 taskId = _createWithAll(_rules());
        vm.warp(5000);
        vm.prevrandao(bytes32(uint256(77)));
        (, , bytes32 modelRoot, , bytes32 head) = federation.taskState(taskId);
        uint72 seed = uint72(uint256(keccak256(abi.encode(uint256(77), address(federation), taskId, 1, head))));
        bytes32 accumulator = keccak256(
            abi.encode(block.chainid, address(federation), taskId, 1, modelRoot, seed, 5, 5)
        );
        vm.expectEmit();
        emit IRounds.RoundOpened(taskId, 1, modelRoot, seed, 5, 5, 5600, accumulator);
        _open(taskId);
        RoundInfo memory info = federation.roundInfo(taskId, 0);
        assertEq(info.seed, seed);
        assertEq(info.enrolled, 5);
        assertEq(info.drawn, 5);
        assertEq(info.deadline, 5600);
        assertEq(info.committed, 0);
        assertEq(info.assigned, address(0));
        assertEq(info.proposalHash, 0);
    }

    function test_openRound_drawsAFraction(uint256 randomness) public {
        TaskRules memory rules = _rules();
        rules.participationBps = 4000;
        uint32 taskId = _createWithAll(rules);
        vm.prevrandao(bytes32(randomness));
        _open(taskId);
        uint256 slots;
        for (uint256 i = 0; i < participants.length; ++i) {
            (uint8 slot, bool drawn) = federation.slotOf(taskId, participants[i]);
            if (drawn) slots |= 1 << slot;
        }
        assertEq(slots, 3);
    }

    // views

    function test_views_refuseUnknownTasks() public {
        bytes memory refusal = abi.encodeWithSelector(ITasks.UnknownTask.selector, 4);
        vm.expectRevert(refusal);
        federation.taskState(4);
        vm.expectRevert(refusal);
        federation.roundInfo(4, 0);
        vm.expectRevert(refusal);
        federation.slotOf(4, outsider);
    }

    function test_slotOf_isZeroForThoseNotEnrolled() public {
        uint32 taskId = _opened();
        (uint8 slot, bool drawn) = federation.slotOf(taskId, outsider);
        assertTrue(slot == 0 && !drawn, "not drawn");
    }

    function _expectOpenRefused(uint32 taskId, Phase phase) private {
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, phase));
        vm.prank(outsider, outsider);
        federation.openRound(taskId);
    }
}
