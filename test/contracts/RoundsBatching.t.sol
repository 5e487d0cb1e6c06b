// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IRounds} from "../../contracts/interfaces/IRounds.sol";
import {ITasks} from "../../contracts/interfaces/ITasks.sol";
import {IFederation} from "../../contracts/interfaces/IFederation.sol";
import {Phase, Proposal, RoundInfo, SignedCommitment, TaskRules} from "../../contracts/types/TaskTypes.sol";
import {FederationFixture} from "./support/FederationFixture.sol";

/// @notice Commitments that others bring to the chain.
contract RoundsBatchingTest is FederationFixture {
    function setUp() public {
        _deploy(5, 2);
    }

    function test_commitBatch_recordsWhatTheCommitsWould() public {
        uint32 taskId = _opened();
        RoundInfo memory info = federation.roundInfo(taskId, 0);
        SignedCommitment[] memory signed = _all(taskId, 1);
        bytes32 accumulator = info.accumulator;
        uint64 committed;
        // not in the order of the slots: the order of the batch is the order of the record
        (signed[0], signed[3]) = (signed[3], signed[0]);
        for (uint256 i = 0; i < signed.length; ++i) {
            address participant = participants[
                i == 0
                    ? 3
                    : i == 3
                        ? 0
                        : i
            ];
            (uint8 slot, ) = federation.slotOf(taskId, participant);
            committed |= uint64(1 << slot);
            accumulator = keccak256(
                abi.encode(accumulator, participant, slot, 10, signed[i].updateRoot, signed[i].contentId)
            );
            vm.expectEmit();
            emit IRounds.Committed(taskId, 1, participant, slot, 10, signed[i].updateRoot, signed[i].contentId);
        }
        vm.prank(outsider);
        federation.commitBatch(taskId, 1, signed);
        info = federation.roundInfo(taskId, 0);
        assertEq(info.accumulator, accumulator);
        assertEq(info.committed, committed);
        assertEq(info.totalWeight, 50);
        federation.closeRound(taskId, 1);
        assertTrue(_phase(taskId) == Phase.Aggregating, "closed with everyone");
    }

    function test_commitBatch_andCommitsGiveOneRecord() public {
        uint32 taskId = _opened();
        _commit(taskId, participants[0], 10);
        SignedCommitment[] memory rest = new SignedCommitment[](4);
        for (uint256 i = 0; i < 4; ++i) {
            rest[i] = _signed(taskId, 1, i + 1, 10);
        }
        federation.commitBatch(taskId, 1, rest);
        RoundInfo memory info = federation.roundInfo(taskId, 0);
        bytes32 accumulator = keccak256(
            abi.encode(
                block.chainid,
                address(federation),
                taskId,
                1,
                _modelRoot(taskId),
                info.seed,
                info.enrolled,
                info.drawn
            )
        );
        for (uint256 i = 0; i < 5; ++i) {
            (uint8 slot, ) = federation.slotOf(taskId, participants[i]);
            accumulator = keccak256(
                abi.encode(accumulator, participants[i], slot, 10, keccak256("update"), keccak256("content"))
            );
        }
        assertEq(info.accumulator, accumulator);
        assertEq(info.totalWeight, 50);
    }

    function test_commitBatch_passesOverThoseWhoCommitted() public {
        uint32 taskId = _opened();
        _commit(taskId, participants[1], 7);
        SignedCommitment[] memory first = new SignedCommitment[](2);
        // another one than the one it committed by itself: the first on the chain stands
        first[0] = _signed(taskId, 1, 1, 10);
        first[1] = _signed(taskId, 1, 2, 10);
        federation.commitBatch(taskId, 1, first);
        RoundInfo memory info = federation.roundInfo(taskId, 0);
        assertEq(info.totalWeight, 17);
        // again, with one more, twice
        SignedCommitment[] memory second = new SignedCommitment[](4);
        (second[0], second[1]) = (first[1], first[0]);
        second[2] = _signed(taskId, 1, 3, 5);
        second[3] = _signed(taskId, 1, 3, 6);
        federation.commitBatch(taskId, 1, second);
        RoundInfo memory after_ = federation.roundInfo(taskId, 0);
        assertEq(after_.totalWeight, 22);
        (uint8 slot, ) = federation.slotOf(taskId, participants[3]);
        assertEq(
            after_.accumulator,
            keccak256(abi.encode(info.accumulator, participants[3], slot, 5, keccak256("update"), keccak256("content")))
        );
        vm.expectRevert(IRounds.NothingCommitted.selector);
        federation.commitBatch(taskId, 1, second);
        assertEq(federation.roundInfo(taskId, 0).accumulator, after_.accumulator);
        // and by itself it cannot commit again either
        bytes32 base = _base(taskId);
        vm.expectRevert(abi.encodeWithSelector(IRounds.AlreadyCommitted.selector, participants[3]));
        vm.prank(participants[3]);
        federation.commit(taskId, 1, base, keccak256("update"), keccak256("content"), 5);
    }

    function test_commitBatch_refusesNothing() public {
        uint32 taskId = _opened();
        vm.expectRevert(IRounds.NothingCommitted.selector);
        federation.commitBatch(taskId, 1, new SignedCommitment[](0));
    }

    function test_commitBatch_endsWithTheDeadline() public {
        uint32 taskId = _opened();
        SignedCommitment[] memory signed = _all(taskId, 1);
        uint256 deadline = federation.roundInfo(taskId, 0).deadline;
        vm.warp(deadline + 1);
        _expectRevert(taskId, 1, signed, abi.encodeWithSelector(IRounds.TooLate.selector, deadline));
        vm.warp(deadline);
        federation.commitBatch(taskId, 1, signed);
    }

    function test_commitBatch_refusesAnotherRoundOrPhase() public {
        uint32 taskId = _opened();
        SignedCommitment[] memory signed = _all(taskId, 1);
        _expectRevert(taskId, 2, signed, abi.encodeWithSelector(IRounds.WrongRound.selector, 1));
        _expectRevert(taskId, 0, signed, abi.encodeWithSelector(IRounds.WrongRound.selector, 1));
        _expectRevert(9, 1, signed, abi.encodeWithSelector(IRounds.WrongRound.selector, 0));
        federation.commitBatch(taskId, 1, signed);
        federation.closeRound(taskId, 1);
        bytes memory refusal = abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Aggregating);
        _expectRevert(taskId, 1, signed, refusal);
    }

    // who signed what

    function test_commitBatch_refusesOutsiders() public {
        uint32 taskId = _opened();
        SignedCommitment[] memory signed = _all(taskId, 1);
        signed[4] = _signedBy(taskId, 1, 0xbad, signed[4]);
        _expectRevert(taskId, 1, signed, abi.encodeWithSelector(ITasks.NotEnrolled.selector, outsider));
        assertEq(federation.roundInfo(taskId, 0).committed, 0);
    }

    /// @dev Each changed part gives another digest, and so another signer, who is not enrolled.
    function test_commitBatch_refusesWhatWasNotSigned() public {
        uint32 taskId = _opened();
        SignedCommitment[] memory signed = _one(_signed(taskId, 1, 0, 10));
        ++signed[0].weight;
        _expectSomeoneElse(taskId, 1, signed);
        --signed[0].weight;
        signed[0].updateRoot = keccak256("another update");
        _expectSomeoneElse(taskId, 1, signed);
        signed[0].updateRoot = keccak256("update");
        signed[0].contentId = keccak256("another blob");
        _expectSomeoneElse(taskId, 1, signed);
        signed[0].contentId = keccak256("content");
        federation.commitBatch(taskId, 1, signed);
    }

    function test_commitBatch_refusesAnotherRoundsSignature() public {
        uint32 taskId = _opened();
        SignedCommitment[] memory signed = _one(_signed(taskId, 1, 0, 10));
        // nobody commits: the model, and with it the base, stays
        _passDeadline(taskId);
        federation.closeRound(taskId, 1);
        _open(taskId);
        _expectSomeoneElse(taskId, 2, signed);
    }

    function test_commitBatch_refusesAnotherTasksSignature() public {
        uint32 taskId = _opened();
        SignedCommitment[] memory signed = _one(_signed(taskId, 1, 0, 10));
        uint32 other = _opened();
        _expectSomeoneElse(other, 1, signed);
    }

    function test_commitBatch_refusesAnotherFederationsSignature() public {
        uint32 taskId = _opened();
        IFederation first = federation;
        SignedCommitment memory signed = _signed(taskId, 1, 0, 10);
        delete participants;
        delete keys;
        delete aggregators;
        _deploy(5, 2);
        assertEq(_opened(), taskId);
        assertTrue(address(first) != address(federation), "another");
        _expectSomeoneElse(taskId, 1, _one(signed));
    }

    function test_commitBatch_refusesAnotherBaseModel() public {
        uint32 taskId = _opened();
        SignedCommitment memory signed = _signed(taskId, 1, 0, 10);
        (signed.r, signed.vs) = _sign(
            keys[0],
            federation.commitmentDigest(taskId, 1, keccak256("another model"), signed)
        );
        _expectSomeoneElse(taskId, 1, _one(signed));
    }

    function test_commitBatch_refusesMalformedSignatures() public {
        uint32 taskId = _opened();
        SignedCommitment[] memory signed = _all(taskId, 1);
        signed[2].r = 0;
        _expectRevert(taskId, 1, signed, abi.encodeWithSelector(ECDSA.ECDSAInvalidSignature.selector));
        signed[2] = _signed(taskId, 1, 2, 10);
        signed[2].vs = bytes32(type(uint256).max >> 1);
        _expectRevert(taskId, 1, signed, abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureS.selector, signed[2].vs));
    }

    // who may commit what

    function test_commitBatch_refusesZeroRoots() public {
        uint32 taskId = _opened();
        SignedCommitment memory signed = SignedCommitment(10, 0, keccak256("content"), 0, 0);
        bytes memory refusal = abi.encodeWithSelector(IRounds.InvalidRoot.selector);
        _expectRevert(taskId, 1, _one(_signedBy(taskId, 1, keys[0], signed)), refusal);
        signed = SignedCommitment(10, keccak256("update"), 0, 0, 0);
        _expectRevert(taskId, 1, _one(_signedBy(taskId, 1, keys[0], signed)), refusal);
    }

    function test_commitBatch_refusesWeightsOutOfRange() public {
        uint32 taskId = _opened();
        SignedCommitment[] memory signed = _one(_signed(taskId, 1, 0, 0));
        _expectRevert(taskId, 1, signed, abi.encodeWithSelector(IRounds.InvalidWeight.selector, 0));
        signed = _one(_signed(taskId, 1, 0, 1001));
        _expectRevert(taskId, 1, signed, abi.encodeWithSelector(IRounds.InvalidWeight.selector, 1001));
        federation.commitBatch(taskId, 1, _one(_signed(taskId, 1, 0, 1000)));
    }

    function test_commitBatch_refusesThoseNotDrawn() public {
        TaskRules memory rules = _rules();
        rules.participationBps = 4000;
        uint32 taskId = _createWithAll(rules);
        _open(taskId);
        uint256 refused;
        for (uint256 i = 0; i < participants.length; ++i) {
            (, bool drawn) = federation.slotOf(taskId, participants[i]);
            SignedCommitment[] memory signed = _one(_signed(taskId, 1, i, 10));
            if (!drawn) {
                ++refused;
                vm.expectRevert(abi.encodeWithSelector(IRounds.NotDrawn.selector, participants[i]));
            }
            federation.commitBatch(taskId, 1, signed);
        }
        assertEq(refused, 3);
    }

    /// @dev One that left after signing spoils the batch: whoever brings it leaves that one out.
    function test_commitBatch_refusesThoseLeaving() public {
        uint32 taskId = _opened();
        SignedCommitment[] memory signed = _all(taskId, 1);
        vm.prank(participants[2]);
        federation.leaveTask(taskId);
        bytes memory refusal = abi.encodeWithSelector(ITasks.NotEnrolled.selector, participants[2]);
        _expectRevert(taskId, 1, signed, refusal);
        signed[2] = signed[1];
        federation.commitBatch(taskId, 1, signed);
        assertEq(federation.roundInfo(taskId, 0).totalWeight, 40);
    }

    function test_commitBatch_spendsAndEnforcesTheBudget() public {
        TaskRules memory rules = _rules();
        rules.roundsPerParticipant = 1;
        uint32 taskId = _createWithAll(rules);
        _open(taskId);
        SignedCommitment[] memory signed = new SignedCommitment[](3);
        for (uint256 i = 0; i < 3; ++i) {
            signed[i] = _signed(taskId, 1, i, 10);
        }
        // passed over: counted once
        signed[2] = signed[0];
        federation.commitBatch(taskId, 1, signed);
        (, , , uint16 used, , ) = federation.enrolment(taskId, participants[0]);
        assertEq(used, 1);
        (, , , used, , ) = federation.enrolment(taskId, participants[2]);
        assertEq(used, 0);
        _passDeadline(taskId);
        federation.closeRound(taskId, 1);
        Proposal memory proposal = _proposal(taskId, 0);
        _propose(taskId, proposal);
        federation.finalize(taskId, 1, proposal, _attestations(taskId, 2));
        _open(taskId);
        _expectRevert(
            taskId,
            2,
            _one(_signed(taskId, 2, 0, 10)),
            abi.encodeWithSelector(IRounds.BudgetSpent.selector, participants[0])
        );
        federation.commitBatch(taskId, 2, _one(_signed(taskId, 2, 2, 10)));
    }

    function _expectRevert(
        uint32 taskId,
        uint32 round,
        SignedCommitment[] memory signed,
        bytes memory refusal
    ) private {
        vm.expectRevert(refusal);
        federation.commitBatch(taskId, round, signed);
    }

    /// @dev The single signature is taken for another account's, which is not enrolled.
    function _expectSomeoneElse(uint32 taskId, uint32 round, SignedCommitment[] memory signed) private {
        bytes32 base = federation.roundInfo(taskId, round).baseModelRoot;
        bytes32 digest = federation.commitmentDigest(taskId, round, base, signed[0]);
        address other = _recovered(digest, signed[0].r, signed[0].vs);
        bytes memory refusal =
            other == address(0)
                ? abi.encodeWithSelector(ECDSA.ECDSAInvalidSignature.selector)
                : abi.encodeWithSelector(ITasks.NotEnrolled.selector, other);
        _expectRevert(taskId, round, signed, refusal);
    }

    function _one(SignedCommitment memory signed) private pure returns (SignedCommitment[] memory list) {
        list = new SignedCommitment[](1);
        list[0] = signed;
    }

    /// @dev Of every participant.
    function _all(uint32 taskId, uint32 round) private view returns (SignedCommitment[] memory signed) {
        signed = new SignedCommitment[](participants.length);
        for (uint256 i = 0; i < participants.length; ++i) {
            signed[i] = _signed(taskId, round, i, 10);
        }
    }
}
