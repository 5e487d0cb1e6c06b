// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IRounds} from "../../contracts/interfaces/IRounds.sol";
import {Attestation, Phase, Proposal, Reason} from "../../contracts/types/TaskTypes.sol";
import {FederationFixture} from "./support/FederationFixture.sol";

/// @notice Finalizing a proposal, by a quorum or by time.
contract RoundsFinalityTest is FederationFixture {
    function setUp() public {
        _deploy(5, 2);
    }

    // finalize

    function test_finalize_byAQuorum() public {
        (uint32 taskId, Proposal memory proposal) = _proposed(0);
        Attestation[] memory attestations = _attestations(taskId, 3);
        bytes32 hash = federation.roundInfo(taskId, 0).proposalHash;
        (, , bytes32 base, bytes32 accumulator, bytes32 head) = federation.taskState(taskId);
        head = keccak256(abi.encode(head, 1, Phase.Finalized, base, accumulator, hash, Reason.None));
        address[] memory attesters = new address[](3);
        uint256[] memory evaluations = new uint256[](3);
        for (uint256 i = 0; i < 3; ++i) {
            attesters[i] = participants[i];
            evaluations[i] = attestations[i].evaluation;
        }
        vm.expectEmit();
        emit IRounds.RoundFinalized(taskId, 1, proposal.modelRoot, attesters, evaluations, head);
        federation.finalize(taskId, 1, proposal, attestations);
        assertEq(_modelRoot(taskId), proposal.modelRoot);
        assertEq(federation.roundInfo(taskId, 0).proposalHash, 0);
    }

    function test_finalize_refusesAnotherRoundOrPhase() public {
        (uint32 taskId, Proposal memory proposal) = _proposed(0);
        Attestation[] memory attestations = _attestations(taskId, 2);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongRound.selector, 1));
        federation.finalize(taskId, 2, proposal, attestations);
        federation.finalize(taskId, 1, proposal, attestations);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Finalized));
        federation.finalize(taskId, 1, proposal, attestations);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Finalized));
        federation.finalizeUnchallenged(taskId, 1, proposal);
    }

    function test_finalize_refusesAnotherProposal() public {
        (uint32 taskId, Proposal memory proposal) = _proposed(0);
        bytes32 hash = federation.roundInfo(taskId, 0).proposalHash;
        Attestation[] memory attestations = _attestations(taskId, 2);
        proposal.modelRoot = keccak256("forged");
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongProposal.selector, hash));
        federation.finalize(taskId, 1, proposal, attestations);
        _passDeadline(taskId);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongProposal.selector, hash));
        federation.finalizeUnchallenged(taskId, 1, proposal);
    }

    function test_finalize_needsTheQuorum() public {
        (uint32 taskId, Proposal memory proposal) = _proposed(0);
        Attestation[] memory attestations = _attestations(taskId, 1);
        vm.expectRevert(abi.encodeWithSelector(IRounds.QuorumNotReached.selector, 1, 2));
        federation.finalize(taskId, 1, proposal, attestations);
    }

    function test_finalize_refusesADuplicateAttester() public {
        (uint32 taskId, Proposal memory proposal) = _proposed(0);
        Attestation[] memory attestations = _attestations(taskId, 2);
        attestations[1] = attestations[0];
        _expectAttesterRefused(taskId, proposal, attestations, participants[0]);
    }

    function test_finalize_refusesAnotherOrder() public {
        (uint32 taskId, Proposal memory proposal) = _proposed(0);
        Attestation[] memory attestations = _attestations(taskId, 2);
        (attestations[0], attestations[1]) = (attestations[1], attestations[0]);
        _expectAttesterRefused(taskId, proposal, attestations, participants[0]);
    }

    function test_finalize_refusesOutsiders() public {
        (uint32 taskId, Proposal memory proposal) = _proposed(0);
        Attestation[] memory attestations = new Attestation[](2);
        attestations[0] = _attestationBy(taskId, 0xbad);
        attestations[1] = _attestation(taskId, 1);
        _expectAttesterRefused(taskId, proposal, attestations, outsider);
    }

    function test_finalize_refusesThoseLeaving() public {
        (uint32 taskId, Proposal memory proposal) = _proposed(0);
        Attestation[] memory attestations = _attestations(taskId, 2);
        federation.revokeRole(federation.PARTICIPANT_ROLE(), participants[0]);
        _expectAttesterRefused(taskId, proposal, attestations, participants[0]);
    }

    function test_finalize_refusesMalformedSignatures() public {
        (uint32 taskId, Proposal memory proposal) = _proposed(0);
        Attestation[] memory attestations = _attestations(taskId, 2);
        attestations[0].r = 0;
        vm.expectRevert(ECDSA.ECDSAInvalidSignature.selector);
        federation.finalize(taskId, 1, proposal, attestations);
        attestations = _attestations(taskId, 2);
        // above half the order: the other s of a signature, which ecrecover would take
        attestations[0].vs = bytes32(type(uint256).max >> 1);
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureS.selector, attestations[0].vs));
        federation.finalize(taskId, 1, proposal, attestations);
    }

    /// @dev What an attester did not sign must not get onto the record beside what it did.
    function test_finalize_doesNotRecordBitsThatNobodySigned(uint96 garbage) public {
        (uint32 taskId, Proposal memory proposal) = _proposed(0);
        Attestation[] memory attestations = _attestations(taskId, 2);
        address[] memory attesters = new address[](2);
        uint256[] memory evaluations = new uint256[](2);
        for (uint256 i = 0; i < 2; ++i) {
            attesters[i] = participants[i];
            evaluations[i] = attestations[i].evaluation;
            attestations[i].evaluation |= uint256(garbage) << 160;
        }
        bytes32 hash = federation.roundInfo(taskId, 0).proposalHash;
        (, , bytes32 base, bytes32 accumulator, bytes32 head) = federation.taskState(taskId);
        head = keccak256(abi.encode(head, 1, Phase.Finalized, base, accumulator, hash, Reason.None));
        vm.expectEmit();
        emit IRounds.RoundFinalized(taskId, 1, proposal.modelRoot, attesters, evaluations, head);
        federation.finalize(taskId, 1, proposal, attestations);
    }

    function test_finalize_refusesAnotherEvaluationThanSigned() public {
        (uint32 taskId, Proposal memory proposal) = _proposed(0);
        Attestation[] memory attestations = _attestations(taskId, 2);
        ++attestations[0].evaluation;
        bytes32 digest = federation.attestationDigest(
            taskId,
            1,
            federation.roundInfo(taskId, 0).proposalHash,
            attestations[0].evaluation
        );
        address other = _recovered(digest, attestations[0].r, attestations[0].vs);
        _expectAttesterRefused(taskId, proposal, attestations, other);
    }

    function test_finalize_byAQuorumDespiteAnExclusion() public {
        (uint32 taskId, Proposal memory proposal) = _proposed(1);
        Attestation[] memory attestations = _attestations(taskId, 2);
        _passDeadline(taskId);
        federation.finalize(taskId, 1, proposal, attestations);
        assertEq(_modelRoot(taskId), proposal.modelRoot);
    }

    // finalizeUnchallenged

    function test_finalizeUnchallenged_afterTheWindow() public {
        (uint32 taskId, Proposal memory proposal) = _proposed(0);
        uint256 deadline = federation.roundInfo(taskId, 0).deadline;
        vm.warp(deadline);
        vm.expectRevert(abi.encodeWithSelector(IRounds.TooEarly.selector, deadline));
        federation.finalizeUnchallenged(taskId, 1, proposal);
        vm.warp(deadline + 1);
        federation.finalizeUnchallenged(taskId, 1, proposal);
        assertEq(_modelRoot(taskId), proposal.modelRoot);
    }

    function test_finalizeUnchallenged_neverForAnExclusion() public {
        (uint32 taskId, Proposal memory proposal) = _proposed(1);
        _passDeadline(taskId);
        vm.expectRevert(IRounds.InvalidExclusion.selector);
        federation.finalizeUnchallenged(taskId, 1, proposal);
    }

    function test_finalizeUnchallenged_refusesAnotherRound() public {
        (uint32 taskId, Proposal memory proposal) = _proposed(0);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongRound.selector, 1));
        federation.finalizeUnchallenged(taskId, 2, proposal);
    }

    function _expectAttesterRefused(
        uint32 taskId,
        Proposal memory proposal,
        Attestation[] memory attestations,
        address attester
    ) private {
        vm.expectRevert(abi.encodeWithSelector(IRounds.InvalidAttester.selector, attester));
        federation.finalize(taskId, 1, proposal, attestations);
    }
}
