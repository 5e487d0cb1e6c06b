// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBonds} from "../../contracts/interfaces/IBonds.sol";
import {IChallenges} from "../../contracts/interfaces/IChallenges.sol";
import {IDemands} from "../../contracts/interfaces/IDemands.sol";
import {IReports} from "../../contracts/interfaces/IReports.sol";
import {IRounds} from "../../contracts/interfaces/IRounds.sol";
import {ChallengeKind, Demand, DemandKind, MisconductKind} from "../../contracts/types/ChallengeTypes.sol";
import {Attestation, Commitment, Phase, Proposal, RoundInfo, TaskRules} from "../../contracts/types/TaskTypes.sol";
import {CourtFixture, Tree} from "./support/CourtFixture.sol";

/// @notice What a proposer must show, and what follows when it does or does not.
contract DemandsTest is CourtFixture {
    uint32 private constant COUNT = 130;
    uint32 private constant WINDOW_S = 900;
    address private demander = vm.addr(0xde);
    address private shower = vm.addr(0x5e);

    uint32 private taskId;
    Commitment[] private made;
    Proposal private proposed;

    function setUp() public {
        _deploy(3, 3);
    }

    // nodes of the model

    function testFuzz_nodes_areShownAtEveryPlaceOfSmallTrees(uint16 parameters, uint8 height, uint16 index) public {
        Tree memory model = _start(uint32(bound(parameters, 1, 1200)), 0);
        uint256 h = bound(height, 0, model.depth);
        _showNodes(model, h, bound(index, 0, (1 << (model.depth - h)) - 1));
    }

    function test_nodes_ofASingleChunk() public {
        _showNodes(_start(1, 0), 0, 0);
    }

    function test_nodes_tenLevelsAtATimeBelowTheTopOfTwelve() public {
        // 2050 chunks, 12 levels; the last places are padding
        Tree memory model = _start(2050 * 64 - 5, 0);
        assertEq(model.depth, 12);
        assertEq(_nodes(model, 12, 0).length, 1024);
        _showNodes(model, 12, 0);
        _showNodes(model, 11, 1);
        _showNodes(model, 10, 2);
        _showNodes(model, 10, 3);
        _showNodes(model, 2, 512);
        _showNodes(model, 0, 2049);
        _showNodes(model, 0, 4095);
    }

    function test_demandNodes_refusesWhatTheModelDoesNotHave() public {
        Tree memory model = _start(COUNT, 0);
        Demand memory demand = _nodesDemand(taskId, model, 1, 1);
        bytes32[] memory path = _path(model, 1, 1);
        demand.kind = DemandKind.UpdateChunk;
        _refusedNodes(demand, path);
        demand.kind = DemandKind.ModelNodes;
        demand.place = 3;
        _refusedNodes(demand, path);
        demand.place = 1;
        demand.index = 2;
        _refusedNodes(demand, path);
        demand.index = 0;
        _refusedNodes(demand, path);
        demand.index = 1;
        _refusedNodes(demand, new bytes32[](0));
        _refusedNodes(demand, new bytes32[](2));
        demand.root = keccak256("no node");
        _refusedNodes(demand, path);
        demand = _nodesDemand(taskId, model, 2, 0);
        demand.root = model.rows[2][0];
        _refusedNodes(demand, new bytes32[](0));
        demand.root = model.root;
        demand.proposalHash = keccak256("another proposal");
        _refusedNodes(demand, new bytes32[](0));
    }

    function test_answerNodes_refusesWhatIsBehindTheLastChunk() public {
        TaskRules memory rules = _rules();
        rules.parameterCount = COUNT;
        taskId = _openedCourt(rules);
        _commitTrees(taskId, COUNT);
        bytes32[] memory leaves = _tree(COUNT, MODEL_SEED).rows[0];
        leaves[3] = keccak256("behind the last of three chunks");
        Tree memory model = _treeOf(COUNT, leaves);
        proposed = _proposeRoot(taskId, model.root, 0);
        Demand memory top = _nodesDemand(taskId, model, 2, 0);
        _demandNodes(demander, top, proposed, model);
        _refusedAnswer(top, _nodes(model, 2, 0));
        Demand memory right = _nodesDemand(taskId, model, 1, 1);
        _demandNodes(demander, right, proposed, model);
        _refusedAnswer(right, _nodes(model, 1, 1));
        Demand memory last = _nodesDemand(taskId, model, 0, 3);
        _demandNodes(demander, last, proposed, model);
        _refusedAnswer(last, _nodes(model, 0, 3));
        Demand memory left = _nodesDemand(taskId, model, 1, 0);
        _demandNodes(demander, left, proposed, model);
        federation.answerNodes(left, _nodes(model, 1, 0));
        (, uint40 deadline) = federation.openDemand(_idOf(top));
        vm.warp(uint256(deadline) + 1);
        federation.strikeUnanswered(top, proposed);
        assertTrue(federation.isBarred(taskId, 1, proposed.aggregator), "struck");
    }

    function test_answerNodes_refusesWhatWasNotDemanded() public {
        Tree memory model = _start(COUNT, 0);
        Demand memory top = _nodesDemand(taskId, model, 2, 0);
        _demandNodes(demander, top, proposed, model);
        Demand memory inner = _nodesDemand(taskId, model, 1, 1);
        _demandNodes(demander, inner, proposed, model);
        bytes32[] memory nodes = _nodes(model, 2, 0);
        (nodes[0], nodes[1]) = (nodes[1], nodes[0]);
        _refusedAnswer(top, nodes);
        _refusedAnswer(top, new bytes32[](2));
        _refusedAnswer(top, new bytes32[](8));
        _refusedAnswer(top, new bytes32[](0));
        _refusedAnswer(inner, _nodes(model, 1, 0));
        vm.expectRevert(IDemands.NotWhatWasDemanded.selector);
        federation.answerChunk(top, participants[0], "", nodes);
        top = _nodesDemand(taskId, model, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IDemands.NotDemanded.selector, _idOf(top)));
        federation.answerNodes(top, nodes);
    }

    // chunks of updates

    function testFuzz_chunks_areShown(uint16 parameters, uint8 who, uint16 index) public {
        uint32 count = uint32(bound(parameters, 1, 1200));
        _start(count, 0);
        uint256 i = bound(who, 0, 2);
        Demand memory demand = _chunkDemand(taskId, made[i], bound(index, 0, (uint256(count) + 63) / 64 - 1));
        bytes32 id = _idOf(demand);
        uint256 bondWei = federation.demandBondWei(DemandKind.UpdateChunk);
        uint256 deadline = block.timestamp + WINDOW_S;
        vm.expectEmit();
        emit IDemands.Demanded(taskId, 1, id, demander, demand, uint40(deadline));
        _demandChunk(demander, demand, proposed, made);
        assertEq(federation.roundInfo(taskId, 1).openDemands, 1);
        (address by, uint40 until) = federation.openDemand(id);
        assertEq(by, demander);
        assertEq(until, deadline);
        bytes32[] memory path = _path(_update(count, i), 0, demand.index);
        bytes memory chunk = _chunk(count, UPDATE_SEED + i, demand.index);
        vm.expectEmit();
        emit IDemands.ChunkShown(taskId, 1, id, shower, chunk, path, uint40(deadline));
        _answerChunk(shower, demand, count, i);
        _expectAnswered(id, bondWei);
    }

    function test_demandChunk_refusesWhatTheProposalDoesNotInclude() public {
        _start(COUNT, 2);
        Demand memory demand = _chunkDemand(taskId, made[0], 2);
        _refusedChunk(demand, 3);
        _refusedChunk(demand, 2);
        demand.kind = DemandKind.ModelNodes;
        _refusedChunk(demand, 0);
        demand.kind = DemandKind.UpdateChunk;
        demand.place = 2;
        _refusedChunk(demand, 0);
        demand.place = 0;
        demand.root = made[2].updateRoot;
        _refusedChunk(demand, 0);
        demand.root = made[0].updateRoot;
        demand.index = 3;
        _refusedChunk(demand, 0);
        demand.index = 0;
        demand.proposalHash = keccak256("another proposal");
        _refusedChunk(demand, 0);
        // slot 1 is left out
        _refusedChunk(_chunkDemand(taskId, made[1], 0), 1);
    }

    function test_answerChunk_refusesWhatWasNotDemanded() public {
        Tree memory model = _start(COUNT, 0);
        Demand memory demand = _chunkDemand(taskId, made[0], 1);
        _demandChunk(demander, demand, proposed, made);
        bytes memory chunk = _chunk(COUNT, UPDATE_SEED, 1);
        bytes32[] memory path = _path(_update(COUNT, 0), 0, 1);
        _refusedAnswer(demand, participants[1], chunk, path);
        _refusedAnswer(demand, participants[0], _chunk(COUNT, UPDATE_SEED, 0), path);
        _refusedAnswer(demand, participants[0], bytes.concat(chunk, hex"00"), path);
        _refusedAnswer(demand, participants[0], chunk, new bytes32[](1));
        _refusedAnswer(demand, participants[0], chunk, new bytes32[](2));
        vm.expectRevert(IDemands.NotWhatWasDemanded.selector);
        federation.answerNodes(demand, path);
        demand = _nodesDemand(taskId, model, 1, 0);
        vm.expectRevert(IDemands.NotWhatWasDemanded.selector);
        federation.answerChunk(demand, participants[0], chunk, path);
        demand = _chunkDemand(taskId, made[0], 0);
        vm.expectRevert(abi.encodeWithSelector(IDemands.NotDemanded.selector, _idOf(demand)));
        federation.answerChunk(demand, participants[0], chunk, path);
    }

    // what both have in common

    function test_demand_needsItsBondTheProposalAndTheWindow() public {
        Tree memory model = _start(COUNT, 0);
        Demand memory demand = _nodesDemand(taskId, model, 2, 0);
        Proposal memory proposal = proposed;
        Commitment[] memory commitments = made;
        bytes32[] memory none = new bytes32[](0);
        uint256 bondWei = federation.demandBondWei(DemandKind.ModelNodes);
        vm.deal(address(this), 3 * bondWei);
        vm.expectRevert(abi.encodeWithSelector(IDemands.WrongDemandBond.selector, bondWei));
        federation.demandNodes{value: bondWei - 1}(demand, proposal, none);
        vm.expectRevert(abi.encodeWithSelector(IDemands.WrongDemandBond.selector, bondWei));
        federation.demandNodes{value: bondWei + 1}(demand, proposal, none);
        uint256 chunkWei = federation.demandBondWei(DemandKind.UpdateChunk);
        assertTrue(chunkWei < bondWei, "a chunk costs less");
        Demand memory chunk = _chunkDemand(taskId, made[0], 0);
        vm.expectRevert(abi.encodeWithSelector(IDemands.WrongDemandBond.selector, chunkWei));
        federation.demandChunk{value: bondWei}(chunk, proposal, commitments, 0);
        ++commitments[0].weight;
        vm.expectRevert(IChallenges.WrongCommitments.selector);
        federation.demandChunk{value: chunkWei}(chunk, proposal, commitments, 0);
        bytes32 onRecord = federation.roundInfo(taskId, 1).proposalHash;
        ++proposal.totalWeight;
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongProposal.selector, onRecord));
        federation.demandChunk{value: chunkWei}(chunk, proposal, made, 0);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongProposal.selector, onRecord));
        federation.demandNodes{value: bondWei}(demand, proposal, none);
        demand.round = 2;
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongRound.selector, 1));
        federation.demandNodes{value: bondWei}(demand, proposal, none);
        chunk.round = 2;
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongRound.selector, 1));
        federation.demandChunk{value: chunkWei}(chunk, proposal, made, 0);
        demand.round = 1;
        uint256 deadline = federation.roundInfo(taskId, 1).deadline;
        vm.warp(deadline);
        _demandNodes(demander, demand, proposed, model);
        vm.warp(deadline + 1);
        demand = _nodesDemand(taskId, model, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IRounds.TooLate.selector, deadline));
        federation.demandNodes{value: bondWei}(demand, proposed, _path(model, 1, 0));
    }

    function test_demand_isMadeOnceEvenWhenAnswered() public {
        Tree memory model = _start(COUNT, 0);
        Demand memory demand = _nodesDemand(taskId, model, 2, 0);
        bytes32 id = _demandNodes(demander, demand, proposed, model);
        bytes memory refusal = abi.encodeWithSelector(IDemands.AlreadyDemanded.selector, id);
        uint256 bondWei = federation.demandBondWei(DemandKind.ModelNodes);
        vm.deal(address(this), bondWei);
        vm.expectRevert(refusal);
        federation.demandNodes{value: bondWei}(demand, proposed, new bytes32[](0));
        federation.answerNodes(demand, _nodes(model, 2, 0));
        vm.expectRevert(refusal);
        federation.demandNodes{value: bondWei}(demand, proposed, new bytes32[](0));
        vm.expectRevert(abi.encodeWithSelector(IDemands.NotDemanded.selector, id));
        federation.answerNodes(demand, _nodes(model, 2, 0));
        vm.expectRevert(abi.encodeWithSelector(IDemands.NotDemanded.selector, id));
        federation.strikeUnanswered(demand, proposed);
        vm.expectRevert(abi.encodeWithSelector(IDemands.NotDemanded.selector, id));
        federation.returnDemand(demand);
    }

    function test_demand_32AreOpenAtMost() public {
        Tree memory model = _start(64 * 32, 0);
        Demand memory demand;
        for (uint256 i = 0; i < 32; ++i) {
            demand = _nodesDemand(taskId, model, 0, i);
            _demandNodes(demander, demand, proposed, model);
        }
        assertEq(federation.roundInfo(taskId, 1).openDemands, 32);
        Demand memory last = _nodesDemand(taskId, model, 1, 0);
        uint256 bondWei = federation.demandBondWei(DemandKind.ModelNodes);
        bytes32[] memory path = _path(model, 1, 0);
        vm.deal(address(this), bondWei);
        vm.expectRevert(IDemands.TooManyDemands.selector);
        federation.demandNodes{value: bondWei}(last, proposed, path);
        federation.answerNodes(demand, _nodes(model, 0, 31));
        federation.demandNodes{value: bondWei}(last, proposed, path);
        assertEq(federation.roundInfo(taskId, 1).openDemands, 32);
    }

    function test_openDemands_keepTimeFromMakingItFinal() public {
        Tree memory model = _start(COUNT, 0);
        uint256 first = federation.roundInfo(taskId, 1).deadline;
        vm.warp(first);
        Demand memory demand = _nodesDemand(taskId, model, 2, 0);
        _demandNodes(demander, demand, proposed, model);
        _demandNodes(demander, _nodesDemand(taskId, model, 1, 0), proposed, model);
        vm.warp(first + 1);
        vm.expectRevert(abi.encodeWithSelector(IRounds.DemandsOpen.selector, 2));
        federation.finalizeUnchallenged(taskId, 1, proposed);
        // the last second of the demand, and the window after it is whole again
        vm.warp(first + WINDOW_S);
        federation.answerNodes(demand, _nodes(model, 2, 0));
        assertEq(federation.roundInfo(taskId, 1).deadline, block.timestamp + WINDOW_S);
        federation.answerNodes(_nodesDemand(taskId, model, 1, 0), _nodes(model, 1, 0));
        vm.expectRevert(abi.encodeWithSelector(IRounds.TooEarly.selector, block.timestamp + WINDOW_S));
        federation.finalizeUnchallenged(taskId, 1, proposed);
        _passDeadline(taskId);
        federation.finalizeUnchallenged(taskId, 1, proposed);
        assertTrue(_phase(taskId) == Phase.Finalized, "final");
    }

    function test_answer_inTheBlockOfTheProposalLeavesTheWindow() public {
        Tree memory model = _start(COUNT, 0);
        uint40 deadline = federation.roundInfo(taskId, 1).deadline;
        _demandNodes(demander, _nodesDemand(taskId, model, 2, 0), proposed, model);
        federation.answerNodes(_nodesDemand(taskId, model, 2, 0), _nodes(model, 2, 0));
        assertEq(federation.roundInfo(taskId, 1).deadline, deadline);
    }

    function test_answer_ofOneselfCostsHalfOfTheBond() public {
        Tree memory model = _start(COUNT, 0);
        Demand memory demand = _nodesDemand(taskId, model, 2, 0);
        _demandNodes(demander, demand, proposed, model);
        uint256 bondWei = federation.demandBondWei(DemandKind.ModelNodes);
        vm.prank(demander);
        federation.answerNodes(demand, _nodes(model, 2, 0));
        assertEq(federation.creditOf(demander), bondWei / 2);
        assertEq(federation.burntWei(), bondWei / 2);
    }

    function test_answer_doesNotHoldAProposalThatNeedsAQuorum() public {
        Tree memory model = _start(COUNT, 1);
        uint40 deadline = federation.roundInfo(taskId, 1).deadline;
        vm.warp(deadline);
        Demand memory demand = _nodesDemand(taskId, model, 2, 0);
        bytes32 id = _demandNodes(demander, demand, proposed, model);
        Demand memory other = _nodesDemand(taskId, model, 1, 0);
        _demandNodes(demander, other, proposed, model);
        vm.expectEmit();
        emit IDemands.NodesShown(taskId, 1, id, address(this), _nodes(model, 2, 0), deadline);
        federation.answerNodes(demand, _nodes(model, 2, 0));
        assertEq(federation.roundInfo(taskId, 1).deadline, deadline);
        assertTrue(federation.roundInfo(taskId, 1).excluding, "still excluding");
        vm.warp(deadline + 1);
        federation.reassign(taskId, 1);
        assertEq(federation.roundInfo(taskId, 1).openDemands, 0);
        federation.returnDemand(other);
        vm.expectRevert(abi.encodeWithSelector(IDemands.NotDemanded.selector, id));
        federation.returnDemand(demand);
        // the next proposal is made final by time
        _passDeadline(taskId);
    }

    function test_answer_isRefusedAfterItsTime() public {
        Tree memory model = _start(COUNT, 0);
        Demand memory demand = _nodesDemand(taskId, model, 2, 0);
        _demandNodes(demander, demand, proposed, model);
        uint256 deadline = block.timestamp + WINDOW_S;
        vm.warp(deadline);
        vm.expectRevert(abi.encodeWithSelector(IRounds.TooEarly.selector, deadline));
        federation.strikeUnanswered(demand, proposed);
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(IRounds.TooLate.selector, deadline));
        federation.answerNodes(demand, _nodes(model, 2, 0));
    }

    // unanswered

    function test_strike_paysTheDemanderAndBarsTheProposer() public {
        TaskRules memory rules = _bonded();
        uint256 bondWei = uint256(rules.aggregatorBondGwei) * 1 gwei;
        Tree memory model = _startUnder(rules, 0);
        Demand memory demand = _nodesDemand(taskId, model, 1, 1);
        bytes32 id = _demandNodes(demander, demand, proposed, model);
        bytes32 caseHash = _caseHash(taskId, 1, demand.proposalHash, 4, 1);
        vm.warp(block.timestamp + WINDOW_S + 1);
        vm.expectEmit();
        emit IDemands.DemandReturned(taskId, 1, id, demander);
        vm.expectEmit();
        emit IChallenges.Challenged(taskId, 1, demander, proposed.aggregator, ChallengeKind.Withheld, 1);
        vm.expectEmit();
        emit IBonds.Slashed(taskId, 1, proposed.aggregator, bondWei, demander, bondWei / 2);
        vm.prank(outsider);
        federation.strikeUnanswered(demand, proposed);
        uint256 demandWei = federation.demandBondWei(DemandKind.ModelNodes);
        assertEq(federation.creditOf(demander), bondWei / 2 + demandWei);
        assertEq(federation.creditOf(outsider), 0);
        assertEq(federation.burntWei(), bondWei / 2);
        assertTrue(federation.isBarred(taskId, 1, proposed.aggregator), "barred");
        (address challenger, , ) = federation.heldReward(caseHash);
        assertEq(challenger, address(0));
        RoundInfo memory info = federation.roundInfo(taskId, 1);
        assertEq(info.attempt, 1);
        assertEq(info.withheld, 0);
        assertEq(info.openDemands, 0);
        _expectBond(proposed.aggregator, bondWei, 0, 0);
    }

    function test_strike_ofAChunkLetsTheNextLeaveItOut() public {
        _startUnder(_bonded(), 0);
        Demand memory demand = _chunkDemand(taskId, made[1], 2);
        _demandChunk(demander, demand, proposed, made);
        vm.warp(block.timestamp + WINDOW_S + 1);
        federation.strikeUnanswered(demand, proposed);
        assertEq(federation.roundInfo(taskId, 1).withheld, 2);
        Proposal memory second = _proposeRoot(taskId, _tree(COUNT, 7).root, 2);
        assertTrue(!federation.roundInfo(taskId, 1).excluding, "for a reason");
        vm.expectEmit();
        emit IReports.Misconduct(taskId, 1, participants[1], address(this), MisconductKind.Withheld);
        federation.reportWithheld(taskId, 1, second, made, 1, 0);
        _passDeadline(taskId);
        federation.finalizeUnchallenged(taskId, 1, second);
        // the next round knows of nothing
        _open(taskId);
        assertEq(federation.roundInfo(taskId, 0).withheld, 0);
    }

    function test_strike_ofOneUpdateExplainsNoOther() public {
        _startUnder(_bonded(), 0);
        Demand memory demand = _chunkDemand(taskId, made[2], 0);
        _demandChunk(demander, demand, proposed, made);
        vm.warp(block.timestamp + WINDOW_S + 1);
        federation.strikeUnanswered(demand, proposed);
        _proposeRoot(taskId, _tree(COUNT, 7).root, 1);
        assertTrue(federation.roundInfo(taskId, 1).excluding, "for no reason");
    }

    function test_strike_needsTheProposalOfTheDemand() public {
        Tree memory model = _startUnder(_bonded(), 0);
        Demand memory demand = _nodesDemand(taskId, model, 2, 0);
        _demandNodes(demander, demand, proposed, model);
        Proposal memory other = proposed;
        ++other.totalWeight;
        vm.warp(block.timestamp + WINDOW_S + 1);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongProposal.selector, demand.proposalHash));
        federation.strikeUnanswered(demand, other);
        // struck by another demand or challenge first
        _fall();
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Aggregating));
        federation.strikeUnanswered(demand, proposed);
        Proposal memory second = _proposeRoot(taskId, _tree(COUNT, 7).root, 0);
        bytes32 onRecord = federation.roundInfo(taskId, 1).proposalHash;
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongProposal.selector, onRecord));
        federation.strikeUnanswered(demand, second);
    }

    function test_strike_withoutBondsReturnsTheDemandsBond() public {
        Tree memory model = _start(COUNT, 0);
        Demand memory demand = _nodesDemand(taskId, model, 2, 0);
        _demandNodes(demander, demand, proposed, model);
        vm.warp(block.timestamp + WINDOW_S + 1);
        federation.strikeUnanswered(demand, proposed);
        assertEq(federation.creditOf(demander), federation.demandBondWei(DemandKind.ModelNodes));
        assertEq(federation.burntWei(), 0);
        assertEq(federation.roundInfo(taskId, 1).attempt, 1);
    }

    // demands that fall

    function test_fallenDemands_goBackWhole() public {
        Tree memory model = _startUnder(_bonded(), 0);
        Demand memory demand = _nodesDemand(taskId, model, 2, 0);
        bytes32 id = _demandNodes(demander, demand, proposed, model);
        vm.expectRevert(IDemands.InvalidDemand.selector);
        federation.returnDemand(demand);
        _fall();
        assertEq(federation.roundInfo(taskId, 1).openDemands, 0);
        vm.expectEmit();
        emit IDemands.DemandReturned(taskId, 1, id, demander);
        federation.returnDemand(demand);
        assertEq(federation.creditOf(demander), federation.demandBondWei(DemandKind.ModelNodes));
        vm.expectRevert(abi.encodeWithSelector(IDemands.NotDemanded.selector, id));
        federation.returnDemand(demand);
    }

    function test_fallenDemands_areNotAnsweredForTheirBonds() public {
        taskId = _openedCourt(_bonded());
        Commitment[] memory commitments = _commitTrees(taskId, COUNT);
        Tree memory model = _tree(COUNT, MODEL_SEED);
        Proposal memory lie = _misweighed(taskId);
        lie.modelRoot = model.root;
        _propose(taskId, lie);
        Demand memory demand = _nodesDemand(taskId, model, 2, 0);
        _demandNodes(demander, demand, lie, model);
        federation.challengeWeight(taskId, 1, lie, commitments, 0);
        assertEq(federation.roundInfo(taskId, 1).openDemands, 0);
        vm.expectRevert(IDemands.InvalidDemand.selector);
        federation.answerNodes(demand, _nodes(model, 2, 0));
        federation.returnDemand(demand);
        assertEq(federation.creditOf(demander), federation.demandBondWei(DemandKind.ModelNodes));
    }

    /// @dev A challenge used to leave the count of open demands behind, and no proposal of the round was final by time any more.
    function test_fallenDemands_doNotBlockTheNextProposal() public {
        Tree memory model = _startUnder(_bonded(), 0);
        _demandNodes(demander, _nodesDemand(taskId, model, 2, 0), proposed, model);
        Demand memory old = _nodesDemand(taskId, model, 1, 0);
        _demandNodes(demander, old, proposed, model);
        _fall();
        Proposal memory second = _proposeRoot(taskId, _tree(COUNT, 7).root, 0);
        // those of the new proposal count alone, whatever becomes of the old ones
        Tree memory other = _tree(COUNT, 7);
        Demand memory demand = _nodesDemand(taskId, other, 2, 0);
        _demandNodes(demander, demand, second, other);
        federation.returnDemand(old);
        assertEq(federation.roundInfo(taskId, 1).openDemands, 1);
        federation.answerNodes(demand, _nodes(other, 2, 0));
        assertEq(federation.roundInfo(taskId, 1).openDemands, 0);
        _passDeadline(taskId);
        federation.finalizeUnchallenged(taskId, 1, second);
        assertTrue(_phase(taskId) == Phase.Finalized, "final");
    }

    function test_fallenDemands_ofARoundThatAQuorumMadeFinal() public {
        Tree memory model = _startUnder(_bonded(), 0);
        Demand memory demand = _nodesDemand(taskId, model, 2, 0);
        bytes32 id = _demandNodes(demander, demand, proposed, model);
        Attestation[] memory attestations = _attestations(taskId, 2);
        federation.finalize(taskId, 1, proposed, attestations);
        vm.expectRevert(IDemands.InvalidDemand.selector);
        federation.answerNodes(demand, _nodes(model, 2, 0));
        vm.warp(block.timestamp + WINDOW_S + 1);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongPhase.selector, Phase.Finalized));
        federation.strikeUnanswered(demand, proposed);
        // two rounds later its record is another's
        _open(taskId);
        _finish(taskId);
        _open(taskId);
        assertEq(federation.roundInfo(taskId, 3).openDemands, 0);
        vm.expectRevert(abi.encodeWithSelector(IRounds.WrongRound.selector, 3));
        federation.strikeUnanswered(demand, proposed);
        (address by, ) = federation.openDemand(id);
        assertEq(by, demander);
        federation.returnDemand(demand);
        assertEq(federation.creditOf(demander), federation.demandBondWei(DemandKind.ModelNodes));
    }

    /// @dev Of three demands one is answered, one strikes, one goes back.
    function test_orders_theEtherAddsUp() public {
        Tree memory model = _startUnder(_bonded(), 0);
        uint256 before = address(federation).balance;
        Demand memory a = _nodesDemand(taskId, model, 2, 0);
        Demand memory b = _nodesDemand(taskId, model, 1, 0);
        Demand memory c = _chunkDemand(taskId, made[0], 0);
        _demandNodes(demander, a, proposed, model);
        _demandNodes(demander, b, proposed, model);
        _demandChunk(outsider, c, proposed, made);
        vm.prank(shower);
        federation.answerNodes(a, _nodes(model, 2, 0));
        vm.warp(block.timestamp + WINDOW_S + 1);
        federation.strikeUnanswered(c, proposed);
        federation.returnDemand(b);
        uint256 nodesWei = federation.demandBondWei(DemandKind.ModelNodes);
        uint256 chunkWei = federation.demandBondWei(DemandKind.UpdateChunk);
        assertEq(address(federation).balance, before + 2 * nodesWei + chunkWei);
        uint256 half = (uint256(_bonded().aggregatorBondGwei) * 1 gwei) / 2;
        assertEq(federation.creditOf(shower), nodesWei / 2);
        assertEq(federation.creditOf(demander), nodesWei);
        assertEq(federation.creditOf(outsider), chunkWei + half);
        assertEq(federation.burntWei(), nodesWei / 2 + half);
    }

    // steps

    function _bonded() private view returns (TaskRules memory rules) {
        rules = _rules();
        rules.parameterCount = COUNT;
        rules.attempts = 3;
        rules.aggregatorBondGwei = uint48(federation.leastBondWei(COUNT, rules.maxUpdates) / 1 gwei);
    }

    function _start(uint32 count, uint64 excluded) private returns (Tree memory) {
        TaskRules memory rules = _rules();
        rules.parameterCount = count;
        return _startUnder(rules, excluded);
    }

    /// @dev A proposal on record, of the model returned, that leaves out these slots.
    function _startUnder(TaskRules memory rules, uint64 excluded) private returns (Tree memory model) {
        uint32 count = rules.parameterCount;
        taskId = _openedCourt(rules);
        delete made;
        Commitment[] memory commitments = _commitTrees(taskId, count);
        for (uint256 i = 0; i < commitments.length; ++i) {
            made.push(commitments[i]);
        }
        model = _tree(count, MODEL_SEED);
        proposed = _proposeRoot(taskId, model.root, excluded);
    }

    /// @dev The proposal, whose updates are sound, falls by another's demand.
    function _fall() private {
        Demand memory demand = _chunkDemand(taskId, made[2], 0);
        _demandLate(demand);
        federation.strikeUnanswered(demand, proposed);
    }

    function _demandLate(Demand memory demand) private {
        uint256 time = block.timestamp;
        // within the window, which may have passed since
        vm.warp(federation.roundInfo(taskId, 1).deadline);
        _demandChunk(outsider, demand, proposed, made);
        uint256 after_ = block.timestamp + WINDOW_S + 1;
        vm.warp(after_ > time ? after_ : time);
    }

    function _showNodes(Tree memory model, uint256 height, uint256 index) private {
        Demand memory demand = _nodesDemand(taskId, model, height, index);
        bytes32 id = _demandNodes(demander, demand, proposed, model);
        bytes32[] memory nodes = _nodes(model, height, index);
        uint256 credit = federation.creditOf(shower);
        uint40 windowEnd = uint40(block.timestamp + WINDOW_S);
        vm.expectEmit();
        emit IDemands.NodesShown(taskId, 1, id, shower, nodes, windowEnd);
        vm.prank(shower);
        federation.answerNodes(demand, nodes);
        uint256 half = federation.demandBondWei(DemandKind.ModelNodes) / 2;
        assertEq(federation.creditOf(shower) - credit, half);
        (address by, uint40 deadline) = federation.openDemand(id);
        assertEq(by, address(0));
        assertEq(deadline, 0);
        assertEq(federation.roundInfo(taskId, 1).openDemands, 0);
    }

    function _expectAnswered(bytes32 id, uint256 bondWei) private view {
        (address by, uint40 until) = federation.openDemand(id);
        assertEq(by, address(0));
        assertEq(until, 0);
        assertEq(federation.creditOf(shower), bondWei / 2);
        assertEq(federation.burntWei(), bondWei / 2);
        assertEq(federation.creditOf(demander), 0);
        assertEq(federation.roundInfo(taskId, 1).openDemands, 0);
    }

    function _idOf(Demand memory demand) private pure returns (bytes32) {
        return keccak256(abi.encode(demand));
    }

    function _refusedNodes(Demand memory demand, bytes32[] memory path) private {
        uint256 bondWei = federation.demandBondWei(DemandKind.ModelNodes);
        vm.deal(address(this), bondWei);
        vm.expectRevert(IDemands.InvalidDemand.selector);
        federation.demandNodes{value: bondWei}(demand, proposed, path);
    }

    function _refusedChunk(Demand memory demand, uint32 position) private {
        uint256 bondWei = federation.demandBondWei(DemandKind.UpdateChunk);
        vm.deal(address(this), bondWei);
        vm.expectRevert(IDemands.InvalidDemand.selector);
        federation.demandChunk{value: bondWei}(demand, proposed, made, position);
    }

    function _refusedAnswer(Demand memory demand, bytes32[] memory nodes) private {
        vm.expectRevert(IDemands.NotWhatWasDemanded.selector);
        federation.answerNodes(demand, nodes);
    }

    function _refusedAnswer(
        Demand memory demand,
        address participant,
        bytes memory chunk,
        bytes32[] memory path
    ) private {
        vm.expectRevert(IDemands.NotWhatWasDemanded.selector);
        federation.answerChunk(demand, participant, chunk, path);
    }
}
