// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBonds} from "../../contracts/interfaces/IBonds.sol";
import {IRounds} from "../../contracts/interfaces/IRounds.sol";
import {ITasks} from "../../contracts/interfaces/ITasks.sol";
import {
    Attestation,
    Availability,
    Commitment,
    Phase,
    Proposal,
    Reason,
    RoundInfo,
    SignedCommitment,
    TaskRules
} from "../../contracts/types/TaskTypes.sol";
import {ChallengeFixture} from "./support/ChallengeFixture.sol";

/// @notice Rounds that open on a proposed model, and what becomes of them.
contract RoundsPipeliningTest is ChallengeFixture {
    bytes32 private constant MODEL = keccak256("initial model");

    function setUp() public {
        _deploy(5, 4);
    }

    // opening

    function test_pipeline_opensOnAProposedModel() public {
        (uint32 taskId, Proposal memory first) = _pipelined(false);
        vm.warp(5000);
        vm.prevrandao(bytes32(uint256(77)));
        (, , , , bytes32 head) = federation.taskState(taskId);
        uint72 seed = uint72(uint256(keccak256(abi.encode(uint256(77), address(federation), taskId, 2, head))));
        bytes32 accumulator = keccak256(
            abi.encode(block.chainid, address(federation), taskId, 2, first.modelRoot, seed, 5, 5)
        );
        vm.expectEmit();
        emit IRounds.RoundOpened(taskId, 2, first.modelRoot, seed, 5, 5, 5600, accumulator);
        _open(taskId);
        (uint32 round, Phase phase, bytes32 modelRoot, bytes32 newest, bytes32 after_) = federation.taskState(taskId);
        assertTrue(round == 2 && phase == Phase.Open, "the newest");
        assertEq(modelRoot, MODEL);
        assertEq(newest, accumulator);
        assertEq(after_, head);
        assertEq(federation.roundInfo(taskId, 2).baseModelRoot, first.modelRoot);
        assertEq(federation.roundInfo(taskId, 1).baseModelRoot, MODEL);
        assertTrue(federation.roundInfo(taskId, 1).phase == Phase.Proposed, "the first goes on");
    }

    function test_pipeline_opensInNoOtherPhase() public {
        uint32 taskId = _createWithAll(_pipelinedRules(false));
        _open(taskId);
        _expectNoOpening(taskId, Phase.Open);
        _commitAll(taskId);
        federation.closeRound(taskId, 1);
        _expectNoOpening(taskId, Phase.Aggregating);
        // a proposal that needs a quorum may well fall
        _propose(taskId, _proposal(taskId, 1));
        _expectNoOpening(taskId, Phase.Proposed);
    }

    function test_pipeline_isATasksChoice() public {
        (uint32 taskId, ) = _proposed(0);
        _expectNoOpening(taskId, Phase.Proposed);
    }

    function test_pipeline_hasAtMostTwoRounds() public {
        (uint32 taskId, Proposal memory first, Proposal memory second) = _twoProposed(false);
        _expectNoOpening(taskId, Phase.Proposed);
        federation.finalize(taskId, 1, first, _quorum(taskId, 1));
        _open(taskId);
        assertEq(_round(taskId), 3);
        assertEq(_base(taskId), second.modelRoot);
        // the record of the first round was written over
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongRound.selector, 3));
        federation.roundInfo(taskId, 1);
        _expectNoOpening(taskId, Phase.Proposed);
        federation.finalize(taskId, 2, second, _quorum(taskId, 2));
        _expectNoOpening(taskId, Phase.Open);
    }

    /// @dev The record of the first round is still needed when the second has ended.
    function test_pipeline_doesNotOpenOverARoundThatIsNotFinal() public {
        (uint32 taskId, Proposal memory first) = _pipelined(false);
        _open(taskId);
        vm.warp(block.timestamp + 601);
        federation.closeRound(taskId, 2);
        assertTrue(_phase(taskId) == Phase.Invalidated, "nobody came");
        _expectNoOpening(taskId, Phase.Proposed);
        federation.finalize(taskId, 1, first, _quorum(taskId, 1));
        _open(taskId);
        assertEq(_round(taskId), 3);
        assertEq(_base(taskId), first.modelRoot);
    }

    function test_pipeline_waitsWhileSomebodyLeaves() public {
        (uint32 taskId, Proposal memory first) = _pipelined(false);
        vm.prank(participants[0]);
        federation.leaveTask(taskId);
        _expectNoOpening(taskId, Phase.Proposed);
        federation.finalize(taskId, 1, first, _quorumFrom(taskId, 1, 1));
        vm.expectEmit();
        emit ITasks.Left(taskId, participants[0]);
        _open(taskId);
        assertEq(federation.roundInfo(taskId, 0).enrolled, 4);
    }

    function test_pipeline_freesNoPlaceWhileARoundIsInFlight() public {
        (uint32 taskId, Proposal memory first) = _pipelined(false);
        _open(taskId);
        vm.prank(participants[0]);
        federation.leaveTask(taskId);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Open));
        federation.freePlaces(taskId);
        vm.warp(block.timestamp + 601);
        federation.closeRound(taskId, 2);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Proposed));
        federation.freePlaces(taskId);
        assertEq(federation.participants(taskId).length, 5);
        vm.warp(uint256(federation.roundInfo(taskId, 1).deadline) + 1);
        federation.finalizeUnchallenged(taskId, 1, first);
        federation.freePlaces(taskId);
        assertEq(federation.participants(taskId).length, 4);
    }

    function test_pipeline_takesInThoseWhoEnrolledBetween() public {
        TaskRules memory rules = _pipelinedRules(false);
        uint32 taskId = _create(rules);
        for (uint256 i = 0; i < 4; ++i) {
            _enrol(taskId, participants[i]);
        }
        _open(taskId);
        _enrol(taskId, participants[4]);
        _step(taskId, 1);
        _open(taskId);
        assertEq(federation.roundInfo(taskId, 1).enrolled, 4);
        assertEq(federation.roundInfo(taskId, 2).enrolled, 5);
        _commit(taskId, participants[4], 10);
    }

    // committing

    function test_pipeline_takesUpdatesOfTheProposedModelOnly() public {
        (uint32 taskId, Proposal memory first) = _pipelined(false);
        _open(taskId);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongBaseModel.selector, first.modelRoot));
        vm.prank(participants[0]);
        federation.commit(taskId, 2, MODEL, keccak256("u"), keccak256("c"), 10);
        vm.prank(participants[0]);
        federation.commit(taskId, 2, first.modelRoot, keccak256("u"), keccak256("c"), 10);
        SignedCommitment[] memory signed = new SignedCommitment[](1);
        signed[0] = _signed(taskId, 2, 1, 10);
        federation.commitBatch(taskId, 2, signed);
        assertEq(federation.roundInfo(taskId, 2).totalWeight, 20);
        // the first takes none any more
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Proposed));
        vm.prank(participants[0]);
        federation.commit(taskId, 1, MODEL, keccak256("u"), keccak256("c"), 10);
    }

    // finality

    function test_pipeline_isFinalInTheOrderOfRounds() public {
        (uint32 taskId, Proposal memory first, Proposal memory second) = _twoProposed(false);
        bytes32[2] memory hashes;
        for (uint32 i = 0; i < 2; ++i) {
            hashes[i] = federation.roundInfo(taskId, i + 1).proposalHash;
        }
        Attestation[] memory attestations = _quorum(taskId, 2);
        bytes memory refusal = abi.encodeWithSelector(IRounds.WrongRound.selector, 2);
        vm.expectRevert(refusal);
        federation.finalize(taskId, 2, second, attestations);
        _passDeadline(taskId);
        vm.expectRevert(refusal);
        federation.finalizeUnchallenged(taskId, 2, second);
        bytes32 head = _expectedHead(taskId, 1, Phase.Finalized, hashes[0], Reason.None);
        vm.expectEmit();
        emit IRounds.RoundFinalized(taskId, 1, first.modelRoot, new address[](0), new uint256[](0), head);
        federation.finalizeUnchallenged(taskId, 1, first);
        assertEq(_modelRoot(taskId), first.modelRoot);
        head = _expectedHead(taskId, 2, Phase.Finalized, hashes[1], Reason.None);
        vm.expectEmit();
        emit IRounds.RoundFinalized(taskId, 2, second.modelRoot, new address[](0), new uint256[](0), head);
        federation.finalizeUnchallenged(taskId, 2, second);
        assertEq(_modelRoot(taskId), second.modelRoot);
    }

    function test_pipeline_finalizesTheSecondByAQuorumOnceTheFirstIsFinal() public {
        (uint32 taskId, Proposal memory first, Proposal memory second) = _twoProposed(false);
        Attestation[] memory attestations = _quorum(taskId, 2);
        federation.finalize(taskId, 1, first, _quorum(taskId, 1));
        federation.finalize(taskId, 2, second, attestations);
        assertEq(_modelRoot(taskId), second.modelRoot);
    }

    function test_pipeline_goesOnAfterTheSecondWasReassigned() public {
        (uint32 taskId, Proposal memory first) = _pipelined(false);
        _open(taskId);
        _commitAll(taskId);
        federation.closeRound(taskId, 2);
        vm.warp(block.timestamp + 301);
        federation.reassign(taskId, 2);
        Proposal memory second = _proposal(taskId, 0);
        assertEq(second.attempt, 1);
        _propose(taskId, second);
        federation.finalize(taskId, 1, first, _quorum(taskId, 1));
        federation.finalize(taskId, 2, second, _quorum(taskId, 2));
        assertEq(_modelRoot(taskId), second.modelRoot);
    }

    // when the first falls

    function test_pipeline_fallsWithTheFirst_whileOpen() public {
        (uint32 taskId, Proposal memory lie, Commitment[] memory commitments) = _lying(false);
        _open(taskId);
        _commit(taskId, participants[0], 10);
        _strikeAndExpectFall(taskId, lie, commitments, address(0));
    }

    function test_pipeline_fallsWithTheFirst_whileAggregating() public {
        (uint32 taskId, Proposal memory lie, Commitment[] memory commitments) = _lying(true);
        _open(taskId);
        _commitAll(taskId);
        federation.closeRound(taskId, 2);
        _strikeAndExpectFall(taskId, lie, commitments, federation.roundInfo(taskId, 2).assigned);
    }

    function test_pipeline_fallsWithTheFirst_whileProposed() public {
        (uint32 taskId, Proposal memory lie, Commitment[] memory commitments) = _lying(true);
        _open(taskId);
        address second = _step(taskId, 2).aggregator;
        _strikeAndExpectFall(taskId, lie, commitments, second);
    }

    /// @dev The second round ended by itself: there is nothing to invalidate, and nothing is written twice.
    function test_pipeline_doesNotFallTwice() public {
        (uint32 taskId, Proposal memory lie, Commitment[] memory commitments) = _lying(true);
        _open(taskId);
        vm.warp(block.timestamp + 601);
        federation.closeRound(taskId, 2);
        (, , , , bytes32 head) = federation.taskState(taskId);
        federation.challengeWeight(taskId, 1, lie, commitments, 0);
        (, Phase phase, , , bytes32 after_) = federation.taskState(taskId);
        assertEq(after_, head);
        assertTrue(phase == Phase.Invalidated, "ended before");
        assertTrue(federation.roundInfo(taskId, 1).phase == Phase.Aggregating, "assigned anew");
    }

    /// @dev The other record holds the round before: it is left alone.
    function test_pipeline_leavesTheRoundBeforeAlone() public {
        (uint32 taskId, Proposal memory first) = _pipelined(false);
        federation.finalize(taskId, 1, first, _quorum(taskId, 1));
        _open(taskId);
        _commitAll(taskId);
        federation.closeRound(taskId, 2);
        Proposal memory lie = _misweighed(taskId);
        _propose(taskId, lie);
        (, , , , bytes32 head) = federation.taskState(taskId);
        federation.challengeWeight(taskId, 2, lie, _recordedIn(taskId, 2), 0);
        (, , , , bytes32 after_) = federation.taskState(taskId);
        assertEq(after_, head);
        assertTrue(federation.roundInfo(taskId, 1).phase == Phase.Finalized, "stays final");
        assertTrue(federation.roundInfo(taskId, 2).phase == Phase.Aggregating, "assigned anew");
    }

    function test_pipeline_theSecondFallsAlone() public {
        (uint32 taskId, Proposal memory first) = _pipelined(false);
        _open(taskId);
        _commitAll(taskId);
        federation.closeRound(taskId, 2);
        Proposal memory lie = _misweighed(taskId);
        _propose(taskId, lie);
        federation.challengeWeight(taskId, 2, lie, _recordedIn(taskId, 2), 0);
        assertTrue(federation.roundInfo(taskId, 1).phase == Phase.Proposed, "the first goes on");
        federation.finalize(taskId, 1, first, _quorum(taskId, 1));
        Proposal memory second = _proposal(taskId, 0);
        _propose(taskId, second);
        federation.finalize(taskId, 2, second, _quorum(taskId, 2));
        assertEq(_modelRoot(taskId), second.modelRoot);
    }

    /// @dev The last attempt falls: first what was built on it ends, then the round itself.
    function test_pipeline_endsFromTheTopDown() public {
        TaskRules memory rules = _pipelinedRules(true);
        rules.attempts = 1;
        (uint32 taskId, Proposal memory lie, Commitment[] memory commitments) = _lyingUnder(rules);
        _open(taskId);
        bytes32 head = _expectedHead(taskId, 2, Phase.Invalidated, 0, Reason.AncestorInvalid);
        vm.expectEmit();
        emit IRounds.RoundInvalidated(taskId, 2, Reason.AncestorInvalid, head);
        RoundInfo memory first = federation.roundInfo(taskId, 1);
        head = keccak256(
            abi.encode(
                head,
                1,
                Phase.Invalidated,
                first.baseModelRoot,
                first.accumulator,
                bytes32(0),
                Reason.ChallengeWon
            )
        );
        vm.expectEmit();
        emit IRounds.RoundInvalidated(taskId, 1, Reason.ChallengeWon, head);
        federation.challengeWeight(taskId, 1, lie, commitments, 0);
        (uint32 round, Phase phase, bytes32 modelRoot, , bytes32 after_) = federation.taskState(taskId);
        assertTrue(round == 2 && phase == Phase.Invalidated, "the newest");
        assertEq(after_, head);
        assertEq(modelRoot, MODEL);
        // the next is the third, from the last final model
        _open(taskId);
        assertEq(_round(taskId), 3);
        assertEq(_base(taskId), MODEL);
    }

    function test_pipeline_usesEachNumberOnce() public {
        TaskRules memory rules = _pipelinedRules(false);
        rules.rounds = 3;
        (uint32 taskId, Proposal memory lie, Commitment[] memory commitments) = _lyingUnder(rules);
        _open(taskId);
        bytes32 struck = _base(taskId);
        federation.challengeWeight(taskId, 1, lie, commitments, 0);
        // no opening on a round that is being aggregated or proposed again: its record would be written over
        _expectNoOpening(taskId, Phase.Aggregating);
        Proposal memory right = _proposalFor(taskId, 1, 0);
        right.modelRoot = keccak256("right");
        _proposeHeld(taskId, 1, right);
        _expectNoOpening(taskId, Phase.Proposed);
        _expectEnded(taskId, 2);
        federation.finalize(taskId, 1, right, _quorum(taskId, 1));
        _open(taskId);
        assertEq(_round(taskId), 3);
        assertEq(_base(taskId), right.modelRoot);
        assertTrue(struck != right.modelRoot, "from another model");
        _step(taskId, 3);
        vm.expectRevert(abi.encodeWithSelector(ITasks.TaskComplete.selector, taskId));
        vm.prank(outsider, outsider);
        federation.openRound(taskId);
    }

    function test_pipeline_canBeStruckOnEveryAttempt() public {
        TaskRules memory rules = _pipelinedRules(true);
        rules.attempts = 3;
        (uint32 taskId, Proposal memory lie, Commitment[] memory commitments) = _lyingUnder(rules);
        _open(taskId);
        for (uint256 attempt = 0; attempt < 2; ++attempt) {
            federation.challengeWeight(taskId, 1, lie, commitments, 0);
            _expectEnded(taskId, 2);
            lie = _proposalFor(taskId, 1, 0);
            lie.excluded = 1;
            lie.totalWeight -= 11;
            _proposeHeld(taskId, 1, lie);
        }
        federation.challengeWeight(taskId, 1, lie, commitments, 0);
        assertTrue(federation.roundInfo(taskId, 1).phase == Phase.Invalidated, "no attempt is left");
        assertEq(_modelRoot(taskId), MODEL);
    }

    // views

    function test_roundInfo_isOfTheTwoNewestRounds() public {
        uint32 taskId = _createWithAll(_pipelinedRules(false));
        assertEq(federation.roundInfo(taskId, 0).round, 0);
        assertTrue(federation.roundInfo(taskId, 0).phase == Phase.None, "none yet");
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongRound.selector, 0));
        federation.roundInfo(taskId, 1);
        _open(taskId);
        _step(taskId, 1);
        _open(taskId);
        for (uint32 round = 1; round < 3; ++round) {
            assertEq(federation.roundInfo(taskId, round).round, round);
        }
        assertEq(federation.roundInfo(taskId, 0).round, 2);
        bytes memory refusal = abi.encodeWithSelector(IRounds.WrongRound.selector, 2);
        vm.expectRevert(refusal);
        federation.roundInfo(taskId, 3);
        vm.expectRevert(refusal);
        federation.roundInfo(taskId, 4);
    }

    /// @dev Strikes the lie of round 1; round 2 must end with it, and release the bond of `second`, its aggregator.
    function _strikeAndExpectFall(
        uint32 taskId,
        Proposal memory lie,
        Commitment[] memory commitments,
        address second
    ) private {
        uint256 bondWei = uint256(federation.taskRules(taskId).aggregatorBondGwei) * 1 gwei;
        bytes32 head = _expectedHead(taskId, 2, Phase.Invalidated, 0, Reason.AncestorInvalid);
        if (second != address(0)) {
            vm.expectEmit();
            emit IBonds.BondReleased(taskId, 2, second, bondWei);
        }
        vm.expectEmit();
        emit IRounds.RoundInvalidated(taskId, 2, Reason.AncestorInvalid, head);
        vm.expectEmit();
        emit IRounds.AggregatorAssigned(taskId, 1, 1, aggregators[2], uint40(block.timestamp + 300));
        federation.challengeWeight(taskId, 1, lie, commitments, 0);
        if (second != address(0)) {
            (, uint256 lockedWei, , ) = federation.bondOf(second);
            assertEq(lockedWei, second == aggregators[2] ? bondWei : 0);
        }
        (uint32 round, Phase phase, bytes32 modelRoot, , bytes32 after_) = federation.taskState(taskId);
        assertTrue(round == 2 && phase == Phase.Invalidated, "fallen");
        assertEq(after_, head);
        assertEq(modelRoot, MODEL);
        _expectEnded(taskId, 2);
        _expectEndOfTheFirst(taskId);
    }

    /// @dev The first round, assigned anew, goes on to its end.
    function _expectEndOfTheFirst(uint32 taskId) private {
        Proposal memory right = _proposalFor(taskId, 1, 0);
        _proposeHeld(taskId, 1, right);
        federation.finalize(taskId, 1, right, _quorum(taskId, 1));
        assertEq(_modelRoot(taskId), right.modelRoot);
    }

    /// @dev No step is taken in a round that has ended.
    function _expectEnded(uint32 taskId, uint32 round) private {
        bytes memory refusal = abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Invalidated);
        bytes32 base = federation.roundInfo(taskId, round).baseModelRoot;
        Proposal memory proposal = _proposalFor(taskId, round, 0);
        vm.expectRevert(refusal);
        vm.prank(participants[4]);
        federation.commit(taskId, round, base, keccak256("u"), keccak256("c"), 10);
        vm.expectRevert(refusal);
        federation.closeRound(taskId, round);
        vm.expectRevert(refusal);
        federation.propose(taskId, round, proposal, new Availability[](0));
        vm.expectRevert(refusal);
        federation.reassign(taskId, round);
        vm.expectRevert(refusal);
        federation.finalize(taskId, round, proposal, new Attestation[](0));
        vm.expectRevert(refusal);
        federation.finalizeUnchallenged(taskId, round, proposal);
    }

    function _expectNoOpening(uint32 taskId, Phase phase) private {
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, phase));
        vm.prank(outsider, outsider);
        federation.openRound(taskId);
    }

    /// @dev The history's head when the round ends so, as its next event.
    function _expectedHead(
        uint32 taskId,
        uint32 round,
        Phase phase,
        bytes32 proposalHash,
        Reason reason
    ) private view returns (bytes32) {
        (, , , , bytes32 head) = federation.taskState(taskId);
        RoundInfo memory info = federation.roundInfo(taskId, round);
        return keccak256(abi.encode(head, round, phase, info.baseModelRoot, info.accumulator, proposalHash, reason));
    }

    function _pipelinedRules(bool bonded) private view returns (TaskRules memory rules) {
        rules = _bondedRules(bonded, false);
        rules.pipelined = true;
    }

    /// @dev A pipelined task whose first round is Proposed.
    function _pipelined(bool bonded) private returns (uint32 taskId, Proposal memory first) {
        taskId = _createWithAll(_pipelinedRules(bonded));
        _open(taskId);
        first = _step(taskId, 1);
    }

    /// @dev Two rounds in flight, both Proposed.
    function _twoProposed(bool bonded) private returns (uint32 taskId, Proposal memory first, Proposal memory second) {
        (taskId, first) = _pipelined(bonded);
        _open(taskId);
        second = _step(taskId, 2);
    }

    /// @dev Takes the newest round from Open to Proposed.
    function _step(uint32 taskId, uint32 round) private returns (Proposal memory proposal) {
        _commitAll(taskId);
        federation.closeRound(taskId, round);
        proposal = _proposal(taskId, 0);
        _proposeHeld(taskId, round, proposal);
    }

    /// @dev With everyone's word for what is included, where the task asks for words.
    function _proposeHeld(uint32 taskId, uint32 round, Proposal memory proposal) private {
        Availability[] memory words = new Availability[](0);
        if (federation.taskRules(taskId).holders != 0) words = _words(taskId, round, 5, 31 & ~proposal.excluded);
        _proposeIn(taskId, round, proposal, words);
    }

    /// @dev A pipelined task whose first proposal has a wrong weight, but leaves nothing out without a reason: with holders, the words
    /// give it one.
    function _lying(bool bonded) private returns (uint32 taskId, Proposal memory lie, Commitment[] memory commitments) {
        return _lyingUnder(_pipelinedRules(bonded));
    }

    function _lyingUnder(
        TaskRules memory rules
    ) private returns (uint32 taskId, Proposal memory lie, Commitment[] memory commitments) {
        rules.holders = 1;
        if (rules.aggregatorBondGwei != 0) {
            for (uint256 i = 0; i < aggregators.length; ++i) {
                _bond(aggregators[i], uint256(rules.aggregatorBondGwei) * 1 gwei);
            }
        }
        taskId = _createWithAll(rules);
        _open(taskId);
        commitments = _commitRecorded(taskId);
        federation.closeRound(taskId, 1);
        lie = _misweighed(taskId);
        _proposeHeld(taskId, 1, lie);
    }

    /// @dev As {_recorded}, of one of the two newest rounds, all drawn: a slot is then a place.
    function _recordedIn(uint32 taskId, uint32 round) private view returns (Commitment[] memory commitments) {
        assertEq(federation.roundInfo(taskId, round).drawn, participants.length);
        return _recorded(taskId);
    }

    function _quorum(uint32 taskId, uint32 round) private view returns (Attestation[] memory) {
        return _quorumFrom(taskId, round, 0);
    }

    function _quorumFrom(uint32 taskId, uint32 round, uint256 from) private view returns (Attestation[] memory list) {
        list = new Attestation[](2);
        for (uint256 i = 0; i < 2; ++i) {
            list[i] = _attestationFor(taskId, round, keys[from + i]);
        }
    }
}
