// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRounds} from "../../contracts/interfaces/IRounds.sol";
import {ITasks} from "../../contracts/interfaces/ITasks.sol";
import {Phase, RoundInfo, TaskRules} from "../../contracts/types/TaskTypes.sol";
import {FederationFixture} from "./support/FederationFixture.sol";

/// @notice Committing to an update.
contract RoundsCommittingTest is FederationFixture {
    bytes32 private constant UPDATE = keccak256("update");
    bytes32 private constant CONTENT = keccak256("content");

    function setUp() public {
        _deploy(5, 2);
    }

    // commit

    function test_commit_acceptsUntilTheDeadlineItself() public {
        uint32 taskId = _opened();
        vm.warp(federation.roundInfo(taskId, 0).deadline);
        _commit(taskId, participants[0], 10);
        vm.warp(block.timestamp + 1);
        _expectCommitRevert(
            taskId,
            participants[1],
            abi.encodeWithSelector(IRounds.TooLate.selector, block.timestamp - 1)
        );
    }

    function test_commit_addsUp(uint32[5] memory weights) public {
        uint32 taskId = _opened();
        uint256 total;
        for (uint256 i = 0; i < 5; ++i) {
            uint32 weight = uint32(bound(weights[i], 1, 1000));
            total += weight;
            _commit(taskId, participants[i], weight);
        }
        RoundInfo memory info = federation.roundInfo(taskId, 0);
        assertEq(info.totalWeight, total);
        assertEq(info.committed, 31);
        assertTrue(info.phase == Phase.Open, "phase");
    }

    function test_commit_refusesAnotherPhase() public {
        uint32 taskId = _aggregating();
        _expectCommitRevert(
            taskId,
            participants[0],
            abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Aggregating)
        );
    }

    function test_commit_refusesATaskThatDoesNotExist() public {
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongRound.selector, 0));
        federation.commit(9, 1, 0, UPDATE, CONTENT, 1);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongRound.selector, 0));
        federation.commit(9, 0, 0, UPDATE, CONTENT, 1);
    }

    function test_commit_refusesAnotherBaseModel() public {
        uint32 taskId = _opened();
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongBaseModel.selector, _modelRoot(taskId)));
        vm.prank(participants[0]);
        federation.commit(taskId, 1, keccak256("other"), UPDATE, CONTENT, 10);
    }

    function test_commit_refusesZeroRoots() public {
        uint32 taskId = _opened();
        bytes32 base = _modelRoot(taskId);
        vm.expectRevert(IRounds.InvalidRoot.selector);
        vm.prank(participants[0]);
        federation.commit(taskId, 1, base, 0, CONTENT, 10);
        vm.expectRevert(IRounds.InvalidRoot.selector);
        vm.prank(participants[0]);
        federation.commit(taskId, 1, base, UPDATE, 0, 10);
    }

    function test_commit_refusesOutsiders() public {
        uint32 taskId = _opened();
        _expectCommitRevert(taskId, outsider, abi.encodeWithSelector(ITasks.NotEnrolled.selector, outsider));
    }

    function test_commit_refusesThoseLeaving() public {
        uint32 taskId = _opened();
        vm.prank(participants[0]);
        federation.leaveTask(taskId);
        _expectCommitRevert(
            taskId,
            participants[0],
            abi.encodeWithSelector(ITasks.NotEnrolled.selector, participants[0])
        );
    }

    function test_commit_refusesWeightsOutOfRange() public {
        uint32 taskId = _opened();
        bytes32 base = _modelRoot(taskId);
        vm.expectRevert(abi.encodeWithSelector(IRounds.InvalidWeight.selector, 0));
        vm.prank(participants[0]);
        federation.commit(taskId, 1, base, UPDATE, CONTENT, 0);
        vm.expectRevert(abi.encodeWithSelector(IRounds.InvalidWeight.selector, 1001));
        vm.prank(participants[0]);
        federation.commit(taskId, 1, base, UPDATE, CONTENT, 1001);
        _commit(taskId, participants[0], 1000);
    }

    function test_commit_refusesThoseNotDrawn() public {
        TaskRules memory rules = _rules();
        rules.participationBps = 4000;
        uint32 taskId = _createWithAll(rules);
        _open(taskId);
        uint256 refused;
        for (uint256 i = 0; i < participants.length; ++i) {
            (, bool drawn) = federation.slotOf(taskId, participants[i]);
            if (drawn) continue;
            _expectCommitRevert(
                taskId,
                participants[i],
                abi.encodeWithSelector(IRounds.NotDrawn.selector, participants[i])
            );
            ++refused;
        }
        assertEq(refused, 3);
    }

    function test_commit_refusesThoseEnrolledAfterTheOpening() public {
        uint32 taskId = _create(_rules());
        for (uint256 i = 0; i < 4; ++i) {
            _enrol(taskId, participants[i]);
        }
        _open(taskId);
        _enrol(taskId, participants[4]);
        _expectCommitRevert(
            taskId,
            participants[4],
            abi.encodeWithSelector(IRounds.NotDrawn.selector, participants[4])
        );
    }

    function test_commit_refusesASecondUpdate() public {
        uint32 taskId = _opened();
        _commit(taskId, participants[0], 10);
        _expectCommitRevert(
            taskId,
            participants[0],
            abi.encodeWithSelector(IRounds.AlreadyCommitted.selector, participants[0])
        );
    }

    function test_commit_enforcesTheBudget() public {
        TaskRules memory rules = _rules();
        rules.roundsPerParticipant = 1;
        uint32 taskId = _createWithAll(rules);
        _open(taskId);
        _finish(taskId);
        (, , , uint16 used, , ) = federation.enrolment(taskId, participants[0]);
        assertEq(used, 1);
        _open(taskId);
        _expectCommitRevert(
            taskId,
            participants[0],
            abi.encodeWithSelector(IRounds.BudgetSpent.selector, participants[0])
        );
    }

    function test_commit_budgetIsNotRenewedByEnrollingAgain() public {
        TaskRules memory rules = _rules();
        rules.roundsPerParticipant = 1;
        uint32 taskId = _createWithAll(rules);
        _open(taskId);
        _finish(taskId);
        vm.prank(participants[0]);
        federation.leaveTask(taskId);
        _open(taskId);
        _passDeadline(taskId);
        federation.closeRound(taskId, 2);
        _enrol(taskId, participants[0]);
        _open(taskId);
        _expectCommitRevert(
            taskId,
            participants[0],
            abi.encodeWithSelector(IRounds.BudgetSpent.selector, participants[0])
        );
    }

    function _expectCommitRevert(uint32 taskId, address participant, bytes memory refusal) private {
        bytes32 base = _modelRoot(taskId);
        uint32 round = _round(taskId);
        vm.expectRevert(refusal);
        vm.prank(participant);
        federation.commit(taskId, round, base, UPDATE, CONTENT, 10);
    }
}
