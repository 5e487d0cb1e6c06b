// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChallengeKind} from "../../contracts/types/ChallengeTypes.sol";
import {Commitment, Phase, Proposal, Reason, TaskRules} from "../../contracts/types/TaskTypes.sol";
import {IBonds} from "../../contracts/interfaces/IBonds.sol";
import {IChallenges} from "../../contracts/interfaces/IChallenges.sol";
import {IRounds} from "../../contracts/interfaces/IRounds.sol";
import {ITasks} from "../../contracts/interfaces/ITasks.sol";
import {CourtFixture} from "./support/CourtFixture.sol";

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

    function withdrawCredit() external {
        bonds.withdrawCredit();
    }

    receive() external payable {
        require(!refusing, "refused");
        (bool again, ) = address(bonds).call(abi.encodeCall(IBonds.withdrawBond, ()));
        require(!again, "paid twice");
        (again, ) = address(bonds).call(abi.encodeCall(IBonds.withdrawCredit, ()));
        require(!again, "credited twice");
    }
}

contract BondsTest is CourtFixture {
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
        // the time of the first request is over, that of both is not
        vm.warp(uint256(from) - 1);
        vm.expectRevert(abi.encodeWithSelector(IBonds.StillUnbonding.selector, from));
        vm.prank(outsider);
        federation.withdrawBond();
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

    function test_withdrawCredit_paysOnceAndOnlyWhoTakesIt() public {
        Payee payee = new Payee(federation);
        _bond(aggregators[1], _bondWei());
        (uint32 taskId, uint256 bondWei) = _openedBonded();
        Commitment[] memory commitments = _commitRecorded(taskId);
        federation.closeRound(taskId, 1);
        Proposal memory lie = _misweighed(taskId);
        _propose(taskId, lie);
        bytes32 caseHash = _caseHash(taskId, 1, federation.roundInfo(taskId, 1).proposalHash, 2, 0);
        vm.prank(address(payee));
        federation.challengeWeight(taskId, 1, lie, commitments, 0);
        vm.warp(block.timestamp + 1 hours);
        federation.collectReward(caseHash);
        payee.withdrawCredit();
        assertEq(address(payee).balance, _half(bondWei));
        vm.expectRevert(IBonds.NoAmount.selector);
        payee.withdrawCredit();
    }

    function test_withdrawCredit_refusedStaysACredit() public {
        Payee payee = new Payee(federation);
        _bond(aggregators[1], _bondWei());
        (uint32 taskId, uint256 bondWei) = _openedBonded();
        Commitment[] memory commitments = _commitRecorded(taskId);
        federation.closeRound(taskId, 1);
        Proposal memory lie = _misweighed(taskId);
        _propose(taskId, lie);
        bytes32 caseHash = _caseHash(taskId, 1, federation.roundInfo(taskId, 1).proposalHash, 2, 0);
        vm.prank(address(payee));
        federation.challengeWeight(taskId, 1, lie, commitments, 0);
        vm.warp(block.timestamp + 1 hours);
        federation.collectReward(caseHash);
        payee.refuse();
        vm.expectRevert(IBonds.PaymentRefused.selector);
        payee.withdrawCredit();
        assertEq(federation.creditOf(address(payee)), _half(bondWei));
    }

    // participants

    function test_enrol_locksTheParticipantsBond() public {
        TaskRules memory rules = _bondedRules(false, true);
        uint256 bondWei = uint256(rules.participantBondGwei) * 1 gwei;
        uint32 taskId = _create(rules);
        address participant = participants[0];
        _bond(participant, bondWei - 1);
        vm.expectRevert(abi.encodeWithSelector(IBonds.BondTooSmall.selector, bondWei - 1));
        vm.prank(participant);
        federation.enrol(taskId);
        _bond(participant, 3);
        vm.expectEmit();
        emit IBonds.BondLocked(taskId, 0, participant, bondWei);
        _enrol(taskId, participant);
        _expectBond(participant, 2, bondWei, 0);
        (, , , , bool bonded, bool expelled) = federation.enrolment(taskId, participant);
        assertTrue(bonded && !expelled, "bonded");
    }

    function test_freePlaces_releasesTheBondsOfATaskThatOpensNoMore() public {
        TaskRules memory rules = _bondedRules(false, true);
        rules.rounds = 1;
        uint256 bondWei = uint256(rules.participantBondGwei) * 1 gwei;
        uint32 taskId = _openedCourt(rules);
        vm.prank(participants[0]);
        federation.leaveTask(taskId);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Open));
        federation.freePlaces(taskId);
        _commit(taskId, participants[1], 10);
        _commit(taskId, participants[2], 10);
        _passDeadline(taskId);
        federation.closeRound(taskId, 1);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Aggregating));
        federation.freePlaces(taskId);
        Proposal memory proposal = _proposal(taskId, 0);
        _propose(taskId, proposal);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Proposed));
        federation.freePlaces(taskId);
        _passDeadline(taskId);
        federation.finalizeUnchallenged(taskId, 1, proposal);
        vm.prank(participants[1]);
        federation.leaveTask(taskId);
        _expectBond(participants[0], 0, bondWei, 0);
        vm.expectEmit();
        emit IBonds.BondReleased(taskId, 0, participants[1], bondWei);
        vm.prank(outsider);
        federation.freePlaces(taskId);
        _expectBond(participants[0], bondWei, 0, 0);
        _expectBond(participants[1], bondWei, 0, 0);
        _expectBond(participants[2], 0, bondWei, 0);
        // nobody waits: nothing happens
        federation.freePlaces(taskId);
        _expectBond(participants[0], bondWei, 0, 0);
        assertEq(federation.participants(taskId).length, 1);
    }

    function test_freePlaces_whereTooFewAreLeftToOpen() public {
        TaskRules memory rules = _bondedRules(false, true);
        uint256 bondWei = uint256(rules.participantBondGwei) * 1 gwei;
        uint32 taskId = _create(rules);
        for (uint256 i = 0; i < 2; ++i) {
            _bond(participants[i], bondWei);
            _enrol(taskId, participants[i]);
        }
        federation.revokeRole(federation.PARTICIPANT_ROLE(), participants[0]);
        vm.expectRevert(abi.encodeWithSelector(IRounds.TooFewParticipants.selector, 1));
        _open(taskId);
        federation.freePlaces(taskId);
        _expectBond(participants[0], bondWei, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(ITasks.UnknownTask.selector, taskId + 1));
        federation.freePlaces(taskId + 1);
    }

    function test_freePlaces_letsOneComeBackWithANewBond() public {
        TaskRules memory rules = _bondedRules(false, true);
        uint256 bondWei = uint256(rules.participantBondGwei) * 1 gwei;
        uint32 taskId = _create(rules);
        address participant = participants[0];
        _bond(participant, bondWei);
        for (uint256 i = 0; i < 3; ++i) {
            _enrol(taskId, participant);
            _expectBond(participant, 0, bondWei, 0);
            vm.prank(participant);
            federation.leaveTask(taskId);
            vm.expectRevert(abi.encodeWithSelector(ITasks.AlreadyEnrolled.selector, participant));
            vm.prank(participant);
            federation.enrol(taskId);
            federation.freePlaces(taskId);
            _expectBond(participant, bondWei, 0, 0);
        }
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
        assertEq(federation.roundInfo(taskId, 0).assigned, aggregators[0]);
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
        assertEq(federation.roundInfo(taskId, 0).assigned, aggregators[1]);
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
        bytes32 caseHash = _caseHash(taskId, 1, federation.roundInfo(taskId, 1).proposalHash, 2, 0);
        vm.expectEmit();
        emit IChallenges.Challenged(taskId, 1, outsider, aggregators[1], ChallengeKind.WrongWeight, 0);
        vm.expectEmit();
        emit IBonds.Slashed(taskId, 1, aggregators[1], bondWei, outsider, _half(bondWei));
        vm.prank(outsider);
        federation.challengeWeight(taskId, 1, lie, commitments, 0);
        _expectBond(aggregators[1], 3, 0, 0);
        vm.warp(block.timestamp + 1 hours);
        federation.collectReward(caseHash);
        assertEq(federation.creditOf(outsider), _half(bondWei));
        assertEq(federation.burntWei(), bondWei - _half(bondWei));
        assertEq(federation.roundInfo(taskId, 0).assigned, aggregators[2]);
        _expectBond(aggregators[2], 0, bondWei, 0);
        uint256 before = outsider.balance;
        vm.prank(outsider);
        federation.withdrawCredit();
        assertEq(outsider.balance - before, _half(bondWei));
        vm.expectRevert(IBonds.NoAmount.selector);
        vm.prank(outsider);
        federation.withdrawCredit();
        // what was burnt stays, beside the two bonds
        assertEq(address(federation).balance, bondWei - _half(bondWei) + bondWei + 3);
    }

    function test_challenge_ofOneselfLosesHalf() public {
        (uint32 taskId, uint256 bondWei) = _openedBonded();
        _bond(aggregators[1], bondWei);
        Commitment[] memory commitments = _commitRecorded(taskId);
        federation.closeRound(taskId, 1);
        Proposal memory lie = _misweighed(taskId);
        _propose(taskId, lie);
        bytes32 caseHash = _caseHash(taskId, 1, federation.roundInfo(taskId, 1).proposalHash, 2, 0);
        vm.prank(aggregators[1]);
        federation.challengeWeight(taskId, 1, lie, commitments, 0);
        vm.warp(block.timestamp + 1 hours);
        federation.collectReward(caseHash);
        assertTrue(federation.creditOf(aggregators[1]) != 0, "something");
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
        federation.challengeWeight(taskId, 1, lie, commitments, 0);
        (, Phase phase, bytes32 model, bytes32 accumulator, bytes32 after_) = federation.taskState(taskId);
        assertTrue(phase == Phase.Invalidated, "invalidated");
        bytes32 expected = keccak256(abi.encode(head, 1, phase, model, accumulator, bytes32(0), Reason.ChallengeWon));
        assertEq(after_, expected);
        _expectBond(aggregators[1], bondWei, 0, 0);
    }

    /// @dev Odd, so that halves are not equal.
    function _bondWei() private view returns (uint256) {
        return uint256(_bondedRules(true, false).aggregatorBondGwei | 1) * 1 gwei;
    }

    /// @dev The challenger's part, in whole gwei.
    function _half(uint256 bondWei) private pure returns (uint256) {
        return (bondWei / 2 gwei) * 1 gwei;
    }

    function _openedBonded() private returns (uint32 taskId, uint256 bondWei) {
        TaskRules memory rules = _rules();
        bondWei = _bondWei();
        rules.aggregatorBondGwei = uint48(bondWei / 1 gwei);
        taskId = _createWithAll(rules);
        _open(taskId);
    }
}
