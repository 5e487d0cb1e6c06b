// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBonds} from "../../contracts/interfaces/IBonds.sol";
import {IDemands} from "../../contracts/interfaces/IDemands.sol";
import {IRounds} from "../../contracts/interfaces/IRounds.sol";
import {Demand, DemandKind} from "../../contracts/types/ChallengeTypes.sol";
import {
    Attestation,
    Commitment,
    Phase,
    Proposal,
    Reason,
    RoundInfo,
    TaskRules
} from "../../contracts/types/TaskTypes.sol";
import {CourtFixture, Tree} from "./support/CourtFixture.sol";

/// @notice What becomes of a round that was opened on a proposal which falls.
contract PipelinedChallengesTest is CourtFixture {
    uint32 private constant COUNT = 130;
    uint32 private constant WINDOW_S = 900;
    address private demander = vm.addr(0xde);

    uint32 private taskId;
    uint256 private bondWei;
    Proposal private proposed;
    Demand private demand;

    function setUp() public {
        _deploy(3, 4);
        TaskRules memory rules = _rules();
        rules.parameterCount = COUNT;
        rules.pipelined = true;
        rules.attempts = 3;
        rules.aggregatorBondGwei = uint48(federation.leastBondWei(COUNT, rules.maxUpdates) / 1 gwei);
        bondWei = uint256(rules.aggregatorBondGwei) * 1 gwei;
        taskId = _openedCourt(rules);
        _commitTrees(taskId, COUNT);
        Tree memory model = _tree(COUNT, MODEL_SEED);
        proposed = _proposeRoot(taskId, model.root, 0);
        // nobody will answer
        demand = _nodesDemand(taskId, model, 2, 0);
        _demandNodes(demander, demand, proposed, model);
    }

    function test_strike_invalidatesTheOpenDescendantFirst() public {
        _open(taskId);
        _expectStrike(1);
    }

    function test_strike_invalidatesTheAggregatingDescendantAndFreesItsBond() public {
        _open(taskId);
        _commitTrees(taskId, COUNT);
        address second = federation.roundInfo(taskId, 2).assigned;
        assertTrue(second != proposed.aggregator, "another");
        _expectBond(second, bondWei, bondWei, 0);
        _expectStrike(1);
    }

    function test_strike_invalidatesTheProposedDescendantWithItsDemands() public {
        Demand memory younger = _proposeSecond();
        vm.expectRevert(IDemands.InvalidDemand.selector);
        federation.returnDemand(younger);
        _expectStrike(1);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Invalidated));
        federation.strikeUnanswered(younger, proposed);
        federation.returnDemand(younger);
        assertEq(federation.creditOf(outsider), federation.demandBondWei(DemandKind.ModelNodes));
    }

    function test_strike_whereTheDescendantHasEndedLeavesIt() public {
        _open(taskId);
        _passDeadline(taskId);
        federation.closeRound(taskId, 2);
        assertTrue(_phase(taskId) == Phase.Invalidated, "too few updates");
        (, , , , bytes32 head) = federation.taskState(taskId);
        _late();
        federation.strikeUnanswered(demand, proposed);
        // no second end of round 2
        (, , , , bytes32 after_) = federation.taskState(taskId);
        assertEq(after_, head);
        assertTrue(federation.roundInfo(taskId, 1).phase == Phase.Aggregating, "assigned anew");
    }

    function test_strike_whereNoneWasOpened() public {
        _late();
        federation.strikeUnanswered(demand, proposed);
        assertEq(_round(taskId), 1);
        assertTrue(_phase(taskId) == Phase.Aggregating, "assigned anew");
    }

    function test_strike_ofTheDescendantLeavesTheAncestor() public {
        Demand memory younger = _proposeSecond();
        Proposal memory second = proposed;
        federation.answerNodes(demand, _nodes(_tree(COUNT, MODEL_SEED), 2, 0));
        vm.warp(block.timestamp + WINDOW_S + 1);
        federation.strikeUnanswered(younger, second);
        assertTrue(federation.roundInfo(taskId, 1).phase == Phase.Proposed, "stands");
        assertTrue(federation.roundInfo(taskId, 2).phase == Phase.Aggregating, "assigned anew");
        assertTrue(federation.isBarred(taskId, 2, second.aggregator), "barred");
        assertTrue(!federation.isBarred(taskId, 1, second.aggregator), "in that round only");
    }

    function test_afterAStrike_theNextRoundTakesANewNumber() public {
        _open(taskId);
        _late();
        federation.strikeUnanswered(demand, proposed);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Aggregating));
        _open(taskId);
        RoundInfo memory info = federation.roundInfo(taskId, 1);
        Proposal memory second = proposed;
        (second.attempt, second.aggregator) = (info.attempt, info.assigned);
        second.modelRoot = _tree(COUNT, 7).root;
        vm.prank(info.assigned);
        federation.propose(taskId, 1, second, _words(taskId, 1, 0, 0));
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Proposed));
        _open(taskId);
        vm.warp(federation.roundInfo(taskId, 1).deadline + 1);
        federation.finalizeUnchallenged(taskId, 1, second);
        _open(taskId);
        assertEq(_round(taskId), 3);
        assertEq(_base(taskId), second.modelRoot);
        _expectBond(info.assigned, 2 * bondWei, 0, 0);
    }

    function test_freePlaces_waitsForBothRounds() public {
        Demand memory younger = _proposeSecond();
        vm.prank(participants[0]);
        federation.leaveTask(taskId);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Proposed));
        federation.freePlaces(taskId);
        Proposal memory second = proposed;
        Attestation memory one = _attestationFor(taskId, 1, keys[1]);
        Attestation memory two = _attestationFor(taskId, 1, keys[2]);
        Attestation[] memory quorum = new Attestation[](2);
        (quorum[0], quorum[1]) = (one, two);
        federation.finalize(taskId, 1, firstProposal(), quorum);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Proposed));
        federation.freePlaces(taskId);
        quorum[0] = _attestationFor(taskId, 2, keys[1]);
        quorum[1] = _attestationFor(taskId, 2, keys[2]);
        federation.finalize(taskId, 2, second, quorum);
        federation.freePlaces(taskId);
        assertEq(federation.participants(taskId).length, 2);
        federation.returnDemand(younger);
        federation.returnDemand(demand);
    }

    Proposal private _first;

    function firstProposal() private view returns (Proposal memory) {
        return _first;
    }

    /// @dev Round 2 is proposed, and demanded too; `proposed` is its proposal from here on.
    function _proposeSecond() private returns (Demand memory younger) {
        _open(taskId);
        _commitTrees(taskId, COUNT);
        Tree memory model = _tree(COUNT, 2);
        _first = proposed;
        proposed = _proposeRoot(taskId, model.root, 0);
        younger = _nodesDemand(taskId, model, 2, 0);
        _demandNodes(outsider, younger, proposed, model);
    }

    function _late() private {
        vm.warp(block.timestamp + WINDOW_S + 1);
    }

    /// @dev Round 1 is struck while round 2 is in flight: 2 ends before 1 is assigned anew; each bond is where it belongs.
    function _expectStrike(uint32 round) private {
        Proposal memory first = _first.aggregator == address(0) ? proposed : _first;
        (, , , , bytes32 head) = federation.taskState(taskId);
        RoundInfo memory two = federation.roundInfo(taskId, 2);
        head = keccak256(
            abi.encode(
                head,
                2,
                Phase.Invalidated,
                two.baseModelRoot,
                two.accumulator,
                bytes32(0),
                Reason.AncestorInvalid
            )
        );
        _late();
        vm.expectEmit();
        emit IRounds.RoundInvalidated(taskId, 2, Reason.AncestorInvalid, head);
        federation.strikeUnanswered(demand, first);
        (, , , , bytes32 after_) = federation.taskState(taskId);
        assertEq(after_, head);
        RoundInfo memory info = federation.roundInfo(taskId, round);
        assertTrue(info.phase == Phase.Aggregating && info.attempt == 1, "assigned anew");
        for (uint256 i = 0; i < aggregators.length; ++i) {
            address one = aggregators[i];
            if (one == first.aggregator) _expectBond(one, bondWei, 0, 0);
            else if (one == info.assigned) _expectBond(one, bondWei, bondWei, 0);
            else _expectBond(one, 2 * bondWei, 0, 0);
        }
        assertEq(federation.burntWei(), bondWei / 2);
    }
}
