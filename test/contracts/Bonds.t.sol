// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {ChallengeKind, Commitment, Phase, Proposal, Reason, TaskRules} from "../../contracts/types/TaskTypes.sol";
import {IBonds} from "../../contracts/interfaces/IBonds.sol";
import {IChallenges} from "../../contracts/interfaces/IChallenges.sol";
import {IRounds} from "../../contracts/interfaces/IRounds.sol";
import {ITasks} from "../../contracts/interfaces/ITasks.sol";
import {ChallengeFixture} from "./support/ChallengeFixture.sol";

/// @notice Takes ether only when told to, and tries to be paid twice.
contract Payee {
    IBonds private immutable bonds;
    bool private refusing;

    constructor(IBonds bonds_) {
        bonds = bonds_;
    }

    function refuse() external {
        refusing = true;
    }

    function bond() external payable {
        bonds.bond{value: msg.value}();
    }

    function unbond(uint256 amountWei) external {
        bonds.requestUnbond(amountWei);
    }

    function withdraw() external {
        bonds.withdrawBond();
    }

    receive() external payable {
        require(!refusing, "refused");
        (bool again, ) = address(bonds).call(abi.encodeCall(IBonds.withdrawBond, ()));
        require(!again, "paid twice");
    }
}

contract BondsTest is ChallengeFixture {
    uint256 private constant UNBONDING_S = 14 days;

    function setUp() public {
        _deploy(3, 3);
    }

    function test_bond_refusesNothing() public {
        vm.expectRevert(IBonds.NoAmount.selector);
        federation.bond();
    }

    function testFuzz_bond_addsUpAndLeavesAfterTheTime(uint96 first, uint96 second, uint96 part) public {
        uint256 a = bound(first, 1, 1000 ether);
        uint256 b = bound(second, 1, 1000 ether);
        uint256 out = bound(part, 1, a + b);
        _bond(outsider, a);
        _bond(outsider, b);
        _expectBond(outsider, a + b, 0, 0);
        vm.prank(outsider);
        federation.requestUnbond(out);
        _expectBond(outsider, a + b - out, 0, out);
        uint256 from = block.timestamp + UNBONDING_S;
        vm.warp(from - 1);
        vm.expectRevert(abi.encodeWithSelector(IBonds.StillUnbonding.selector, from));
        vm.prank(outsider);
        federation.withdrawBond();
        vm.warp(from);
        uint256 before = outsider.balance;
        vm.prank(outsider);
        federation.withdrawBond();
        assertEq(outsider.balance - before, out);
        _expectBond(outsider, a + b - out, 0, 0);
        assertEq(address(federation).balance, a + b - out);
    }

    function test_requestUnbond_refusesNothingAndMoreThanIsFree() public {
        _bond(outsider, 5);
        vm.expectRevert(IBonds.NoAmount.selector);
        vm.prank(outsider);
        federation.requestUnbond(0);
        vm.expectRevert(abi.encodeWithSelector(IBonds.BondTooSmall.selector, 5));
        vm.prank(outsider);
        federation.requestUnbond(6);
    }

    function test_requestUnbond_startsTheTimeAnew() public {
        _bond(outsider, 5);
        vm.prank(outsider);
        federation.requestUnbond(2);
        vm.warp(block.timestamp + UNBONDING_S - 1);
        vm.prank(outsider);
        federation.requestUnbond(1);
        (, , uint256 unbonding, uint40 from) = federation.bondOf(outsider);
        assertEq(unbonding, 3);
        assertEq(from, block.timestamp + UNBONDING_S);
    }

    function test_withdraw_refusesWhereNothingIs() public {
        vm.expectRevert(IBonds.NoAmount.selector);
        federation.withdrawBond();
        vm.expectRevert(IBonds.NoAmount.selector);
        federation.withdrawCredit();
    }

    function test_withdrawBond_paysOnceWhoeverCallsBack() public {
        Payee payee = new Payee(federation);
        vm.deal(address(this), 10);
        payee.bond{value: 10}();
        payee.unbond(4);
        vm.warp(block.timestamp + UNBONDING_S);
        payee.withdraw();
        assertEq(address(payee).balance, 4);
        payee.unbond(4);
        vm.warp(block.timestamp + UNBONDING_S);
        payee.refuse();
        vm.expectRevert(IBonds.PaymentRefused.selector);
        payee.withdraw();
    }

    // tasks

    function test_createBondedTask_bindsTheBondToTheHistory() public {
        TaskRules memory rules = _rules();
        uint256 bondWei = _leastBond(rules);
        bytes32 root = keccak256("initial model");
        uint32 taskId = federation.createBondedTask(rules, root, "{}", bondWei);
        assertEq(federation.taskBond(taskId), bondWei);
        bytes32 head = keccak256(
            abi.encode(block.chainid, address(federation), taskId, keccak256(abi.encode(rules)), root, keccak256("{}"))
        );
        (, , , , bytes32 stored) = federation.taskState(taskId);
        assertEq(stored, keccak256(abi.encode(head, bondWei)));
        assertEq(federation.taskBond(_create(rules)), 0);
    }

    function test_createBondedTask_refusesTooSmallATooGreatABond() public {
        TaskRules memory rules = _rules();
        uint256 leastWei = _leastBond(rules);
        bytes memory refusal = abi.encodeWithSelector(ITasks.InvalidBond.selector, leastWei);
        uint256[4] memory refused = [uint256(0), leastWei - 1, 1 << 96, (1 << 96) + leastWei];
        for (uint256 i = 0; i < refused.length; ++i) {
            vm.expectRevert(refusal);
            federation.createBondedTask(rules, keccak256("model"), "{}", refused[i]);
        }
    }

    function test_createBondedTask_refusesAWindowAsLongAsTheUnbonding() public {
        TaskRules memory rules = _rules();
        uint256 bondWei = _leastBond(rules);
        rules.challengeWindowS = uint32(UNBONDING_S);
        vm.expectRevert(ITasks.ChallengeWindowTooLong.selector);
        federation.createBondedTask(rules, keccak256("model"), "{}", bondWei);
        rules.challengeWindowS = uint32(UNBONDING_S - 1);
        federation.createBondedTask(rules, keccak256("model"), "{}", bondWei);
    }

    function test_createBondedTask_keepsTheRulesOfCreateTask() public {
        TaskRules memory rules = _rules();
        rules.parameterCount = 0;
        vm.expectRevert(abi.encodeWithSelector(ITasks.InvalidRule.selector, 4));
        federation.createBondedTask(rules, keccak256("model"), "{}", 1 ether);
        bytes32 role = federation.TASK_CREATOR_ROLE();
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, outsider, role)
        );
        vm.prank(outsider);
        federation.createBondedTask(_rules(), keccak256("model"), "{}", 100 ether);
    }

    // assignment

    function test_closeRound_assignsOnlyWhoHasTheBond() public {
        (uint32 taskId, uint256 bondWei) = _openedBonded();
        _commitAll(taskId);
        vm.expectRevert(IRounds.NoAggregator.selector);
        federation.closeRound(taskId, 1);
        _bond(aggregators[0], bondWei - 1);
        vm.expectRevert(IRounds.NoAggregator.selector);
        federation.closeRound(taskId, 1);
        _bond(aggregators[0], 1);
        federation.closeRound(taskId, 1);
        assertEq(federation.roundInfo(taskId).assigned, aggregators[0]);
        _expectBond(aggregators[0], 0, bondWei, 0);
    }

    function test_lock_keepsTheBondFromLeavingAndFromAnsweringTwice() public {
        (uint32 taskId, uint256 bondWei) = _openedBonded();
        _bond(aggregators[1], bondWei);
        _commitAll(taskId);
        federation.closeRound(taskId, 1);
        vm.expectRevert(abi.encodeWithSelector(IBonds.BondTooSmall.selector, 0));
        vm.prank(aggregators[1]);
        federation.requestUnbond(1);
        (uint32 other, ) = _openedBonded();
        _commitAll(other);
        vm.expectRevert(IRounds.NoAggregator.selector);
        federation.closeRound(other, 1);
    }

    function test_release_atTheEndOfTheRound() public {
        (uint32 taskId, uint256 bondWei) = _openedBonded();
        _bond(aggregators[1], bondWei);
        _finish(taskId);
        _expectBond(aggregators[1], bondWei, 0, 0);
    }

    function test_reassign_movesTheLockToTheNext() public {
        (uint32 taskId, uint256 bondWei) = _openedBonded();
        _bond(aggregators[1], bondWei);
        _bond(aggregators[2], bondWei);
        _commitAll(taskId);
        federation.closeRound(taskId, 1);
        _expectBond(aggregators[1], 0, bondWei, 0);
        _passDeadline(taskId);
        federation.reassign(taskId, 1);
        _expectBond(aggregators[1], bondWei, 0, 0);
        _expectBond(aggregators[2], 0, bondWei, 0);
        _passDeadline(taskId);
        federation.reassign(taskId, 1);
        assertTrue(_phase(taskId) == Phase.Invalidated, "invalidated");
        _expectBond(aggregators[2], bondWei, 0, 0);
    }

    function test_reassign_fromAProposalReleasesItsAggregator() public {
        (uint32 taskId, uint256 bondWei) = _openedBonded();
        _bond(aggregators[1], bondWei);
        _commitAll(taskId);
        federation.closeRound(taskId, 1);
        _propose(taskId, _proposal(taskId, 1));
        _passDeadline(taskId);
        federation.reassign(taskId, 1);
        assertEq(federation.roundInfo(taskId).assigned, aggregators[1]);
        _expectBond(aggregators[1], 0, bondWei, 0);
    }

    // slashing

    function test_challenge_slashesHalfToTheChallengerAndBurnsTheRest() public {
        (uint32 taskId, uint256 bondWei) = _openedBonded();
        _bond(aggregators[1], bondWei + 3);
        _bond(aggregators[2], bondWei);
        Commitment[] memory commitments = _commitRecorded(taskId);
        federation.closeRound(taskId, 1);
        Proposal memory lie = _misweighed(taskId);
        _propose(taskId, lie);
        vm.expectEmit();
        emit IChallenges.Challenged(taskId, 1, outsider, aggregators[1], ChallengeKind.WrongWeight, 0);
        vm.expectEmit();
        emit IBonds.Slashed(taskId, 1, aggregators[1], bondWei, outsider, bondWei / 2);
        vm.prank(outsider);
        federation.challengeWeight(taskId, 1, lie, commitments);
        _expectBond(aggregators[1], 3, 0, 0);
        assertEq(federation.creditOf(outsider), bondWei / 2);
        assertEq(federation.burntWei(), bondWei - bondWei / 2);
        assertEq(federation.roundInfo(taskId).assigned, aggregators[2]);
        _expectBond(aggregators[2], 0, bondWei, 0);
        uint256 before = outsider.balance;
        vm.prank(outsider);
        federation.withdrawCredit();
        assertEq(outsider.balance - before, bondWei / 2);
        vm.expectRevert(IBonds.NoAmount.selector);
        vm.prank(outsider);
        federation.withdrawCredit();
        // what was burnt stays, beside the two bonds
        assertEq(address(federation).balance, bondWei - bondWei / 2 + bondWei + 3);
    }

    function test_challenge_ofOneselfLosesHalf() public {
        (uint32 taskId, uint256 bondWei) = _openedBonded();
        _bond(aggregators[1], bondWei);
        Commitment[] memory commitments = _commitRecorded(taskId);
        federation.closeRound(taskId, 1);
        Proposal memory lie = _misweighed(taskId);
        _propose(taskId, lie);
        vm.prank(aggregators[1]);
        federation.challengeWeight(taskId, 1, lie, commitments);
        assertTrue(federation.creditOf(aggregators[1]) * 2 <= bondWei, "at most half");
        _expectBond(aggregators[1], 0, 0, 0);
    }

    function test_challenge_invalidatesWhenNobodyElseHasTheBond() public {
        (uint32 taskId, uint256 bondWei) = _openedBonded();
        _bond(aggregators[1], 2 * bondWei);
        Commitment[] memory commitments = _commitRecorded(taskId);
        federation.closeRound(taskId, 1);
        Proposal memory lie = _misweighed(taskId);
        _propose(taskId, lie);
        (, , , , bytes32 head) = federation.taskState(taskId);
        federation.challengeWeight(taskId, 1, lie, commitments);
        (, Phase phase, bytes32 model, bytes32 accumulator, bytes32 after_) = federation.taskState(taskId);
        assertTrue(phase == Phase.Invalidated, "invalidated");
        bytes32 expected = keccak256(abi.encode(head, 1, phase, model, accumulator, bytes32(0), Reason.ChallengeWon));
        assertEq(after_, expected);
        _expectBond(aggregators[1], bondWei, 0, 0);
    }

    function _leastBond(TaskRules memory rules) private view returns (uint256) {
        return federation.leastBondWei(rules.parameterCount, rules.maxUpdates);
    }

    function _openedBonded() private returns (uint32 taskId, uint256 bondWei) {
        bondWei = _leastBond(_rules()) + 1;
        taskId = federation.createBondedTask(_rules(), keccak256("initial model"), "{}", bondWei);
        for (uint256 i = 0; i < participants.length; ++i) {
            _enrol(taskId, participants[i]);
        }
        _open(taskId);
    }

    function _expectBond(address account, uint256 free, uint256 locked, uint256 unbonding) private view {
        (uint256 freeWei, uint256 lockedWei, uint256 unbondingWei, ) = federation.bondOf(account);
        assertEq(freeWei, free);
        assertEq(lockedWei, locked);
        assertEq(unbondingWei, unbonding);
    }
}
