// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChallengeKind} from "../../contracts/types/ChallengeTypes.sol";
import {Commitment, Proposal, TaskRules} from "../../contracts/types/TaskTypes.sol";
import {IRewards} from "../../contracts/interfaces/IRewards.sol";
import {CourtFixture} from "./support/CourtFixture.sol";

/// @notice Who gets what a slashed bond pays.
contract RewardsTest is CourtFixture {
    uint256 private constant CLAIM_S = 1 hours;
    bytes32 private constant SALT = keccak256("salt");
    address private copier = vm.addr(0xc0de);

    uint256 private rewardWei;
    uint32 private taskId;
    bytes32 private caseHash;
    Proposal private lie;

    function setUp() public {
        _deploy(3, 3);
        TaskRules memory rules = _bondedRules(true, false);
        // odd, so that halves are not equal
        rules.aggregatorBondGwei |= 1;
        rewardWei = uint256(rules.aggregatorBondGwei / 2) * 1 gwei;
        taskId = _openedCourt(rules);
        _commitAll(taskId);
        federation.closeRound(taskId, 1);
        lie = _misweighed(taskId);
        _propose(taskId, lie);
        caseHash = _caseHash(taskId, 1, federation.roundInfo(taskId, 1).proposalHash, 2, 0);
    }

    function test_reserve_onceEach() public {
        bytes32 reservation = _reservation(outsider, SALT, caseHash);
        vm.expectEmit();
        emit IRewards.Reserved(reservation);
        federation.reserveChallenge(reservation);
        vm.expectRevert(IRewards.AlreadyReserved.selector);
        federation.reserveChallenge(reservation);
    }

    function test_reserved_isCreditedAtOnce() public {
        // whoever sends it: the hash names its owner
        vm.prank(copier);
        federation.reserveChallenge(_reservation(outsider, SALT, caseHash));
        vm.warp(block.timestamp + 12);
        vm.expectEmit();
        emit IRewards.RewardCredited(caseHash, outsider, rewardWei);
        _challenge(outsider, SALT);
        assertEq(federation.creditOf(outsider), rewardWei);
        _expectHeld(address(0), 0, 0);
        vm.expectRevert(IRewards.NoRewardHeld.selector);
        federation.collectReward(caseHash);
    }

    function test_unreserved_isHeldForTheChallenger() public {
        uint256 from = block.timestamp + CLAIM_S;
        vm.expectEmit();
        emit IRewards.RewardHeld(caseHash, outsider, rewardWei, uint40(from));
        _challenge(outsider, 0);
        assertEq(federation.creditOf(outsider), 0);
        _expectHeld(outsider, rewardWei, from);
        vm.warp(from - 1);
        vm.expectRevert(abi.encodeWithSelector(IRewards.StillClaimable.selector, from));
        federation.collectReward(caseHash);
        vm.warp(from);
        vm.expectEmit();
        emit IRewards.RewardCredited(caseHash, outsider, rewardWei);
        vm.prank(copier);
        federation.collectReward(caseHash);
        assertEq(federation.creditOf(outsider), rewardWei);
        _expectHeld(address(0), 0, 0);
        vm.expectRevert(IRewards.NoRewardHeld.selector);
        federation.collectReward(caseHash);
        vm.expectRevert(IRewards.NoRewardHeld.selector);
        federation.claimReward(caseHash, SALT);
    }

    function test_copied_losesTheRewardToTheReservation() public {
        federation.reserveChallenge(_reservation(outsider, SALT, caseHash));
        vm.warp(block.timestamp + 12);
        // the copy lands first, salt and all
        _challenge(copier, SALT);
        _expectHeld(copier, rewardWei, block.timestamp + CLAIM_S);
        vm.expectRevert(IRewards.NotReserved.selector);
        vm.prank(copier);
        federation.claimReward(caseHash, SALT);
        vm.expectRevert(IRewards.NotReserved.selector);
        vm.prank(outsider);
        federation.claimReward(caseHash, keccak256("another salt"));
        vm.expectRevert(IRewards.NoRewardHeld.selector);
        vm.prank(outsider);
        federation.claimReward(keccak256("another case"), SALT);
        vm.expectEmit();
        emit IRewards.RewardCredited(caseHash, outsider, rewardWei);
        vm.prank(outsider);
        federation.claimReward(caseHash, SALT);
        assertEq(federation.creditOf(outsider), rewardWei);
        assertEq(federation.creditOf(copier), 0);
        vm.expectRevert(IRewards.NoRewardHeld.selector);
        vm.prank(outsider);
        federation.claimReward(caseHash, SALT);
    }

    function test_claim_afterTheTimeUntilItIsCollected() public {
        federation.reserveChallenge(_reservation(outsider, SALT, caseHash));
        vm.warp(block.timestamp + 12);
        _challenge(copier, 0);
        vm.warp(block.timestamp + 2 * CLAIM_S);
        vm.prank(outsider);
        federation.claimReward(caseHash, SALT);
        assertEq(federation.creditOf(outsider), rewardWei);
    }

    function test_reservation_inTheBlockOfTheWinIsTooLate() public {
        federation.reserveChallenge(_reservation(outsider, SALT, caseHash));
        _challenge(outsider, SALT);
        _expectHeld(outsider, rewardWei, block.timestamp + CLAIM_S);
        vm.expectRevert(IRewards.NotReserved.selector);
        vm.prank(outsider);
        federation.claimReward(caseHash, SALT);
        // nor does one that is made after it
        vm.warp(block.timestamp + 12);
        federation.reserveChallenge(_reservation(copier, SALT, caseHash));
        vm.warp(block.timestamp + 12);
        vm.expectRevert(IRewards.NotReserved.selector);
        vm.prank(copier);
        federation.claimReward(caseHash, SALT);
    }

    function test_reservation_ofAnotherCaseIsNone() public {
        bytes32 proposalHash = federation.roundInfo(taskId, 1).proposalHash;
        federation.reserveChallenge(_reservation(outsider, SALT, _caseHash(taskId, 1, proposalHash, 2, 1)));
        federation.reserveChallenge(_reservation(outsider, SALT, _caseHash(taskId, 1, proposalHash, 0, 0)));
        federation.reserveChallenge(_reservation(outsider, SALT, _caseHash(taskId, 2, proposalHash, 2, 0)));
        vm.warp(block.timestamp + 12);
        _challenge(outsider, SALT);
        _expectHeld(outsider, rewardWei, block.timestamp + CLAIM_S);
    }

    function test_salt0_isClaimedButNotOpened() public {
        federation.reserveChallenge(_reservation(outsider, 0, caseHash));
        vm.warp(block.timestamp + 12);
        _challenge(outsider, 0);
        _expectHeld(outsider, rewardWei, block.timestamp + CLAIM_S);
        vm.prank(outsider);
        federation.claimReward(caseHash, 0);
        assertEq(federation.creditOf(outsider), rewardWei);
    }

    function test_secondLiarsRewardIsItsOwnCase() public {
        _challenge(outsider, 0);
        Proposal memory second = _misweighed(taskId);
        _propose(taskId, second);
        bytes32 secondCase = _caseHash(taskId, 1, federation.roundInfo(taskId, 1).proposalHash, 2, 0);
        assertTrue(secondCase != caseHash, "differ");
        Commitment[] memory commitments = _recorded(taskId);
        vm.prank(copier);
        federation.challengeWeight(taskId, 1, second, commitments, 0);
        _expectHeld(outsider, rewardWei, block.timestamp + CLAIM_S);
        (address challenger, uint256 amountWei, ) = federation.heldReward(secondCase);
        assertEq(challenger, copier);
        assertEq(amountWei, rewardWei);
        assertEq(federation.burntWei(), 2 * (rewardWei + 1 gwei));
    }

    function test_withoutBondsNothingIsHeld() public {
        uint32 other = _openedCourt(_rules());
        _commitAll(other);
        federation.closeRound(other, 1);
        Proposal memory wrong = _misweighed(other);
        _propose(other, wrong);
        bytes32 hash = _caseHash(
            other,
            1,
            federation.roundInfo(other, 1).proposalHash,
            uint256(ChallengeKind.WrongWeight),
            0
        );
        federation.challengeWeight(other, 1, wrong, _recorded(other), 0);
        (address challenger, , ) = federation.heldReward(hash);
        assertEq(challenger, address(0));
        assertEq(federation.burntWei(), 0);
    }

    function _reservation(address account, bytes32 salt, bytes32 case_) private pure returns (bytes32) {
        return keccak256(abi.encode(account, salt, case_));
    }

    function _challenge(address challenger, bytes32 salt) private {
        Commitment[] memory commitments = _recorded(taskId);
        Proposal memory proposal = lie;
        vm.prank(challenger);
        federation.challengeWeight(taskId, 1, proposal, commitments, salt);
    }

    function _expectHeld(address challenger, uint256 amountWei, uint256 from) private view {
        (address heldFor, uint256 heldWei, uint40 collectableFrom) = federation.heldReward(caseHash);
        assertEq(heldFor, challenger);
        assertEq(heldWei, amountWei);
        assertEq(collectableFrom, from);
    }
}
