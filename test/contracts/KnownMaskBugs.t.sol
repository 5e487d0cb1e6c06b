// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAdvertisements} from "../../contracts/interfaces/IAdvertisements.sol";
import {IMaskedChallenges} from "../../contracts/interfaces/IMaskedChallenges.sol";
import {IRounds} from "../../contracts/interfaces/IRounds.sol";
import {ITasks} from "../../contracts/interfaces/ITasks.sol";
import {Advertisement} from "../../contracts/types/PrivacyTypes.sol";
import {Phase, Proposal, RoundInfo, TaskRules} from "../../contracts/types/TaskTypes.sol";
import {MaskedFixture} from "./support/MaskedFixture.sol";

/// @notice What secure aggregation with a server in the middle has been broken by, each as a test that the contract leaves no room for it.
contract KnownMaskBugsTest is MaskedFixture {
    function setUp() public {
        _deploy(6, 3);
    }

    /// @dev Elsewhere: the server hands each client keys of its own making, and takes all masks off. Here a key is its account's own word,
    /// and masks are made for the set that the accumulator names.
    function test_bug_theServerSwapsKeys() public {
        uint32 taskId = _openedWith(_maskedRules());
        _advertiseFirst(taskId, 5);
        // nobody else can advertise in a participant's place, and it cannot change its own
        Advertisement memory one = _advertisement(taskId, 5);
        uint72 seed = _seed(taskId);
        vm.expectRevert(abi.encodeWithSelector(ITasks.NotEnrolled.selector, aggregators[0]));
        vm.prank(aggregators[0]);
        federation.advertise(taskId, 1, seed, one.maskKey, one.seedHash, one.sharesId);
        vm.expectRevert(abi.encodeWithSelector(IAdvertisements.AlreadyAdvertised.selector, participants[0]));
        vm.prank(participants[0]);
        federation.advertise(taskId, 1, seed, one.maskKey, one.seedHash, one.sharesId);
        _passKeyDeadline(taskId);
        _commitFirst(taskId, 5);
        federation.closeRound(taskId, 1);
        // and no proof counts with others
        Proposal memory proposal = _proposal(taskId, 0);
        bytes memory openings = _openings(taskId);
        _proposeOpened(taskId, proposal, openings);
        Advertisement[] memory swapped = advertised;
        swapped[1].maskKey = maskKeys[(swapped[1].slot + 1) % 3];
        vm.expectRevert(IMaskedChallenges.WrongAdvertisements.selector);
        federation.challengeOpening(taskId, 1, proposal, swapped, openings, 1, 0);
    }

    /// @dev Elsewhere: the server tells some clients that one dropped out and others that it did not, and learns both its key and its seed.
    /// Here the set is fixed by the closing, once, and nothing that follows changes it.
    function test_bug_theServerChoosesWhoDropped() public {
        uint32 taskId = _aggregatingMasked(_maskedRules(), 6, 5);
        RoundInfo memory closed = federation.roundInfo(taskId, 1);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Aggregating));
        vm.prank(participants[5]);
        federation.commit(taskId, 1, closed.baseModelRoot, "update", "content", 10);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Aggregating));
        federation.closeRound(taskId, 1);
        // a proposer that was struck, and another assigned: over the same set
        Proposal memory proposal = _proposal(taskId, 0);
        bytes memory wrong = _openings(taskId);
        wrong[0] ^= 0x01;
        _proposeOpened(taskId, proposal, wrong);
        federation.challengeOpening(taskId, 1, proposal, advertised, wrong, 0, 0);
        RoundInfo memory again = federation.roundInfo(taskId, 1);
        assertTrue(again.attempt == 1 && again.phase == Phase.Aggregating, "assigned anew");
        assertEq(again.committed, closed.committed);
        assertEq(again.keyed, closed.keyed);
        assertEq(again.accumulator, closed.accumulator);
        // nor can a proposal leave one out
        proposal = _proposal(taskId, 1);
        vm.expectRevert(IRounds.InvalidExclusion.selector);
        this.proposeOpenedBy(taskId, proposal, wrong);
    }

    /// @dev Elsewhere: a threshold of half or less, by which two disjoint halves of the neighbours open the seed and the key of one.
    function test_bug_twoHalvesOpenBoth() public {
        TaskRules memory rules = _maskedRules();
        for (uint8 percent = 0; percent <= 50; percent += 10) {
            rules.thresholdPercent = percent;
            vm.expectRevert(abi.encodeWithSelector(ITasks.InvalidRule.selector, 14));
            _create(rules);
        }
    }

    /// @dev Elsewhere: keys of one session are taken in another, so that the same masks are on two updates.
    function test_bug_keysAreReplayed() public {
        uint32 taskId = _openedWith(_maskedRules());
        uint72 former = _seed(taskId);
        _advertiseFirst(taskId, 2);
        _passKeyDeadline(taskId);
        federation.closeRound(taskId, 1);
        _open(taskId);
        assertTrue(_seed(taskId) != former, "another seed");
        Advertisement memory old = advertised[0];
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Invalidated));
        vm.prank(old.participant);
        federation.advertise(taskId, 1, former, old.maskKey, old.seedHash, old.sharesId);
        vm.expectRevert(abi.encodeWithSelector(IAdvertisements.WrongSeed.selector, _seed(taskId)));
        this.advertiseWith(taskId, 2, former, old);
    }

    /// @dev Elsewhere: one more client joins when the others have masked for those before.
    function test_bug_aLateKeyJoins() public {
        uint32 taskId = _openedWith(_maskedRules());
        _advertiseFirst(taskId, 4);
        _passKeyDeadline(taskId);
        _commitBy(taskId, 0);
        (uint72 seed, Advertisement memory late) = (_seed(taskId), _advertisement(taskId, 4));
        vm.expectRevert(abi.encodeWithSelector(IRounds.TooLate.selector, _keyDeadline(taskId)));
        this.advertiseWith(taskId, 1, seed, late);
        vm.expectRevert(abi.encodeWithSelector(IAdvertisements.NotAdvertised.selector, participants[4]));
        this.commitFrom(taskId, 4);
    }

    // from outside, so that an expected refusal is that of one call

    function advertiseWith(uint32 taskId, uint32 round, uint72 seed, Advertisement memory one) external {
        vm.prank(one.participant);
        federation.advertise(taskId, round, seed, one.maskKey, one.seedHash, one.sharesId);
    }

    function commitFrom(uint32 taskId, uint256 i) external {
        _commitBy(taskId, i);
    }

    function proposeOpenedBy(uint32 taskId, Proposal memory proposal, bytes memory openings) external {
        _proposeOpened(taskId, proposal, openings);
    }
}
