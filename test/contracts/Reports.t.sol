// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IBonds} from "../../contracts/interfaces/IBonds.sol";
import {IChallenges} from "../../contracts/interfaces/IChallenges.sol";
import {IReports} from "../../contracts/interfaces/IReports.sol";
import {IRounds} from "../../contracts/interfaces/IRounds.sol";
import {ITasks} from "../../contracts/interfaces/ITasks.sol";
import {MisconductKind, UpdateProof} from "../../contracts/types/ChallengeTypes.sol";
import {
    Attestation,
    Availability,
    Commitment,
    Phase,
    Proposal,
    SignedCommitment,
    TaskRules
} from "../../contracts/types/TaskTypes.sol";
import {CourtFixture, Tree} from "./support/CourtFixture.sol";

/// @notice What expels a participant, and what does not.
contract ReportsTest is CourtFixture {
    uint32 private constant COUNT = 130;
    bytes32 private constant BLOB = keccak256("blob");

    uint256 private bondWei;

    function setUp() public {
        _deploy(5, 2);
    }

    // reportUpdate

    function test_reportUpdate_expelsForALaneBeyondTheBound() public {
        (uint32 taskId, Commitment[] memory commitments, UpdateProof memory proof) = _withBadUpdate(0, 0x10000000);
        vm.expectEmit();
        emit IReports.Misconduct(taskId, 1, participants[1], outsider, MisconductKind.InvalidUpdate);
        vm.expectEmit();
        emit IBonds.Slashed(taskId, 1, participants[1], bondWei, outsider, bondWei / 2);
        vm.expectEmit();
        emit ITasks.Leaving(taskId, participants[1]);
        vm.prank(outsider);
        federation.reportUpdate(taskId, 1, commitments, proof, 0);
        _expectExpelled(taskId, participants[1]);
        bytes32 subject = bytes32(uint256(uint160(participants[1])));
        (address reporter, uint256 rewardWei, ) = federation.heldReward(_caseHash(taskId, 1, subject, 128, 0));
        assertEq(reporter, outsider);
        assertEq(rewardWei, bondWei / 2);
        assertEq(federation.burntWei(), bondWei / 2);
        // the round goes on
        assertTrue(_phase(taskId) == Phase.Aggregating, "goes on");
        vm.expectRevert(abi.encodeWithSelector(IReports.NotAnswerable.selector, participants[1]));
        federation.reportUpdate(taskId, 1, commitments, proof, 0);
    }

    function test_reportUpdate_expelsForPaddingThatIsNotZero() public {
        // lane 2 of the last chunk is the first beyond 130
        (uint32 taskId, Commitment[] memory commitments, UpdateProof memory proof) = _withBadUpdate(2, 1);
        federation.reportUpdate(taskId, 1, commitments, proof, 0);
        _expectExpelled(taskId, participants[1]);
    }

    function test_reportUpdate_takesTheReservedReward() public {
        (uint32 taskId, Commitment[] memory commitments, UpdateProof memory proof) = _withBadUpdate(0, 0x10000000);
        bytes32 caseHash = _caseHash(taskId, 1, bytes32(uint256(uint160(participants[1]))), 128, 0);
        bytes32 salt = keccak256("salt");
        federation.reserveChallenge(keccak256(abi.encode(outsider, salt, caseHash)));
        vm.warp(block.timestamp + 1);
        vm.prank(outsider);
        federation.reportUpdate(taskId, 1, commitments, proof, salt);
        assertEq(federation.creditOf(outsider), bondWei / 2);
    }

    function test_reportUpdate_refusesOtherRoundsAndCommitments() public {
        (uint32 taskId, Commitment[] memory commitments, UpdateProof memory proof) = _withBadUpdate(0, 0x10000000);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongRound.selector, 1));
        federation.reportUpdate(taskId, 2, commitments, proof, 0);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongRound.selector, 1));
        federation.reportUpdate(taskId, 0, commitments, proof, 0);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongRound.selector, 0));
        federation.reportUpdate(taskId + 1, 1, commitments, proof, 0);
        ++commitments[2].weight;
        vm.expectRevert(IChallenges.WrongCommitments.selector);
        federation.reportUpdate(taskId, 1, commitments, proof, 0);
    }

    function test_reportUpdate_waitsForTheClosing() public {
        uint32 taskId = _openedCourt(_courtRules());
        Commitment[] memory one = new Commitment[](1);
        one[0] = _commitRoot(taskId, 0, _update(COUNT, 0).root);
        UpdateProof memory proof = UpdateProof(0, 0, _chunk(COUNT, UPDATE_SEED, 0), _path(_update(COUNT, 0), 0, 0));
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Open));
        federation.reportUpdate(taskId, 1, one, proof, 0);
        // a round without enough updates can be reported from too
        _passDeadline(taskId);
        federation.closeRound(taskId, 1);
        assertTrue(_phase(taskId) == Phase.Invalidated, "invalidated");
        vm.expectRevert(IChallenges.UpdateIsValid.selector);
        federation.reportUpdate(taskId, 1, one, proof, 0);
    }

    function test_reportUpdate_refusesMalformedProofs() public {
        (uint32 taskId, Commitment[] memory commitments, UpdateProof memory proof) = _withBadUpdate(0, 0x10000000);
        bytes memory malformed = abi.encodeWithSelector(IChallenges.MalformedProof.selector);
        proof.position = 5;
        _refused(taskId, commitments, proof, malformed);
        proof.position = 1;
        proof.chunkIndex = 3;
        _refused(taskId, commitments, proof, malformed);
        proof.chunkIndex = 0;
        bytes memory chunk = proof.chunk;
        proof.chunk = bytes.concat(chunk, hex"00");
        _refused(taskId, commitments, proof, malformed);
        proof.chunk = chunk;
        bytes32[] memory path = proof.path;
        proof.path = new bytes32[](1);
        _refused(taskId, commitments, proof, malformed);
        proof.path = new bytes32[](2);
        _refused(taskId, commitments, proof, abi.encodeWithSelector(IChallenges.NotInUpdate.selector, 1));
        proof.path = path;
        proof.chunkIndex = 1;
        _refused(taskId, commitments, proof, abi.encodeWithSelector(IChallenges.NotInUpdate.selector, 1));
        proof.chunkIndex = 0;
        proof.position = 0;
        _refused(taskId, commitments, proof, abi.encodeWithSelector(IChallenges.NotInUpdate.selector, 0));
        // a right chunk of the same update
        proof.position = 1;
        proof.chunkIndex = 1;
        (proof.chunk, proof.path) = (_chunk(COUNT, UPDATE_SEED + 1, 1), _path(_badTree(0, 0x10000000), 0, 1));
        _refused(taskId, commitments, proof, abi.encodeWithSelector(IChallenges.UpdateIsValid.selector));
    }

    function test_reportUpdate_ofACopiedCommitmentProvesNothing() public {
        // participant 2 commits to the very root of participant 1
        uint32 taskId = _openedCourt(_courtRules());
        Commitment[] memory commitments = new Commitment[](2);
        Tree memory bad = _badTree(0, 0x10000000);
        commitments[0] = _commitRoot(taskId, 1, bad.root);
        commitments[1] = Commitment(participants[2], 2, 10, commitments[0].updateRoot, BLOB);
        bytes32 base = _base(taskId);
        vm.prank(participants[2]);
        federation.commit(taskId, 1, base, commitments[1].updateRoot, BLOB, 10);
        _passDeadline(taskId);
        federation.closeRound(taskId, 1);
        UpdateProof memory proof = UpdateProof(1, 0, _badChunk(0, 0x10000000), _path(bad, 0, 0));
        vm.expectRevert(abi.encodeWithSelector(IChallenges.NotInUpdate.selector, 2));
        federation.reportUpdate(taskId, 1, commitments, proof, 0);
    }

    function test_reportUpdate_untilTheRecordIsWrittenOver() public {
        (uint32 taskId, Commitment[] memory commitments, UpdateProof memory proof) = _withBadUpdate(0, 0x10000000);
        Proposal memory proposal = _proposal(taskId, 0);
        _propose(taskId, proposal);
        _passDeadline(taskId);
        federation.finalizeUnchallenged(taskId, 1, proposal);
        _open(taskId);
        _finish(taskId);
        _open(taskId);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongRound.selector, 3));
        federation.reportUpdate(taskId, 1, commitments, proof, 0);
    }

    function test_report_inTheRoundAfter() public {
        (uint32 taskId, Commitment[] memory commitments, UpdateProof memory proof) = _withBadUpdate(0, 0x10000000);
        Proposal memory proposal = _proposal(taskId, 0);
        _propose(taskId, proposal);
        _passDeadline(taskId);
        federation.finalizeUnchallenged(taskId, 1, proposal);
        _open(taskId);
        federation.reportUpdate(taskId, 1, commitments, proof, 0);
        _expectExpelled(taskId, participants[1]);
        bytes32 base = _base(taskId);
        vm.expectRevert(abi.encodeWithSelector(ITasks.NotEnrolled.selector, participants[1]));
        vm.prank(participants[1]);
        federation.commit(taskId, 2, base, keccak256("update"), BLOB, 10);
    }

    // expelled participants and their bonds, in every order

    function test_expelled_staysOutOfTheTaskForEver() public {
        (uint32 taskId, Commitment[] memory commitments, UpdateProof memory proof) = _withBadUpdate(0, 0x10000000);
        federation.reportUpdate(taskId, 1, commitments, proof, 0);
        address bad = participants[1];
        vm.expectRevert(abi.encodeWithSelector(ITasks.NotEnrolled.selector, bad));
        vm.prank(bad);
        federation.leaveTask(taskId);
        _bond(bad, bondWei);
        vm.expectRevert(abi.encodeWithSelector(ITasks.AlreadyEnrolled.selector, bad));
        vm.prank(bad);
        federation.enrol(taskId);
        _endRound(taskId);
        federation.freePlaces(taskId);
        _expectBond(bad, bondWei, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(ITasks.Expelled.selector, bad));
        vm.prank(bad);
        federation.enrol(taskId);
        federation.revokeRole(federation.PARTICIPANT_ROLE(), bad);
        federation.grantRole(federation.PARTICIPANT_ROLE(), bad);
        vm.expectRevert(abi.encodeWithSelector(ITasks.Expelled.selector, bad));
        vm.prank(bad);
        federation.enrol(taskId);
        // other tasks are not concerned
        uint32 other = _create(_courtRules());
        _enrol(other, bad);
        _expectBond(bad, 0, bondWei, 0);
    }

    function test_report_afterLeavingUntilThePlaceIsFreed() public {
        (uint32 taskId, Commitment[] memory commitments, UpdateProof memory proof) = _withBadUpdate(0, 0x10000000);
        vm.prank(participants[1]);
        federation.leaveTask(taskId);
        federation.reportUpdate(taskId, 1, commitments, proof, 0);
        _expectExpelled(taskId, participants[1]);
        _endRound(taskId);
        federation.freePlaces(taskId);
        // freed once: the list of those who wait held it once
        assertEq(federation.participants(taskId).length, 4);
        _expectBond(participants[1], 0, 0, 0);
    }

    function test_report_afterTheRoleIsRevoked() public {
        (uint32 taskId, Commitment[] memory commitments, UpdateProof memory proof) = _withBadUpdate(0, 0x10000000);
        federation.revokeRole(federation.PARTICIPANT_ROLE(), participants[1]);
        federation.reportUpdate(taskId, 1, commitments, proof, 0);
        _expectExpelled(taskId, participants[1]);
    }

    function test_revoke_afterTheReport() public {
        (uint32 taskId, Commitment[] memory commitments, UpdateProof memory proof) = _withBadUpdate(0, 0x10000000);
        federation.reportUpdate(taskId, 1, commitments, proof, 0);
        federation.revokeRole(federation.PARTICIPANT_ROLE(), participants[1]);
        _endRound(taskId);
        _open(taskId);
        assertEq(federation.participants(taskId).length, 4);
        _expectBond(participants[1], 0, 0, 0);
    }

    function test_report_afterThePlaceIsFreed() public {
        (uint32 taskId, Commitment[] memory commitments, UpdateProof memory proof) = _withBadUpdate(0, 0x10000000);
        vm.prank(participants[1]);
        federation.leaveTask(taskId);
        _endRound(taskId);
        federation.freePlaces(taskId);
        vm.expectRevert(abi.encodeWithSelector(IReports.NotAnswerable.selector, participants[1]));
        federation.reportUpdate(taskId, 1, commitments, proof, 0);
        _expectBond(participants[1], bondWei, 0, 0);
        // one that comes back while the round is on record answers with the new bond
        _enrol(taskId, participants[1]);
        federation.reportUpdate(taskId, 1, commitments, proof, 0);
        _expectExpelled(taskId, participants[1]);
    }

    function test_report_withoutBondsExpelsAndMovesNoEther() public {
        TaskRules memory rules = _courtRules();
        rules.participantBondGwei = 0;
        (uint32 taskId, Commitment[] memory commitments, UpdateProof memory proof) = _withBadUpdateUnder(
            rules,
            0,
            1 << 28
        );
        federation.reportUpdate(taskId, 1, commitments, proof, 0);
        _expectExpelled(taskId, participants[1]);
        assertEq(federation.burntWei(), 0);
        bytes32 subject = bytes32(uint256(uint160(participants[1])));
        (address reporter, , ) = federation.heldReward(_caseHash(taskId, 1, subject, 128, 0));
        assertEq(reporter, address(0));
    }

    function test_expelled_mayNotAttest() public {
        (uint32 taskId, Commitment[] memory commitments, UpdateProof memory proof) = _withBadUpdate(0, 0x10000000);
        Proposal memory proposal = _proposal(taskId, 0);
        _propose(taskId, proposal);
        federation.reportUpdate(taskId, 1, commitments, proof, 0);
        Attestation[] memory attestations = _attestations(taskId, 2);
        vm.expectRevert(abi.encodeWithSelector(IRounds.InvalidAttester.selector, participants[1]));
        federation.finalize(taskId, 1, proposal, attestations);
    }

    // reportEquivocation

    function test_reportEquivocation_expelsForEachFieldThatDiffers() public {
        uint32 taskId = _openedCourt(_courtRules());
        SignedCommitment memory one = _signed(taskId, 1, 0, 10);
        for (uint256 i = 0; i < 3; ++i) {
            one = _signed(taskId, 1, i, 10);
            SignedCommitment memory other = SignedCommitment(10, one.updateRoot, one.contentId, 0, 0);
            if (i == 0) other.weight = 11;
            if (i == 1) other.updateRoot = keccak256("another");
            if (i == 2) other.contentId = keccak256("another");
            other = _signedBy(taskId, 1, keys[i], other);
            bytes32 base = _base(taskId);
            vm.expectEmit();
            emit IReports.Misconduct(taskId, 1, participants[i], outsider, MisconductKind.Equivocation);
            vm.prank(outsider);
            federation.reportEquivocation(taskId, 1, base, one, other, 0);
            _expectExpelled(taskId, participants[i]);
            bytes32 subject = bytes32(uint256(uint160(participants[i])));
            (address reporter, , ) = federation.heldReward(_caseHash(taskId, 1, subject, 129, 0));
            assertEq(reporter, outsider);
            vm.expectRevert(abi.encodeWithSelector(IReports.NotAnswerable.selector, participants[i]));
            federation.reportEquivocation(taskId, 1, base, one, other, 0);
        }
    }

    function test_reportEquivocation_refusesWhatIsNone() public {
        uint32 taskId = _openedCourt(_courtRules());
        bytes32 base = _base(taskId);
        SignedCommitment memory one = _signed(taskId, 1, 0, 10);
        vm.expectRevert(IReports.NoEquivocation.selector);
        federation.reportEquivocation(taskId, 1, base, one, one, 0);
        SignedCommitment memory other = _signed(taskId, 1, 1, 11);
        vm.expectRevert(IReports.NoEquivocation.selector);
        federation.reportEquivocation(taskId, 1, base, one, other, 0);
        // over another base model it was signed by nobody known
        other = _signed(taskId, 1, 0, 11);
        bytes32 elsewhere = keccak256("another base");
        vm.expectRevert(IReports.NoEquivocation.selector);
        federation.reportEquivocation(taskId, 1, elsewhere, one, other, 0);
        vm.expectRevert(IReports.NoEquivocation.selector);
        federation.reportEquivocation(taskId, 2, base, one, other, 0);
        other.vs = bytes32(type(uint256).max >> 1);
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureS.selector, other.vs));
        federation.reportEquivocation(taskId, 1, base, one, other, 0);
    }

    function test_reportEquivocation_ofAStrangerIsNotAnswered() public {
        uint32 taskId = _openedCourt(_courtRules());
        SignedCommitment memory one = SignedCommitment(1, BLOB, BLOB, 0, 0);
        SignedCommitment memory other = SignedCommitment(2, BLOB, BLOB, 0, 0);
        one = _signedBy(taskId, 1, 0xbad, one);
        other = _signedBy(taskId, 1, 0xbad, other);
        bytes32 base = _base(taskId);
        vm.expectRevert(abi.encodeWithSelector(IReports.NotAnswerable.selector, outsider));
        federation.reportEquivocation(taskId, 1, base, one, other, 0);
    }

    // reportDoubleCommitment

    function test_reportDoubleCommitment_expelsForEachFieldThatDiffers() public {
        uint32 taskId = _openedCourt(_courtRules());
        Commitment[] memory commitments = _commitTrees(taskId, COUNT);
        for (uint256 i = 0; i < 3; ++i) {
            SignedCommitment memory signed = _made(commitments[i]);
            if (i == 0) ++signed.weight;
            if (i == 1) signed.updateRoot = keccak256("another");
            if (i == 2) signed.contentId = keccak256("another");
            signed = _signedBy(taskId, 1, keys[i], signed);
            vm.expectEmit();
            emit IReports.Misconduct(taskId, 1, participants[i], outsider, MisconductKind.Equivocation);
            vm.prank(outsider);
            federation.reportDoubleCommitment(taskId, 1, commitments, uint32(i), signed, 0);
            _expectExpelled(taskId, participants[i]);
        }
    }

    function test_reportDoubleCommitment_refusesWhatIsNone() public {
        uint32 taskId = _openedCourt(_courtRules());
        Commitment[] memory commitments = _commitTrees(taskId, COUNT);
        SignedCommitment memory same = _signedBy(taskId, 1, keys[0], _made(commitments[0]));
        vm.expectRevert(IReports.NoEquivocation.selector);
        federation.reportDoubleCommitment(taskId, 1, commitments, 0, same, 0);
        vm.expectRevert(IReports.NoEquivocation.selector);
        federation.reportDoubleCommitment(taskId, 1, commitments, 1, same, 0);
        vm.expectRevert(IChallenges.MalformedProof.selector);
        federation.reportDoubleCommitment(taskId, 1, commitments, 5, same, 0);
        SignedCommitment memory other = _signed(taskId, 1, 0, 11);
        vm.expectRevert(IChallenges.WrongCommitments.selector);
        federation.reportDoubleCommitment(taskId, 1, new Commitment[](0), 0, other, 0);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongRound.selector, 1));
        federation.reportDoubleCommitment(taskId, 2, commitments, 0, other, 0);
    }

    function test_reportDoubleCommitment_waitsForTheClosing() public {
        uint32 taskId = _openedCourt(_courtRules());
        Commitment[] memory one = new Commitment[](1);
        one[0] = _commitRoot(taskId, 0, _update(COUNT, 0).root);
        SignedCommitment memory other = _signed(taskId, 1, 0, 11);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Open));
        federation.reportDoubleCommitment(taskId, 1, one, 0, other, 0);
    }

    // reportWithheld

    function test_reportWithheld_expelsWhomTheWordsDoNotName() public {
        (uint32 taskId, Commitment[] memory commitments, Proposal memory proposal) = _withheldByWords();
        vm.expectRevert(abi.encodeWithSelector(IChallenges.NotLeftOut.selector, 0));
        federation.reportWithheld(taskId, 1, proposal, commitments, 0, 0);
        vm.expectRevert(IChallenges.MalformedProof.selector);
        federation.reportWithheld(taskId, 1, proposal, commitments, 5, 0);
        vm.expectEmit();
        emit IReports.Misconduct(taskId, 1, participants[4], outsider, MisconductKind.Withheld);
        vm.prank(outsider);
        federation.reportWithheld(taskId, 1, proposal, commitments, 4, 0);
        _expectExpelled(taskId, participants[4]);
        bytes32 subject = bytes32(uint256(uint160(participants[4])));
        (address reporter, , ) = federation.heldReward(_caseHash(taskId, 1, subject, 130, 0));
        assertEq(reporter, outsider);
    }

    function test_reportWithheld_afterTheRoundIsFinal() public {
        (uint32 taskId, Commitment[] memory commitments, Proposal memory proposal) = _withheldByWords();
        _passDeadline(taskId);
        federation.finalizeUnchallenged(taskId, 1, proposal);
        federation.reportWithheld(taskId, 1, proposal, commitments, 4, 0);
        _expectExpelled(taskId, participants[4]);
    }

    function test_reportWithheld_refusesOtherPhasesAndProposals() public {
        uint32 taskId = _openedCourt(_courtRules());
        Commitment[] memory commitments = _commitTrees(taskId, COUNT);
        Proposal memory proposal = _proposal(taskId, 1);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Aggregating));
        federation.reportWithheld(taskId, 1, proposal, commitments, 0, 0);
        _propose(taskId, proposal);
        bytes32 proposalHash = federation.roundInfo(taskId, 1).proposalHash;
        // left out for no reason that the contract knows
        vm.expectRevert(IRounds.InvalidExclusion.selector);
        federation.reportWithheld(taskId, 1, proposal, commitments, 0, 0);
        ++proposal.totalWeight;
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongProposal.selector, proposalHash));
        federation.reportWithheld(taskId, 1, proposal, commitments, 0, 0);
    }

    function _withheldByWords()
        private
        returns (uint32 taskId, Commitment[] memory commitments, Proposal memory proposal)
    {
        TaskRules memory rules = _courtRules();
        rules.holders = 2;
        rules.minUpdates = 4;
        taskId = _openedCourt(rules);
        commitments = _commitTrees(taskId, COUNT);
        proposal = _proposal(taskId, 1 << 4);
        Availability[] memory words = _words(taskId, 1, 4, 0xf);
        _proposeWith(taskId, proposal, words);
    }

    function _courtRules() private returns (TaskRules memory rules) {
        rules = _bondedRules(false, true);
        rules.parameterCount = COUNT;
        rules.participantBondGwei = uint48(federation.leastBondWei(COUNT, rules.maxUpdates) / 1 gwei);
        bondWei = uint256(rules.participantBondGwei) * 1 gwei;
    }

    function _made(Commitment memory commitment) private pure returns (SignedCommitment memory) {
        return SignedCommitment(commitment.weight, commitment.updateRoot, commitment.contentId, 0, 0);
    }

    /// @dev Participant 1's chunk with the lane at the first place of chunk 0, or at the third of chunk 2, replaced.
    function _badChunk(uint256 index, uint32 lane) private pure returns (bytes memory chunk) {
        chunk = _chunk(COUNT, UPDATE_SEED + 1, index);
        uint256 start = index == 0 ? 0 : 8;
        for (uint256 i = 0; i < 4; ++i) {
            chunk[start + i] = bytes1(uint8(lane >> (8 * i)));
        }
    }

    function _badTree(uint256 index, uint32 lane) private pure returns (Tree memory) {
        bytes32[] memory leaves = _leaves(COUNT, UPDATE_SEED + 1);
        leaves[index] = _leaf(index, _badChunk(index, lane));
        return _treeOf(COUNT, leaves);
    }

    function _withBadUpdate(
        uint256 index,
        uint32 lane
    ) private returns (uint32 taskId, Commitment[] memory commitments, UpdateProof memory proof) {
        return _withBadUpdateUnder(_courtRules(), index, lane);
    }

    function _withBadUpdateUnder(
        TaskRules memory rules,
        uint256 index,
        uint32 lane
    ) private returns (uint32 taskId, Commitment[] memory commitments, UpdateProof memory proof) {
        taskId = _openedCourt(rules);
        commitments = new Commitment[](5);
        Tree memory bad = _badTree(index, lane);
        for (uint256 i = 0; i < 5; ++i) {
            commitments[i] = _commitRoot(taskId, i, i == 1 ? bad.root : _update(COUNT, i).root);
        }
        federation.closeRound(taskId, 1);
        proof = UpdateProof(1, uint32(index), _badChunk(index, lane), _path(bad, 0, index));
    }

    /// @dev The round, being aggregated, runs out of attempts.
    function _endRound(uint32 taskId) private {
        for (uint256 i = 0; i < 2; ++i) {
            _passDeadline(taskId);
            federation.reassign(taskId, _round(taskId));
        }
        assertTrue(_phase(taskId) == Phase.Invalidated, "ended");
    }

    function _refused(
        uint32 taskId,
        Commitment[] memory commitments,
        UpdateProof memory proof,
        bytes memory refusal
    ) private {
        vm.expectRevert(refusal);
        federation.reportUpdate(taskId, 1, commitments, proof, 0);
    }

    function _expectExpelled(uint32 taskId, address participant) private view {
        (bool enrolled, , bool leaving, , bool bonded, bool expelled) = federation.enrolment(taskId, participant);
        assertTrue(enrolled && leaving && !bonded && expelled, "expelled");
        _expectBond(participant, 0, 0, 0);
    }
}
