// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRounds} from "../../contracts/interfaces/IRounds.sol";
import {Attestation, Availability, Phase, Proposal, SignedCommitment} from "../../contracts/types/TaskTypes.sol";
import {IFederation} from "../../contracts/interfaces/IFederation.sol";
import {FederationFixture} from "./support/FederationFixture.sol";

/// @notice Bugs that other federated-learning contracts have shipped, each as a test that it is not here.
contract KnownBugsTest is FederationFixture {
    function setUp() public {
        _deploy(5, 2);
    }

    /// @dev Elsewhere: setPhase(uint) lets a round go back, and results be replaced.
    function test_bug_phasesCanBeRewound() public {
        uint32 taskId = _opened();
        _commitAll(taskId);
        _expectOnly(taskId, Phase.Open);
        federation.closeRound(taskId, 1);
        Proposal memory proposal = _proposal(taskId, 0);
        _expectOnly(taskId, Phase.Aggregating);
        _propose(taskId, proposal);
        Attestation[] memory attestations = _attestations(taskId, 2);
        _expectOnly(taskId, Phase.Proposed);
        federation.finalize(taskId, 1, proposal, attestations);
        _expectOnly(taskId, Phase.Finalized);
        assertEq(_modelRoot(taskId), proposal.modelRoot);
    }

    /// @dev Elsewhere: a commitment whose bytes never come stalls the round, or is dropped without a trace.
    function test_bug_aCommitmentIsNeverOpened() public {
        uint32 taskId = _aggregating();
        // it cannot be dropped in silence: without naming it, the weight must be everyone's
        Proposal memory silent = _proposal(taskId, 0);
        silent.totalWeight -= 10;
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongTotalWeight.selector, 50));
        vm.prank(silent.aggregator);
        federation.propose(taskId, 1, silent, new Availability[](0));
        // named, it needs the others' word, and then the round is not stalled
        Proposal memory open = _proposal(taskId, 1);
        _propose(taskId, open);
        _passDeadline(taskId);
        vm.expectRevert(IRounds.InvalidExclusion.selector);
        federation.finalizeUnchallenged(taskId, 1, open);
        Attestation[] memory attestations = _attestations(taskId, 2);
        federation.finalize(taskId, 1, open, attestations);
        assertTrue(_phase(taskId) == Phase.Finalized, "finalized");
    }

    /// @dev Elsewhere: the caller passes the address whose approval is checked.
    function test_bug_theVerifierIsNamedByTheCaller() public {
        uint32 taskId = _aggregating();
        Proposal memory proposal = _proposal(taskId, 0);
        proposal.aggregator = outsider;
        vm.expectRevert(abi.encodeWithSelector(IRounds.NotAssigned.selector, aggregators[1]));
        vm.prank(outsider);
        federation.propose(taskId, 1, proposal, new Availability[](0));

        proposal = _proposal(taskId, 0);
        _propose(taskId, proposal);
        Attestation[] memory forged = new Attestation[](2);
        forged[0] = _attestationBy(taskId, 0xbad);
        forged[1] = _attestationBy(taskId, 0xbad);
        vm.expectRevert(abi.encodeWithSelector(IRounds.InvalidAttester.selector, outsider));
        federation.finalize(taskId, 1, proposal, forged);
    }

    /// @dev Elsewhere: signatures given to one deployment, or one round, count in another.
    function test_bug_attestationsAreReplayed() public {
        (uint32 taskId, Proposal memory first) = _proposed(0);
        Attestation[] memory old = _attestations(taskId, 2);
        federation.finalize(taskId, 1, first, old);
        _open(taskId);
        _commitAll(taskId);
        federation.closeRound(taskId, 2);
        Proposal memory second = _proposal(taskId, 0);
        _propose(taskId, second);
        // the digest differs, so that another signer comes out, who is not enrolled
        (bool accepted, ) = address(federation).call(abi.encodeCall(IRounds.finalize, (taskId, 2, second, old)));
        assertTrue(!accepted, "replayed in another round");

        IFederation other = _newFederation(address(this));
        bytes32 hash = keccak256("proposal");
        assertTrue(
            other.attestationDigest(1, 1, hash, old[0].evaluation) !=
                federation.attestationDigest(1, 1, hash, old[0].evaluation),
            "another federation, another digest"
        );
    }

    /// @dev Elsewhere: only the owner can advance, so that a lost key stops everything.
    function test_bug_onlyAnOwnerCanAdvance() public {
        uint32 taskId = _createWithAll(_rules());
        federation.renounceRole(federation.TASK_CREATOR_ROLE(), address(this));
        federation.renounceRole(federation.DEFAULT_ADMIN_ROLE(), address(this));
        _open(taskId);
        _commitAll(taskId);
        vm.prank(outsider);
        federation.closeRound(taskId, 1);
        _passDeadline(taskId);
        vm.prank(outsider);
        federation.reassign(taskId, 1);
        Proposal memory proposal = _proposal(taskId, 0);
        _propose(taskId, proposal);
        _passDeadline(taskId);
        vm.prank(outsider);
        federation.finalizeUnchallenged(taskId, 1, proposal);
        _open(taskId);
        _passDeadline(taskId);
        vm.prank(outsider);
        federation.closeRound(taskId, 2);
        assertTrue(_phase(taskId) == Phase.Invalidated, "ended without anybody's leave");
    }

    /// @dev Elsewhere: contributions are keyed by their hash, so that who copies it first is credited and blocks the author.
    function test_bug_copiedHashesAreCredited() public {
        uint32 taskId = _opened();
        bytes32 base = _modelRoot(taskId);
        bytes32 root = keccak256("the author's update");
        bytes32 contentId = keccak256("the author's blob");
        (, , , bytes32 start, ) = federation.taskState(taskId);
        vm.prank(participants[1]);
        federation.commit(taskId, 1, base, root, contentId, 10);
        (, , , bytes32 copied, ) = federation.taskState(taskId);
        // the copy is recorded as the copier's own, and does not block the author
        (uint8 slot, ) = federation.slotOf(taskId, participants[1]);
        assertEq(copied, keccak256(abi.encode(start, participants[1], slot, 10, root, contentId)));
        vm.prank(participants[0]);
        federation.commit(taskId, 1, base, root, contentId, 10);
        (slot, ) = federation.slotOf(taskId, participants[0]);
        (, , , bytes32 authored, ) = federation.taskState(taskId);
        assertEq(authored, keccak256(abi.encode(copied, participants[0], slot, 10, root, contentId)));
    }

    /// @dev Elsewhere: updates are taken after the deadline, once the others' can be seen.
    function test_bug_lateCommits(uint32 late) public {
        uint32 taskId = _opened();
        uint256 deadline = federation.roundInfo(taskId, 0).deadline;
        vm.warp(deadline + 1 + late);
        bytes32 base = _modelRoot(taskId);
        vm.expectRevert(abi.encodeWithSelector(IRounds.TooLate.selector, deadline));
        vm.prank(participants[0]);
        federation.commit(taskId, 1, base, keccak256("u"), keccak256("c"), 10);
    }

    /// @dev Elsewhere: `current - cutoff` lets every future round pass.
    function test_bug_futureOrPastRounds(uint32 round) public {
        vm.assume(round != 1 && round != 2);
        uint32 taskId = _opened();
        _finish(taskId);
        _open(taskId);
        _expectNoStep(taskId, round, abi.encodeWithSelector(IRounds.WrongRound.selector, 2));
        // the round before is still on record, as two may be in flight; it has ended
        _expectNoStep(taskId, 1, abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Finalized));
    }

    /// @dev No step names this round with success.
    function _expectNoStep(uint32 taskId, uint32 round, bytes memory refusal) private {
        bytes32 base = _modelRoot(taskId);
        SignedCommitment[] memory signed = new SignedCommitment[](1);
        signed[0] = _signed(taskId, 2, 0, 10);
        vm.expectRevert(refusal);
        vm.prank(participants[0]);
        federation.commit(taskId, round, base, keccak256("u"), keccak256("c"), 10);
        vm.expectRevert(refusal);
        federation.commitBatch(taskId, round, signed);
        vm.expectRevert(refusal);
        federation.closeRound(taskId, round);
        vm.expectRevert(refusal);
        federation.reassign(taskId, round);
        Proposal memory proposal = _proposal(taskId, 0);
        vm.expectRevert(refusal);
        federation.propose(taskId, round, proposal, new Availability[](0));
        vm.expectRevert(refusal);
        federation.finalize(taskId, round, proposal, new Attestation[](0));
        vm.expectRevert(refusal);
        federation.finalizeUnchallenged(taskId, round, proposal);
    }

    /// @dev In `phase`, none of the steps that belong to another phase is taken, whoever calls them.
    function _expectOnly(uint32 taskId, Phase phase) private {
        assertTrue(_phase(taskId) == phase, "phase");
        Proposal memory proposal = _proposal(taskId, 0);
        bytes32 base = _modelRoot(taskId);
        if (phase != Phase.Finalized) {
            vm.prank(outsider, outsider);
            _expectRefused(abi.encodeCall(IRounds.openRound, (taskId)));
        }
        if (phase != Phase.Open) {
            vm.prank(participants[0]);
            _expectRefused(
                abi.encodeCall(IRounds.commit, (taskId, 1, base, keccak256("u"), keccak256("c"), uint32(10)))
            );
            SignedCommitment[] memory signed = new SignedCommitment[](1);
            signed[0] = _signed(taskId, 1, 0, 10);
            _expectRefused(abi.encodeCall(IRounds.commitBatch, (taskId, 1, signed)));
            _expectRefused(abi.encodeCall(IRounds.closeRound, (taskId, 1)));
        }
        if (phase != Phase.Aggregating) {
            vm.prank(aggregators[1]);
            _expectRefused(abi.encodeCall(IRounds.propose, (taskId, 1, proposal, new Availability[](0))));
        }
        _expectRefused(abi.encodeCall(IRounds.reassign, (taskId, 1)));
        _expectRefused(abi.encodeCall(IRounds.finalizeUnchallenged, (taskId, 1, proposal)));
        if (phase != Phase.Proposed) {
            _expectRefused(abi.encodeCall(IRounds.finalize, (taskId, 1, proposal, new Attestation[](2))));
        }
        assertTrue(_phase(taskId) == phase, "phase after");
    }

    function _expectRefused(bytes memory call) private {
        (bool accepted, ) = address(federation).call(call);
        assertTrue(!accepted, "refused");
    }
}
