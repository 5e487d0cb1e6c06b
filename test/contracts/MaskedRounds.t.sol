// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAdvertisements} from "../../contracts/interfaces/IAdvertisements.sol";
import {IOpenings} from "../../contracts/interfaces/IOpenings.sol";
import {IRounds} from "../../contracts/interfaces/IRounds.sol";
import {ITasks} from "../../contracts/interfaces/ITasks.sol";
import {Advertisement} from "../../contracts/types/PrivacyTypes.sol";
import {
    Attestation,
    Availability,
    Mode,
    Phase,
    Proposal,
    RoundInfo,
    SignedCommitment,
    TaskRules
} from "../../contracts/types/TaskTypes.sol";
import {MaskedFixture} from "./support/MaskedFixture.sol";

/// @notice The steps of rounds whose updates are masked or encrypted.
contract MaskedRoundsTest is MaskedFixture {
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    function setUp() public {
        _deploy(6, 3);
    }

    // advertise

    function test_openRound_givesTheKeysTheirOwnWindow() public {
        uint32 taskId = _openedWith(_maskedRules());
        RoundInfo memory info = federation.roundInfo(taskId, 0);
        assertEq(info.deadline, block.timestamp + 700);
        assertEq(info.keyed, 0);
    }

    function test_advertise_extendsTheAccumulator() public {
        uint32 taskId = _openedWith(_maskedRules());
        bytes32 before = federation.roundInfo(taskId, 0).accumulator;
        Advertisement memory one = _advertisement(taskId, 4);
        vm.expectEmit();
        emit IAdvertisements.Advertised(taskId, 1, participants[4], one.slot, one.maskKey, one.seedHash, one.sharesId);
        this.advertiseFrom(taskId, 4);
        RoundInfo memory info = federation.roundInfo(taskId, 0);
        assertEq(info.keyed, 1 << one.slot);
        assertEq(info.accumulator, keccak256(abi.encode(before, uint256(1), one)));
    }

    function test_advertise_isForTheNewestOpenRound() public {
        uint32 taskId = _openedWith(_maskedRules());
        Advertisement memory one = _advertisement(taskId, 0);
        uint72 seed = _seed(taskId);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongRound.selector, 1));
        vm.prank(participants[0]);
        federation.advertise(taskId, 2, seed, one.maskKey, one.seedHash, one.sharesId);
        _advertiseFirst(taskId, 3);
        _passKeyDeadline(taskId);
        _commitFirst(taskId, 3);
        federation.closeRound(taskId, 1);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Aggregating));
        vm.prank(participants[5]);
        federation.advertise(taskId, 1, seed, one.maskKey, one.seedHash, one.sharesId);
    }

    function test_advertise_isForTasksThatHideUpdates() public {
        uint32 taskId = _opened();
        vm.expectRevert(abi.encodeWithSelector(IAdvertisements.WrongMode.selector, Mode.Transparent));
        this.advertiseFrom(taskId, 0);
    }

    function test_advertise_endsWithTheKeyWindow() public {
        uint32 taskId = _openedWith(_maskedRules());
        _toKeyDeadline(taskId);
        _advertise(taskId, 0);
        _passKeyDeadline(taskId);
        bytes memory late = abi.encodeWithSelector(IRounds.TooLate.selector, block.timestamp - 1);
        vm.expectRevert(late);
        this.advertiseFrom(taskId, 1);
    }

    function test_advertise_namesTheRoundsSeed() public {
        uint32 taskId = _openedWith(_maskedRules());
        Advertisement memory one = _advertisement(taskId, 0);
        uint72 seed = _seed(taskId);
        vm.expectRevert(abi.encodeWithSelector(IAdvertisements.WrongSeed.selector, seed));
        vm.prank(participants[0]);
        federation.advertise(taskId, 1, seed ^ 1, one.maskKey, one.seedHash, one.sharesId);
    }

    function test_advertise_refusesZeroes() public {
        uint32 taskId = _openedWith(_maskedRules());
        Advertisement memory one = _advertisement(taskId, 0);
        _refusesAdvertisement(taskId, 0, one.seedHash, one.sharesId, IRounds.InvalidRoot.selector);
        _refusesAdvertisement(taskId, one.maskKey, 0, one.sharesId, IRounds.InvalidRoot.selector);
        _refusesAdvertisement(taskId, one.maskKey, one.seedHash, 0, IRounds.InvalidRoot.selector);
    }

    function test_advertise_refusesKeysThatAreNoPoint() public {
        uint32 taskId = _openedWith(_maskedRules());
        bytes4 refusal = IAdvertisements.InvalidMaskKey.selector;
        // 5 is no x of a point, 1 is one
        _refusesAdvertisement(taskId, bytes32(uint256(5)), "seed", "shares", refusal);
        _refusesAdvertisement(taskId, bytes32(ORDER), "seed", "shares", refusal);
        _refusesAdvertisement(taskId, bytes32(type(uint256).max), "seed", "shares", refusal);
        uint72 seed = _seed(taskId);
        vm.prank(participants[0]);
        federation.advertise(taskId, 1, seed, bytes32(uint256(1)), "seed", "shares");
    }

    function test_advertise_takesAnyHashInEncryptedTasks() public {
        uint32 taskId = _openedWith(_encryptedRules());
        uint72 seed = _seed(taskId);
        vm.prank(participants[0]);
        federation.advertise(taskId, 1, seed, bytes32(uint256(5)), "secret key", "blob");
    }

    function test_advertise_isForTheDrawnWhoMayCommit() public {
        TaskRules memory rules = _maskedRules();
        rules.participationBps = 5_000;
        rules.roundsPerParticipant = 1;
        uint32 taskId = _openedWith(rules);
        Advertisement memory one = Advertisement(outsider, 0, maskKeys[0], "seed", "shares");
        uint72 seed = _seed(taskId);
        vm.expectRevert(abi.encodeWithSelector(ITasks.NotEnrolled.selector, outsider));
        vm.prank(outsider);
        federation.advertise(taskId, 1, seed, one.maskKey, one.seedHash, one.sharesId);
        uint256[] memory drawn = new uint256[](3);
        uint256 count = 0;
        for (uint256 i = 0; i < participants.length; ++i) {
            (, bool isDrawn) = federation.slotOf(taskId, participants[i]);
            if (isDrawn) {
                drawn[count++] = i;
                continue;
            }
            vm.expectRevert(abi.encodeWithSelector(IRounds.NotDrawn.selector, participants[i]));
            vm.prank(participants[i]);
            federation.advertise(taskId, 1, seed, one.maskKey, one.seedHash, one.sharesId);
        }
        assertEq(count, 3);
        vm.prank(participants[drawn[0]]);
        federation.leaveTask(taskId);
        vm.expectRevert(abi.encodeWithSelector(ITasks.NotEnrolled.selector, participants[drawn[0]]));
        vm.prank(participants[drawn[0]]);
        federation.advertise(taskId, 1, seed, one.maskKey, one.seedHash, one.sharesId);
        _advertise(taskId, drawn[1]);
        vm.expectRevert(abi.encodeWithSelector(IAdvertisements.AlreadyAdvertised.selector, participants[drawn[1]]));
        vm.prank(participants[drawn[1]]);
        federation.advertise(taskId, 1, seed, one.maskKey, one.seedHash, one.sharesId);
    }

    function test_advertise_needsARoundOfTheBudget() public {
        TaskRules memory rules = _maskedRules();
        rules.roundsPerParticipant = 1;
        rules.maxUpdates = 6;
        uint32 taskId = _openedWith(rules);
        _advertiseFirst(taskId, 6);
        _commitFirst(taskId, 5);
        _passDeadline(taskId);
        federation.closeRound(taskId, 1);
        Proposal memory proposal = _proposal(taskId, 0);
        _proposeOpened(taskId, proposal, _openings(taskId));
        _passDeadline(taskId);
        federation.finalizeUnchallenged(taskId, 1, proposal);
        _open(taskId);
        _advertise(taskId, 5);
        vm.expectRevert(abi.encodeWithSelector(IRounds.BudgetSpent.selector, participants[0]));
        this.advertiseFrom(taskId, 0);
    }

    // commit

    function test_commit_waitsForTheKeys() public {
        uint32 taskId = _openedWith(_maskedRules());
        _advertiseFirst(taskId, 4);
        _toKeyDeadline(taskId);
        bytes memory early = abi.encodeWithSelector(IRounds.TooEarly.selector, block.timestamp);
        vm.expectRevert(early);
        this.commitFrom(taskId, 0);
        _passKeyDeadline(taskId);
        _commitBy(taskId, 0);
        vm.expectRevert(abi.encodeWithSelector(IAdvertisements.NotAdvertised.selector, participants[4]));
        this.commitFrom(taskId, 4);
    }

    function test_commit_needsNoWaitingWhenAllHaveAdvertised() public {
        uint32 taskId = _openedWith(_maskedRules());
        _advertiseFirst(taskId, 6);
        _commitFirst(taskId, 6);
        federation.closeRound(taskId, 1);
        assertTrue(_phase(taskId) == Phase.Aggregating, "closed");
    }

    function test_commitBatch_waitsForTheKeysToo() public {
        uint32 taskId = _openedWith(_maskedRules());
        _advertiseFirst(taskId, 4);
        SignedCommitment[] memory signed = new SignedCommitment[](2);
        signed[0] = _signed(taskId, 1, 0, 10);
        signed[1] = _signed(taskId, 1, 1, 10);
        vm.expectRevert(abi.encodeWithSelector(IRounds.TooEarly.selector, _keyDeadline(taskId)));
        federation.commitBatch(taskId, 1, signed);
        _passKeyDeadline(taskId);
        federation.commitBatch(taskId, 1, signed);
        signed[0] = _signed(taskId, 1, 4, 10);
        vm.expectRevert(abi.encodeWithSelector(IAdvertisements.NotAdvertised.selector, participants[4]));
        federation.commitBatch(taskId, 1, signed);
        // the accumulator at the first commitment is where the keys end
        _commitBy(taskId, 2);
        _commitBy(taskId, 3);
        federation.closeRound(taskId, 1);
        assertEq(federation.roundInfo(taskId, 1).committed, federation.roundInfo(taskId, 1).keyed);
    }

    function test_commit_needsNoKeyOfItsOwnInEncryptedTasks() public {
        uint32 taskId = _openedWith(_encryptedRules());
        _advertise(taskId, 3);
        _passKeyDeadline(taskId);
        _commitFirst(taskId, 6);
        federation.closeRound(taskId, 1);
        assertTrue(_phase(taskId) == Phase.Aggregating, "closed");
    }

    // closeRound

    function test_closeRound_endsWhenAllWithKeysHaveCommitted() public {
        uint32 taskId = _openedWith(_maskedRules());
        _advertiseFirst(taskId, 4);
        _passKeyDeadline(taskId);
        _commitFirst(taskId, 3);
        vm.expectRevert(abi.encodeWithSelector(IRounds.TooEarly.selector, federation.roundInfo(taskId, 0).deadline));
        federation.closeRound(taskId, 1);
        _commitBy(taskId, 3);
        federation.closeRound(taskId, 1);
        assertTrue(_phase(taskId) == Phase.Aggregating, "closed");
    }

    /// @dev 67 % of 5 are 4, of 6 they are 5.
    function test_closeRound_needsTheThresholdOfThoseWithKeys(uint256 keyed, uint256 count) public {
        keyed = bound(keyed, 3, 6);
        count = bound(count, 0, keyed);
        uint32 taskId = _openedWith(_maskedRules());
        _advertiseFirst(taskId, keyed);
        _passKeyDeadline(taskId);
        _commitFirst(taskId, count);
        _passDeadline(taskId);
        federation.closeRound(taskId, 1);
        uint256 least = (keyed * 67 + 99) / 100;
        if (least < 3) least = 3;
        assertTrue(_phase(taskId) == (count < least ? Phase.Invalidated : Phase.Aggregating), "threshold");
    }

    function test_closeRound_endsAtOnceWhenTooFewHaveKeys() public {
        uint32 taskId = _openedWith(_maskedRules());
        _advertiseFirst(taskId, 2);
        _toKeyDeadline(taskId);
        vm.expectRevert(abi.encodeWithSelector(IRounds.TooEarly.selector, federation.roundInfo(taskId, 0).deadline));
        federation.closeRound(taskId, 1);
        _passKeyDeadline(taskId);
        federation.closeRound(taskId, 1);
        assertTrue(_phase(taskId) == Phase.Invalidated, "too few");
        // the next round's keys are its own
        _open(taskId);
        assertEq(federation.roundInfo(taskId, 0).keyed, 0);
        _open3(taskId);
    }

    function test_closeRound_endsAnEncryptedRoundWithoutAKey() public {
        uint32 taskId = _openedWith(_encryptedRules());
        _toKeyDeadline(taskId);
        vm.expectRevert(abi.encodeWithSelector(IRounds.TooEarly.selector, federation.roundInfo(taskId, 0).deadline));
        federation.closeRound(taskId, 1);
        _passKeyDeadline(taskId);
        // whatever was committed without a key is nothing
        _commitFirst(taskId, 6);
        federation.closeRound(taskId, 1);
        assertTrue(_phase(taskId) == Phase.Invalidated, "no key");
    }

    function test_closeRound_needsMinUpdatesInEncryptedTasks() public {
        uint32 taskId = _openedWith(_encryptedRules());
        _advertise(taskId, 0);
        _passKeyDeadline(taskId);
        _commitBy(taskId, 1);
        vm.expectRevert(abi.encodeWithSelector(IRounds.TooEarly.selector, federation.roundInfo(taskId, 0).deadline));
        federation.closeRound(taskId, 1);
        _passDeadline(taskId);
        federation.closeRound(taskId, 1);
        assertTrue(_phase(taskId) == Phase.Invalidated, "too few");
    }

    /// @dev No rules that a task can have lead there: the weight is written into the contract's storage.
    function test_closeRound_refusesASumThatDoesNotFit() public {
        uint32 taskId = _openedWith(_maskedRules());
        _advertiseFirst(taskId, 6);
        _commitFirst(taskId, 6);
        // the tasks are the first mapping; behind the rules (2 slots) and three words come two rounds, the odd one second
        bytes32 slot = bytes32(uint256(keccak256(abi.encode(uint256(taskId), uint256(0)))) + 5 + 8);
        uint256 state = uint256(vm.load(address(federation), slot));
        uint256 cleared = state & ~(((uint256(1) << 38) - 1) << 48);
        vm.store(address(federation), slot, bytes32(cleared | (uint256(1 << 21) << 48)));
        assertEq(federation.roundInfo(taskId, 1).totalWeight, 1 << 21);
        vm.expectRevert(IOpenings.SumTooLarge.selector);
        federation.closeRound(taskId, 1);
        vm.store(address(federation), slot, bytes32(cleared | (uint256((1 << 21) - 1) << 48)));
        federation.closeRound(taskId, 1);
    }

    // propose

    function test_proposeOpened_recordsWhatOpensTheSum() public {
        uint32 taskId = _aggregatingMasked(_maskedRules(), 6, 5);
        Proposal memory proposal = _proposal(taskId, 0);
        bytes memory openings = _openings(taskId);
        assertEq(openings.length, 6 * 32);
        vm.expectEmit();
        emit IOpenings.Opened(taskId, 1, 0, openings);
        vm.expectEmit();
        emit IRounds.Proposed(taskId, 1, proposal, uint40(block.timestamp + 900));
        this.proposeOpenedBy(taskId, proposal, openings);
        assertEq(federation.roundInfo(taskId, 1).openingsHash, keccak256(openings));
        _passDeadline(taskId);
        federation.finalizeUnchallenged(taskId, 1, proposal);
        assertEq(_modelRoot(taskId), proposal.modelRoot);
        assertEq(federation.roundInfo(taskId, 1).openingsHash, 0);
    }

    function test_propose_isForTransparentTasksAndProposeOpenedForOthers() public {
        uint32 taskId = _aggregatingMasked(_maskedRules(), 6, 6);
        Proposal memory proposal = _proposal(taskId, 0);
        vm.expectRevert(abi.encodeWithSelector(IAdvertisements.WrongMode.selector, Mode.Masked));
        vm.prank(proposal.aggregator);
        federation.propose(taskId, 1, proposal, new Availability[](0));
        taskId = _aggregating();
        proposal = _proposal(taskId, 0);
        vm.expectRevert(abi.encodeWithSelector(IAdvertisements.WrongMode.selector, Mode.Transparent));
        this.proposeOpenedBy(taskId, proposal, "");
    }

    function test_proposeOpened_leavesNothingOut() public {
        uint32 taskId = _aggregatingMasked(_maskedRules(), 6, 6);
        Proposal memory proposal = _proposal(taskId, 1);
        bytes memory openings = _openings(taskId);
        vm.expectRevert(IRounds.InvalidExclusion.selector);
        this.proposeOpenedBy(taskId, proposal, openings);
    }

    function test_proposeOpened_opensEverySlotWithAKey() public {
        uint32 taskId = _aggregatingMasked(_maskedRules(), 6, 5);
        Proposal memory proposal = _proposal(taskId, 0);
        vm.expectRevert(IOpenings.InvalidOpenings.selector);
        this.proposeOpenedBy(taskId, proposal, new bytes(5 * 32));
        vm.expectRevert(IOpenings.InvalidOpenings.selector);
        this.proposeOpenedBy(taskId, proposal, new bytes(6 * 32 + 1));
        uint32 other = _openedWith(_encryptedRules());
        _advertise(other, 0);
        _passKeyDeadline(other);
        _commitFirst(other, 6);
        federation.closeRound(other, 1);
        proposal = _proposal(other, 0);
        vm.expectRevert(IOpenings.InvalidOpenings.selector);
        this.proposeOpenedBy(other, proposal, new bytes(64));
        _proposeOpened(other, proposal, new bytes(32));
    }

    function test_proposeOpened_isForTheAssignedInTheRoundThatRuns() public {
        uint32 taskId = _aggregatingMasked(_maskedRules(), 3, 3);
        Proposal memory proposal = _proposal(taskId, 0);
        bytes memory openings = _openings(taskId);
        vm.expectRevert(abi.encodeWithSelector(IRounds.NotAssigned.selector, proposal.aggregator));
        federation.proposeOpened(taskId, 1, proposal, new Availability[](0), openings);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongRound.selector, 1));
        federation.proposeOpened(taskId, 3, proposal, new Availability[](0), openings);
    }

    function test_proposeOpened_takesWordsWhereTheTaskAsksForThem() public {
        TaskRules memory rules = _maskedRules();
        rules.minUpdates = 4;
        rules.holders = 2;
        uint32 taskId = _aggregatingMasked(rules, 6, 6);
        Proposal memory proposal = _proposal(taskId, 0);
        bytes memory openings = _openings(taskId);
        vm.expectRevert(abi.encodeWithSelector(IRounds.NotAvailable.selector, (1 << 6) - 1));
        this.proposeOpenedBy(taskId, proposal, openings);
        Availability[] memory words = _words(taskId, 1, 2, (1 << 6) - 1);
        vm.prank(proposal.aggregator);
        federation.proposeOpened(taskId, 1, proposal, words, openings);
    }

    function test_encryptedProposal_isFinalByAQuorumOnly() public {
        uint32 taskId = _openedWith(_encryptedRules());
        _advertise(taskId, 0);
        _passKeyDeadline(taskId);
        _commitFirst(taskId, 6);
        federation.closeRound(taskId, 1);
        Proposal memory proposal = _proposal(taskId, 0);
        _proposeOpened(taskId, proposal, bytes.concat(bytes32("blob of the sum")));
        assertTrue(federation.roundInfo(taskId, 1).excluding, "quorum");
        _passDeadline(taskId);
        vm.expectRevert(IRounds.InvalidExclusion.selector);
        federation.finalizeUnchallenged(taskId, 1, proposal);
        Attestation[] memory attestations = new Attestation[](2);
        attestations[0] = _attestation(taskId, 0);
        attestations[1] = _attestation(taskId, 1);
        federation.finalize(taskId, 1, proposal, attestations);
        assertTrue(_phase(taskId) == Phase.Finalized, "final");
    }

    /// @dev Opens the next round without a key, twice: the records of both parities are used again.
    function _open3(uint32 taskId) private {
        for (uint256 i = 0; i < 2; ++i) {
            _passKeyDeadline(taskId);
            federation.closeRound(taskId, _round(taskId));
            _open(taskId);
            assertEq(federation.roundInfo(taskId, 0).keyed, 0);
        }
    }

    function _refusesAdvertisement(
        uint32 taskId,
        bytes32 maskKey,
        bytes32 seedHash,
        bytes32 sharesId,
        bytes4 refusal
    ) private {
        uint72 seed = _seed(taskId);
        vm.expectRevert(refusal);
        vm.prank(participants[0]);
        federation.advertise(taskId, 1, seed, maskKey, seedHash, sharesId);
    }

    // from outside, so that an expected refusal is that of one call

    function advertiseFrom(uint32 taskId, uint256 i) external {
        _advertise(taskId, i);
    }

    function commitFrom(uint32 taskId, uint256 i) external {
        _commitBy(taskId, i);
    }

    function proposeOpenedBy(uint32 taskId, Proposal memory proposal, bytes memory openings) external {
        _proposeOpened(taskId, proposal, openings);
    }
}
