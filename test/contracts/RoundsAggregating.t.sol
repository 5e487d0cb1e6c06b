// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IRounds} from "../../contracts/interfaces/IRounds.sol";
import {Availability, Phase, Proposal, Reason, RoundInfo, TaskRules} from "../../contracts/types/TaskTypes.sol";
import {FederationFixture} from "./support/FederationFixture.sol";

/// @notice Closing a round, proposing its result, reassigning its aggregator.
contract RoundsAggregatingTest is FederationFixture {
    function setUp() public {
        _deploy(5, 2);
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
        uint256 deadline = federation.roundInfo(taskId, 0).deadline;
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
        assertEq(federation.roundInfo(taskId, 0).drawn, 64);
        _commitAll(taskId);
        assertEq(federation.roundInfo(taskId, 0).committed, type(uint64).max);
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
        assertEq(federation.roundInfo(taskId, 0).assigned, aggregators[1]);
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
        federation.propose(taskId, 1, proposal, new Availability[](0));
        proposal.aggregator = aggregators[0];
        vm.expectRevert(refusal);
        vm.prank(aggregators[1]);
        federation.propose(taskId, 1, proposal, new Availability[](0));
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
        uint256 deadline = federation.roundInfo(taskId, 0).deadline;
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
        assertTrue(federation.roundInfo(taskId, 0).excluding, "excluding");
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
        RoundInfo memory info = federation.roundInfo(taskId, 0);
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
        uint256 deadline = federation.roundInfo(taskId, 0).deadline;
        vm.warp(deadline);
        vm.expectRevert(abi.encodeWithSelector(IRounds.TooEarly.selector, deadline));
        federation.reassign(taskId, 1);
    }

    function test_reassign_goesRoundTheAggregatorsThenInvalidates() public {
        uint32 taskId = _aggregating();
        _passDeadline(taskId);
        federation.reassign(taskId, 1);
        RoundInfo memory info = federation.roundInfo(taskId, 0);
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
        RoundInfo memory info = federation.roundInfo(taskId, 0);
        assertTrue(info.phase == Phase.Aggregating && !info.excluding, "aggregating again");
        assertEq(info.attempt, 1);
        _propose(taskId, _proposal(taskId, 1));
        assertEq(federation.roundInfo(taskId, 0).attempt, 1);
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

    function _expectProposeRevert(uint32 taskId, uint32 round, Proposal memory proposal, bytes memory refusal) private {
        vm.expectRevert(refusal);
        vm.prank(proposal.aggregator);
        federation.propose(taskId, round, proposal, new Availability[](0));
    }

    function _revokeAggregators() private {
        for (uint256 i = 0; i < aggregators.length; ++i) {
            federation.revokeRole(federation.AGGREGATOR_ROLE(), aggregators[i]);
        }
    }
}
