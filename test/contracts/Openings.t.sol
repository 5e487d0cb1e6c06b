// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAdvertisements} from "../../contracts/interfaces/IAdvertisements.sol";
import {IChallenges} from "../../contracts/interfaces/IChallenges.sol";
import {IMaskedChallenges} from "../../contracts/interfaces/IMaskedChallenges.sol";
import {IRounds} from "../../contracts/interfaces/IRounds.sol";
import {MaskGraph} from "../../contracts/libraries/MaskGraph.sol";
import {ChallengeKind, ChunkProof, Demand, DemandKind, UpdateProof} from "../../contracts/types/ChallengeTypes.sol";
import {Advertisement} from "../../contracts/types/PrivacyTypes.sol";
import {Availability, Commitment, Mode, Phase, Proposal, TaskRules} from "../../contracts/types/TaskTypes.sol";
import {MaskedFixture} from "./support/MaskedFixture.sol";

/// @notice Challenges of what a proposal of a masked round was opened with, and which other challenges such rounds have.
contract OpeningsTest is MaskedFixture {
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    uint32 private taskId;
    Proposal private proposed;
    bytes private openings;

    /// @dev All six advertise, five commit: slot 5 is dropped.
    function setUp() public {
        _deploy(6, 3);
        taskId = _aggregatingMasked(_maskedRules(), 6, 5);
        openings = _openings(taskId);
    }

    function test_challengeOpening_refusesEveryRightOne() public {
        _put(openings);
        for (uint8 slot = 0; slot < 6; ++slot) {
            vm.expectRevert(abi.encodeWithSelector(IMaskedChallenges.OpeningIsRight.selector, slot));
            federation.challengeOpening(taskId, 1, proposed, advertised, openings, slot, 0);
        }
    }

    function test_challengeOpening_strikesAFalseSeed() public {
        for (uint8 slot = 0; slot < 5; ++slot) {
            uint256 snapshot = vm.snapshotState();
            bytes memory wrong = _with(slot, _selfSeed(slot) ^ bytes32(uint256(1)));
            _put(wrong);
            vm.expectEmit();
            emit IChallenges.Challenged(taskId, 1, outsider, proposed.aggregator, ChallengeKind.FalseOpening, slot);
            vm.prank(outsider);
            federation.challengeOpening(taskId, 1, proposed, advertised, wrong, slot, 0);
            assertTrue(federation.isBarred(taskId, 1, proposed.aggregator), "barred");
            assertTrue(_phase(taskId) == Phase.Aggregating, "assigned anew");
            vm.revertToState(snapshot);
        }
    }

    function test_challengeOpening_strikesAFalseKey() public {
        uint256 secret = (5 % 3) + 1;
        bytes32[5] memory wrong = [
            bytes32(secret + 1),
            bytes32(0),
            bytes32(ORDER - secret),
            bytes32(ORDER + secret),
            bytes32(type(uint256).max)
        ];
        for (uint256 i = 0; i < wrong.length; ++i) {
            uint256 snapshot = vm.snapshotState();
            bytes memory false_ = _with(5, wrong[i]);
            _put(false_);
            federation.challengeOpening(taskId, 1, proposed, advertised, false_, 5, 0);
            assertTrue(_phase(taskId) == Phase.Aggregating, "struck");
            vm.revertToState(snapshot);
        }
    }

    /// @dev Where each has two neighbours, a dropped one whose neighbours dropped, too, needs no key.
    function test_challengeOpening_passesOverKeysThatNothingDependsOn() public {
        TaskRules memory rules = _maskedRules();
        rules.neighbours = 2;
        rules.thresholdPercent = 51;
        for (uint256 i = 6; i < 12; ++i) {
            uint256 key = 0xa11ce + i;
            address account = vm.addr(key);
            participants.push(account);
            keys.push(key);
            federation.grantRole(federation.PARTICIPANT_ROLE(), account);
        }
        taskId = _openedWith(rules);
        _advertiseFirst(taskId, 12);
        // slot 0 and the two beside it on the ring drop out
        uint256[] memory ring = MaskGraph.places(_seed(taskId), 12, 2);
        for (uint256 slot = 0; slot < 12; ++slot) {
            uint256 distance = (ring[slot] + 12 - ring[0]) % 12;
            if (distance > 1 && distance < 11) _commitBy(taskId, slot);
        }
        _passDeadline(taskId);
        federation.closeRound(taskId, 1);
        bytes memory zeros = bytes.concat(_openings(taskId));
        for (uint256 i = 9 * 32; i < zeros.length; ++i) zeros[i] = 0;
        _put(zeros);
        vm.expectRevert(abi.encodeWithSelector(IMaskedChallenges.OpeningIsRight.selector, 0));
        federation.challengeOpening(taskId, 1, proposed, advertised, zeros, 0, 0);
        uint8 beside = 1;
        while ((ring[beside] + 12 - ring[0]) % 12 != 1) ++beside;
        federation.challengeOpening(taskId, 1, proposed, advertised, zeros, beside, 0);
        assertTrue(_phase(taskId) == Phase.Aggregating, "struck");
    }

    function test_challengeOpening_needsTheRecord() public {
        _put(openings);
        Proposal memory other = proposed;
        other.modelRoot = keccak256("another");
        bytes32 onRecord = federation.roundInfo(taskId, 1).proposalHash;
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongProposal.selector, onRecord));
        federation.challengeOpening(taskId, 1, other, advertised, openings, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongRound.selector, 1));
        federation.challengeOpening(taskId, 2, proposed, advertised, openings, 0, 0);
        bytes memory others = _with(0, 0);
        vm.expectRevert(IMaskedChallenges.WrongOpenings.selector);
        federation.challengeOpening(taskId, 1, proposed, advertised, others, 0, 0);
        Advertisement[] memory changed = advertised;
        changed[2].sharesId = 0;
        vm.expectRevert(IMaskedChallenges.WrongAdvertisements.selector);
        federation.challengeOpening(taskId, 1, proposed, changed, openings, 0, 0);
        vm.expectRevert(IMaskedChallenges.WrongAdvertisements.selector);
        federation.challengeOpening(taskId, 1, proposed, new Advertisement[](0), openings, 0, 0);
        vm.expectRevert(IChallenges.MalformedProof.selector);
        federation.challengeOpening(taskId, 1, proposed, advertised, openings, 6, 0);
    }

    function test_challengeOpening_isForProposalsOnRecord() public {
        Proposal memory proposal = _proposal(taskId, 0);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Aggregating));
        federation.challengeOpening(taskId, 1, proposal, advertised, openings, 0, 0);
    }

    function test_challengeOpening_paysWhoReserved() public {
        TaskRules memory rules = _maskedRules();
        uint256 leastWei = federation.leastMaskedBondWei(rules.parameterCount, rules.maxUpdates, rules.neighbours);
        rules.aggregatorBondGwei = uint48(leastWei / 1 gwei);
        for (uint256 i = 0; i < aggregators.length; ++i) _bond(aggregators[i], leastWei);
        taskId = _aggregatingMasked(rules, 6, 6);
        bytes memory wrong = _openings(taskId);
        wrong[3 * 32] ^= 0x01;
        _put(wrong);
        bytes32 proposalHash = federation.roundInfo(taskId, 1).proposalHash;
        bytes32 caseHash = keccak256(abi.encode(taskId, uint32(1), proposalHash, uint256(5), uint256(3)));
        vm.prank(outsider);
        federation.reserveChallenge(keccak256(abi.encode(outsider, bytes32("salt"), caseHash)));
        vm.warp(block.timestamp + 1);
        vm.prank(outsider);
        federation.challengeOpening(taskId, 1, proposed, advertised, wrong, 3, "salt");
        assertEq(federation.creditOf(outsider), (uint256(rules.aggregatorBondGwei) / 2) * 1 gwei);
    }

    // which proofs there are

    function test_challengeMaskedChunk_needsTheRecord() public {
        _put(openings);
        ChunkProof memory proof;
        vm.expectRevert(IChallenges.WrongCommitments.selector);
        federation.challengeMaskedChunk(taskId, 1, proposed, advertised, new Commitment[](0), openings, proof, 0);
        vm.expectRevert(IMaskedChallenges.WrongOpenings.selector);
        federation.challengeMaskedChunk(taskId, 1, proposed, advertised, committed, "", proof, 0);
        vm.expectRevert(IMaskedChallenges.WrongAdvertisements.selector);
        federation.challengeMaskedChunk(taskId, 1, proposed, new Advertisement[](5), committed, openings, proof, 0);
        vm.expectRevert(IChallenges.MalformedProof.selector);
        federation.challengeMaskedChunk(taskId, 1, proposed, advertised, committed, openings, proof, 0);
        vm.expectRevert(abi.encodeWithSelector(IAdvertisements.WrongMode.selector, Mode.Masked));
        federation.challengeChunk(taskId, 1, proposed, committed, proof, 0);
    }

    function test_maskedChallenges_areForMaskedTasks() public {
        (uint32 plain, Proposal memory proposal) = _proposed(0);
        ChunkProof memory proof;
        bytes memory refusal = abi.encodeWithSelector(IAdvertisements.WrongMode.selector, Mode.Transparent);
        vm.expectRevert(refusal);
        federation.challengeMaskedChunk(plain, 1, proposal, advertised, committed, openings, proof, 0);
        vm.expectRevert(refusal);
        federation.challengeOpening(plain, 1, proposal, advertised, openings, 0, 0);
    }

    /// @dev Commitments alone, without the keys before them, are what all other proofs take.
    function test_otherChallenges_takeTheCommitmentsAlone() public {
        _put(openings);
        vm.expectRevert(IChallenges.WeightIsRight.selector);
        federation.challengeWeight(taskId, 1, proposed, committed, 0);
        vm.expectRevert(abi.encodeWithSelector(IChallenges.NotLeftOut.selector, 0));
        federation.challengeExclusion(taskId, 1, proposed, committed, 0, 0, 0, 0);
        committed.pop();
        vm.expectRevert(IChallenges.WrongCommitments.selector);
        federation.challengeWeight(taskId, 1, proposed, committed, 0);
    }

    function test_encryptedUpdates_areNotProvenWrong() public {
        taskId = _openedWith(_encryptedRules());
        _advertise(taskId, 0);
        _passKeyDeadline(taskId);
        _commitFirst(taskId, 6);
        federation.closeRound(taskId, 1);
        UpdateProof memory update;
        bytes memory refusal = abi.encodeWithSelector(IAdvertisements.WrongMode.selector, Mode.Encrypted);
        vm.expectRevert(refusal);
        federation.reportUpdate(taskId, 1, committed, update, 0);
        _put(new bytes(32));
        vm.expectRevert(refusal);
        federation.challengeUpdate(taskId, 1, proposed, committed, update, 0);
        ChunkProof memory proof;
        vm.expectRevert(refusal);
        federation.challengeChunk(taskId, 1, proposed, committed, proof, 0);
        vm.expectRevert(refusal);
        federation.challengeMaskedChunk(taskId, 1, proposed, advertised, committed, new bytes(32), proof, 0);
        bytes32 proposalHash = federation.roundInfo(taskId, 1).proposalHash;
        Demand memory demand = Demand(
            taskId,
            1,
            proposalHash,
            DemandKind.UpdateChunk,
            committed[0].slot,
            0,
            committed[0].updateRoot
        );
        uint256 bondWei = federation.demandBondWei(DemandKind.UpdateChunk);
        vm.deal(address(this), bondWei);
        vm.expectRevert(refusal);
        federation.demandChunk{value: bondWei}(demand, proposed, committed, 0);
        // the model is as plain as any
        demand = Demand(taskId, 1, proposalHash, DemandKind.ModelNodes, 4, 0, proposed.modelRoot);
        bondWei = federation.demandBondWei(DemandKind.ModelNodes);
        vm.deal(address(this), bondWei);
        federation.demandNodes{value: bondWei}(demand, proposed, new bytes32[](0));
    }

    /// @notice The right openings with another one in the place of a slot: slots 0 to 4 are survivors, 5 is dropped.
    function _with(uint256 slot, bytes32 other) private view returns (bytes memory changed) {
        changed = bytes.concat(openings);
        assembly ("memory-safe") {
            mstore(add(add(changed, 32), mul(slot, 32)), other)
        }
    }

    function _put(bytes memory given) private {
        proposed = _proposal(taskId, 0);
        _proposeOpened(taskId, proposed, given);
    }
}
