// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IRounds} from "../../contracts/interfaces/IRounds.sol";
import {ITasks} from "../../contracts/interfaces/ITasks.sol";
import {
    Attestation,
    Evaluation,
    Phase,
    Proposal,
    Reason,
    RoundInfo,
    TaskRules
} from "../../contracts/types/TaskTypes.sol";
import {FederationFixture} from "./support/FederationFixture.sol";

contract RoundsTest is FederationFixture {
    bytes32 private constant UPDATE = keccak256("update");
    bytes32 private constant CONTENT = keccak256("content");

    function setUp() public {
        _deploy(5, 2);
    }

    // openRound

    function test_openRound_refusesContracts() public {
        uint32 taskId = _createWithAll(_rules());
        vm.expectRevert(IRounds.OnlyAccounts.selector);
        federation.openRound(taskId);
    }

    function test_openRound_refusesAccountsWithCode() public {
        uint32 taskId = _createWithAll(_rules());
        vm.etch(outsider, abi.encodePacked(hex"ef0100", address(federation)));
        vm.expectRevert(IRounds.OnlyAccounts.selector);
        vm.prank(outsider, outsider);
        federation.openRound(taskId);
    }

    function test_openRound_refusesUnknownTasks() public {
        vm.expectRevert(abi.encodeWithSelector(ITasks.UnknownTask.selector, 1));
        vm.prank(outsider, outsider);
        federation.openRound(1);
    }

    function test_openRound_refusesWhileARoundRuns() public {
        uint32 taskId = _opened();
        _expectOpenRefused(taskId, Phase.Open);
        _commitAll(taskId);
        federation.closeRound(taskId, 1);
        _expectOpenRefused(taskId, Phase.Aggregating);
        _propose(taskId, _proposal(taskId, 0));
        _expectOpenRefused(taskId, Phase.Proposed);
    }

    function test_openRound_refusesWhenComplete() public {
        TaskRules memory rules = _rules();
        rules.rounds = 1;
        uint32 taskId = _createWithAll(rules);
        _open(taskId);
        _finish(taskId);
        vm.expectRevert(abi.encodeWithSelector(ITasks.TaskComplete.selector, taskId));
        vm.prank(outsider, outsider);
        federation.openRound(taskId);
    }

    function test_openRound_refusesWithTooFew() public {
        uint32 taskId = _create(_rules());
        _enrol(taskId, participants[0]);
        vm.expectRevert(abi.encodeWithSelector(IRounds.TooFewParticipants.selector, 1));
        vm.prank(outsider, outsider);
        federation.openRound(taskId);
    }

    function test_openRound_countsOnlyThoseWhoStay() public {
        uint32 taskId = _create(_rules());
        _enrol(taskId, participants[0]);
        _enrol(taskId, participants[1]);
        vm.prank(participants[0]);
        federation.leave(taskId);
        vm.expectRevert(abi.encodeWithSelector(IRounds.TooFewParticipants.selector, 1));
        vm.prank(outsider, outsider);
        federation.openRound(taskId);
    }

    function test_openRound_announcesWhatItStores() public {
        uint32 taskId = _createWithAll(_rules());
        vm.warp(5000);
        vm.prevrandao(bytes32(uint256(77)));
        (, , bytes32 modelRoot, , bytes32 head) = federation.taskState(taskId);
        uint72 seed = uint72(uint256(keccak256(abi.encode(uint256(77), address(federation), taskId, 1, head))));
        bytes32 accumulator = keccak256(
            abi.encode(block.chainid, address(federation), taskId, 1, modelRoot, seed, 5, 5)
        );
        vm.expectEmit();
        emit IRounds.RoundOpened(taskId, 1, modelRoot, seed, 5, 5, 5600, accumulator);
        _open(taskId);
        RoundInfo memory info = federation.roundInfo(taskId);
        assertEq(info.seed, seed);
        assertEq(info.enrolled, 5);
        assertEq(info.drawn, 5);
        assertEq(info.deadline, 5600);
        assertEq(info.committed, 0);
        assertEq(info.assigned, address(0));
        assertEq(info.proposalHash, 0);
    }

    function test_openRound_drawsAFraction(uint256 randomness) public {
        TaskRules memory rules = _rules();
        rules.participationBps = 4000;
        uint32 taskId = _createWithAll(rules);
        vm.prevrandao(bytes32(randomness));
        _open(taskId);
        uint256 slots;
        for (uint256 i = 0; i < participants.length; ++i) {
            (uint8 slot, bool drawn) = federation.slotOf(taskId, participants[i]);
            if (drawn) slots |= 1 << slot;
        }
        assertEq(slots, 3);
    }

    // commit

    function test_commit_acceptsUntilTheDeadlineItself() public {
        uint32 taskId = _opened();
        vm.warp(federation.roundInfo(taskId).deadline);
        _commit(taskId, participants[0], 10);
        vm.warp(block.timestamp + 1);
        _expectCommitRevert(
            taskId,
            participants[1],
            abi.encodeWithSelector(IRounds.TooLate.selector, block.timestamp - 1)
        );
    }

    function test_commit_addsUp(uint32[5] memory weights) public {
        uint32 taskId = _opened();
        uint256 total;
        for (uint256 i = 0; i < 5; ++i) {
            uint32 weight = uint32(bound(weights[i], 1, 1000));
            total += weight;
            _commit(taskId, participants[i], weight);
        }
        RoundInfo memory info = federation.roundInfo(taskId);
        assertEq(info.totalWeight, total);
        assertEq(info.committed, 31);
        assertTrue(info.phase == Phase.Open, "phase");
    }

    function test_commit_refusesAnotherPhase() public {
        uint32 taskId = _aggregating();
        _expectCommitRevert(
            taskId,
            participants[0],
            abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Aggregating)
        );
    }

    function test_commit_refusesATaskThatDoesNotExist() public {
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongRound.selector, 0));
        federation.commit(9, 1, 0, UPDATE, CONTENT, 1);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.None));
        federation.commit(9, 0, 0, UPDATE, CONTENT, 1);
    }

    function test_commit_refusesAnotherBaseModel() public {
        uint32 taskId = _opened();
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongBaseModel.selector, _modelRoot(taskId)));
        vm.prank(participants[0]);
        federation.commit(taskId, 1, keccak256("other"), UPDATE, CONTENT, 10);
    }

    function test_commit_refusesZeroRoots() public {
        uint32 taskId = _opened();
        bytes32 base = _modelRoot(taskId);
        vm.expectRevert(IRounds.InvalidRoot.selector);
        vm.prank(participants[0]);
        federation.commit(taskId, 1, base, 0, CONTENT, 10);
        vm.expectRevert(IRounds.InvalidRoot.selector);
        vm.prank(participants[0]);
        federation.commit(taskId, 1, base, UPDATE, 0, 10);
    }

    function test_commit_refusesOutsiders() public {
        uint32 taskId = _opened();
        _expectCommitRevert(taskId, outsider, abi.encodeWithSelector(ITasks.NotEnrolled.selector, outsider));
    }

    function test_commit_refusesThoseLeaving() public {
        uint32 taskId = _opened();
        vm.prank(participants[0]);
        federation.leave(taskId);
        _expectCommitRevert(
            taskId,
            participants[0],
            abi.encodeWithSelector(ITasks.NotEnrolled.selector, participants[0])
        );
    }

    function test_commit_refusesWeightsOutOfRange() public {
        uint32 taskId = _opened();
        bytes32 base = _modelRoot(taskId);
        vm.expectRevert(abi.encodeWithSelector(IRounds.InvalidWeight.selector, 0));
        vm.prank(participants[0]);
        federation.commit(taskId, 1, base, UPDATE, CONTENT, 0);
        vm.expectRevert(abi.encodeWithSelector(IRounds.InvalidWeight.selector, 1001));
        vm.prank(participants[0]);
        federation.commit(taskId, 1, base, UPDATE, CONTENT, 1001);
        _commit(taskId, participants[0], 1000);
    }

    function test_commit_refusesThoseNotDrawn() public {
        TaskRules memory rules = _rules();
        rules.participationBps = 4000;
        uint32 taskId = _createWithAll(rules);
        _open(taskId);
        uint256 refused;
        for (uint256 i = 0; i < participants.length; ++i) {
            (, bool drawn) = federation.slotOf(taskId, participants[i]);
            if (drawn) continue;
            _expectCommitRevert(
                taskId,
                participants[i],
                abi.encodeWithSelector(IRounds.NotDrawn.selector, participants[i])
            );
            ++refused;
        }
        assertEq(refused, 3);
    }

    function test_commit_refusesThoseEnrolledAfterTheOpening() public {
        uint32 taskId = _create(_rules());
        for (uint256 i = 0; i < 4; ++i) {
            _enrol(taskId, participants[i]);
        }
        _open(taskId);
        _enrol(taskId, participants[4]);
        _expectCommitRevert(
            taskId,
            participants[4],
            abi.encodeWithSelector(IRounds.NotDrawn.selector, participants[4])
        );
    }

    function test_commit_refusesASecondUpdate() public {
        uint32 taskId = _opened();
        _commit(taskId, participants[0], 10);
        _expectCommitRevert(
            taskId,
            participants[0],
            abi.encodeWithSelector(IRounds.AlreadyCommitted.selector, participants[0])
        );
    }

    function test_commit_enforcesTheBudget() public {
        TaskRules memory rules = _rules();
        rules.roundsPerParticipant = 1;
        uint32 taskId = _createWithAll(rules);
        _open(taskId);
        _finish(taskId);
        (, , , uint16 used) = federation.enrolment(taskId, participants[0]);
        assertEq(used, 1);
        _open(taskId);
        _expectCommitRevert(
            taskId,
            participants[0],
            abi.encodeWithSelector(IRounds.BudgetSpent.selector, participants[0])
        );
    }

    function test_commit_budgetIsNotRenewedByEnrollingAgain() public {
        TaskRules memory rules = _rules();
        rules.roundsPerParticipant = 1;
        uint32 taskId = _createWithAll(rules);
        _open(taskId);
        _finish(taskId);
        vm.prank(participants[0]);
        federation.leave(taskId);
        _open(taskId);
        _passDeadline(taskId);
        federation.closeRound(taskId, 2);
        _enrol(taskId, participants[0]);
        _open(taskId);
        _expectCommitRevert(
            taskId,
            participants[0],
            abi.encodeWithSelector(IRounds.BudgetSpent.selector, participants[0])
        );
    }

    // closeRound

    function test_closeRound_refusesAnotherRoundOrPhase() public {
        uint32 taskId = _aggregating();
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongRound.selector, 1));
        federation.closeRound(taskId, 2);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Aggregating));
        federation.closeRound(taskId, 1);
    }

    function test_closeRound_waitsForTheDeadlineOrEveryone() public {
        uint32 taskId = _opened();
        for (uint256 i = 0; i < 4; ++i) {
            _commit(taskId, participants[i], 10);
        }
        uint256 deadline = federation.roundInfo(taskId).deadline;
        vm.warp(deadline);
        vm.expectRevert(abi.encodeWithSelector(IRounds.TooEarly.selector, deadline));
        federation.closeRound(taskId, 1);
        _commit(taskId, participants[4], 10);
        federation.closeRound(taskId, 1);
    }

    function test_closeRound_acceptsAFullSetOf64() public {
        for (uint256 i = 0; i < 60; ++i) {
            address extra = vm.addr(0xeee0000 + i);
            federation.grantRole(federation.PARTICIPANT_ROLE(), extra);
            participants.push(extra);
        }
        TaskRules memory rules = _rules();
        rules.maxUpdates = 64;
        uint32 taskId = _createWithAll(rules);
        _open(taskId);
        assertEq(federation.roundInfo(taskId).drawn, 64);
        _commitAll(taskId);
        assertEq(federation.roundInfo(taskId).committed, type(uint64).max);
        federation.closeRound(taskId, 1);
        assertTrue(_phase(taskId) == Phase.Aggregating, "phase");
    }

    function test_closeRound_assignsByRotation() public {
        uint32 taskId = _opened();
        _commitAll(taskId);
        (, , , bytes32 accumulator, ) = federation.taskState(taskId);
        vm.expectEmit();
        emit IRounds.RoundClosed(taskId, 1, 31, 50, accumulator);
        vm.expectEmit();
        emit IRounds.AggregatorAssigned(taskId, 1, 0, aggregators[1], uint40(block.timestamp + 300));
        federation.closeRound(taskId, 1);
        assertEq(federation.roundInfo(taskId).assigned, aggregators[1]);
    }

    function test_closeRound_invalidatesWithTooFew() public {
        uint32 taskId = _opened();
        _commit(taskId, participants[0], 10);
        _passDeadline(taskId);
        (, , bytes32 modelRoot, bytes32 accumulator, bytes32 head) = federation.taskState(taskId);
        head = keccak256(
            abi.encode(head, 1, Phase.Invalidated, modelRoot, accumulator, bytes32(0), Reason.TooFewUpdates)
        );
        vm.expectEmit();
        emit IRounds.RoundInvalidated(taskId, 1, Reason.TooFewUpdates, head);
        federation.closeRound(taskId, 1);
        assertEq(_modelRoot(taskId), modelRoot);
    }

    function test_closeRound_needsAnAggregator() public {
        uint32 taskId = _opened();
        _commitAll(taskId);
        _revokeAggregators();
        vm.expectRevert(IRounds.NoAggregator.selector);
        federation.closeRound(taskId, 1);
    }

    // propose

    function test_propose_refusesAnotherRoundOrPhase() public {
        (uint32 taskId, Proposal memory proposal) = _proposed(0);
        _expectProposeRevert(taskId, 2, proposal, abi.encodeWithSelector(IRounds.WrongRound.selector, 1));
        _expectProposeRevert(taskId, 1, proposal, abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Proposed));
    }

    function test_propose_isForTheAssignedAggregatorInItsOwnName() public {
        uint32 taskId = _aggregating();
        Proposal memory proposal = _proposal(taskId, 0);
        bytes memory refusal = abi.encodeWithSelector(IRounds.NotAssigned.selector, aggregators[1]);
        vm.expectRevert(refusal);
        vm.prank(aggregators[0]);
        federation.propose(taskId, 1, proposal);
        proposal.aggregator = aggregators[0];
        vm.expectRevert(refusal);
        vm.prank(aggregators[1]);
        federation.propose(taskId, 1, proposal);
    }

    function test_propose_refusesAnotherAttempt() public {
        uint32 taskId = _aggregating();
        Proposal memory proposal = _proposal(taskId, 0);
        proposal.attempt = 1;
        _expectProposeRevert(taskId, 1, proposal, abi.encodeWithSelector(IRounds.NotAssigned.selector, aggregators[1]));
    }

    function test_propose_refusesAnAggregatorWhoseRoleWasRevoked() public {
        uint32 taskId = _aggregating();
        bytes32 role = federation.AGGREGATOR_ROLE();
        federation.revokeRole(role, aggregators[1]);
        _expectProposeRevert(
            taskId,
            1,
            _proposal(taskId, 0),
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, aggregators[1], role)
        );
    }

    function test_propose_endsWithItsDeadline() public {
        uint32 taskId = _aggregating();
        Proposal memory proposal = _proposal(taskId, 0);
        uint256 deadline = federation.roundInfo(taskId).deadline;
        vm.warp(deadline + 1);
        _expectProposeRevert(taskId, 1, proposal, abi.encodeWithSelector(IRounds.TooLate.selector, deadline));
        vm.warp(deadline);
        _propose(taskId, proposal);
    }

    function test_propose_refusesZeroRoots() public {
        uint32 taskId = _aggregating();
        Proposal memory proposal = _proposal(taskId, 0);
        proposal.modelRoot = 0;
        _expectProposeRevert(taskId, 1, proposal, abi.encodeWithSelector(IRounds.InvalidRoot.selector));
        proposal = _proposal(taskId, 0);
        proposal.contentId = 0;
        _expectProposeRevert(taskId, 1, proposal, abi.encodeWithSelector(IRounds.InvalidRoot.selector));
    }

    function test_propose_refusesAnotherTotalWeight(uint64 weight) public {
        vm.assume(weight != 50);
        uint32 taskId = _aggregating();
        Proposal memory proposal = _proposal(taskId, 0);
        proposal.totalWeight = weight;
        _expectProposeRevert(taskId, 1, proposal, abi.encodeWithSelector(IRounds.WrongTotalWeight.selector, 50));
    }

    function test_propose_boundsTheWeightOfAPart() public {
        uint32 taskId = _aggregating();
        Proposal memory proposal = _proposal(taskId, 1);
        bytes memory refusal = abi.encodeWithSelector(IRounds.WrongTotalWeight.selector, 50);
        proposal.totalWeight = 0;
        _expectProposeRevert(taskId, 1, proposal, refusal);
        proposal.totalWeight = 50;
        _expectProposeRevert(taskId, 1, proposal, refusal);
        proposal.totalWeight = 49;
        _propose(taskId, proposal);
        assertTrue(federation.roundInfo(taskId).excluding, "excluding");
    }

    function test_propose_excludesOnlyCommittedUpdates() public {
        uint32 taskId = _aggregating();
        _expectProposeRevert(
            taskId,
            1,
            _proposal(taskId, 1 << 5),
            abi.encodeWithSelector(IRounds.InvalidExclusion.selector)
        );
    }

    function test_propose_leavesAtLeastMinUpdates() public {
        uint32 taskId = _aggregating();
        _expectProposeRevert(
            taskId,
            1,
            _proposal(taskId, 0xf),
            abi.encodeWithSelector(IRounds.InvalidExclusion.selector)
        );
        _propose(taskId, _proposal(taskId, 7));
    }

    function test_propose_recordsTheHash() public {
        uint32 taskId = _aggregating();
        Proposal memory proposal = _proposal(taskId, 4);
        vm.expectEmit();
        emit IRounds.Proposed(taskId, 1, proposal, uint40(block.timestamp + 900));
        _propose(taskId, proposal);
        RoundInfo memory info = federation.roundInfo(taskId);
        assertEq(info.proposalHash, keccak256(abi.encode(taskId, 1, proposal)));
        assertEq(info.assigned, address(0));
        assertEq(info.attempt, 0);
        assertEq(info.deadline, block.timestamp + 900);
        assertEq(info.totalWeight, 50);
    }

    // reassign

    function test_reassign_refusesAnotherRoundOrPhase() public {
        uint32 taskId = _opened();
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongRound.selector, 1));
        federation.reassign(taskId, 0);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Open));
        federation.reassign(taskId, 1);
    }

    function test_reassign_leavesAProposalOfEverythingAlone() public {
        (uint32 taskId, ) = _proposed(0);
        _passDeadline(taskId);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Proposed));
        federation.reassign(taskId, 1);
    }

    function test_reassign_waitsForTheDeadline() public {
        uint32 taskId = _aggregating();
        uint256 deadline = federation.roundInfo(taskId).deadline;
        vm.warp(deadline);
        vm.expectRevert(abi.encodeWithSelector(IRounds.TooEarly.selector, deadline));
        federation.reassign(taskId, 1);
    }

    function test_reassign_goesRoundTheAggregatorsThenInvalidates() public {
        uint32 taskId = _aggregating();
        _passDeadline(taskId);
        federation.reassign(taskId, 1);
        RoundInfo memory info = federation.roundInfo(taskId);
        assertEq(info.assigned, aggregators[0]);
        assertEq(info.attempt, 1);
        assertEq(info.deadline, block.timestamp + 300);
        assertEq(info.committed, 31);
        _passDeadline(taskId);
        (, , bytes32 modelRoot, bytes32 accumulator, bytes32 head) = federation.taskState(taskId);
        head = keccak256(abi.encode(head, 1, Phase.Invalidated, modelRoot, accumulator, bytes32(0), Reason.NoProposal));
        vm.expectEmit();
        emit IRounds.RoundInvalidated(taskId, 1, Reason.NoProposal, head);
        federation.reassign(taskId, 1);
    }

    function test_reassign_replacesAnUnattestedExclusion() public {
        (uint32 taskId, ) = _proposed(1);
        _passDeadline(taskId);
        federation.reassign(taskId, 1);
        RoundInfo memory info = federation.roundInfo(taskId);
        assertTrue(info.phase == Phase.Aggregating && !info.excluding, "aggregating again");
        assertEq(info.attempt, 1);
        _propose(taskId, _proposal(taskId, 1));
        assertEq(federation.roundInfo(taskId).attempt, 1);
        _passDeadline(taskId);
        (, , , , bytes32 before) = federation.taskState(taskId);
        federation.reassign(taskId, 1);
        (, Phase phase, , , bytes32 head) = federation.taskState(taskId);
        assertTrue(phase == Phase.Invalidated && head != before, "invalidated");
    }

    function test_reassign_needsAnAggregator() public {
        uint32 taskId = _aggregating();
        _passDeadline(taskId);
        _revokeAggregators();
        vm.expectRevert(IRounds.NoAggregator.selector);
        federation.reassign(taskId, 1);
    }

    // finalize

    function test_finalize_byAQuorum() public {
        (uint32 taskId, Proposal memory proposal) = _proposed(0);
        Attestation[] memory attestations = _attestations(taskId, 3);
        bytes32 hash = federation.roundInfo(taskId).proposalHash;
        (, , bytes32 base, bytes32 accumulator, bytes32 head) = federation.taskState(taskId);
        head = keccak256(abi.encode(head, 1, Phase.Finalized, base, accumulator, hash, Reason.None));
        address[] memory attesters = new address[](3);
        Evaluation[] memory evaluations = new Evaluation[](3);
        for (uint256 i = 0; i < 3; ++i) {
            attesters[i] = participants[i];
            evaluations[i] = attestations[i].evaluation;
        }
        vm.expectEmit();
        emit IRounds.RoundFinalized(taskId, 1, proposal.modelRoot, attesters, evaluations, head);
        federation.finalize(taskId, 1, proposal, attestations);
        assertEq(_modelRoot(taskId), proposal.modelRoot);
        assertEq(federation.roundInfo(taskId).proposalHash, 0);
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
        bytes32 hash = federation.roundInfo(taskId).proposalHash;
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

    function test_finalize_refusesAMalformedSignature() public {
        (uint32 taskId, Proposal memory proposal) = _proposed(0);
        Attestation[] memory attestations = _attestations(taskId, 2);
        attestations[0].signature = hex"00";
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureLength.selector, 1));
        federation.finalize(taskId, 1, proposal, attestations);
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
        uint256 deadline = federation.roundInfo(taskId).deadline;
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

    // views

    function test_views_refuseUnknownTasks() public {
        bytes memory refusal = abi.encodeWithSelector(ITasks.UnknownTask.selector, 4);
        vm.expectRevert(refusal);
        federation.taskState(4);
        vm.expectRevert(refusal);
        federation.roundInfo(4);
        vm.expectRevert(refusal);
        federation.slotOf(4, outsider);
    }

    function test_slotOf_isZeroForThoseNotEnrolled() public {
        uint32 taskId = _opened();
        (uint8 slot, bool drawn) = federation.slotOf(taskId, outsider);
        assertTrue(slot == 0 && !drawn, "not drawn");
    }

    function _expectOpenRefused(uint32 taskId, Phase phase) private {
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, phase));
        vm.prank(outsider, outsider);
        federation.openRound(taskId);
    }

    function _expectCommitRevert(uint32 taskId, address participant, bytes memory refusal) private {
        bytes32 base = _modelRoot(taskId);
        uint32 round = _round(taskId);
        vm.expectRevert(refusal);
        vm.prank(participant);
        federation.commit(taskId, round, base, UPDATE, CONTENT, 10);
    }

    function _expectProposeRevert(uint32 taskId, uint32 round, Proposal memory proposal, bytes memory refusal) private {
        vm.expectRevert(refusal);
        vm.prank(proposal.aggregator);
        federation.propose(taskId, round, proposal);
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

    function _revokeAggregators() private {
        for (uint256 i = 0; i < aggregators.length; ++i) {
            federation.revokeRole(federation.AGGREGATOR_ROLE(), aggregators[i]);
        }
    }
}
