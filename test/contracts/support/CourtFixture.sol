// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Demand, DemandKind} from "../../../contracts/types/ChallengeTypes.sol";
import {Commitment, Proposal, RoundInfo, TaskRules} from "../../../contracts/types/TaskTypes.sol";
import {ChallengeFixture} from "./ChallengeFixture.sol";

/// @notice A chunk tree with all its rows, the leaves first: built here as docs/protocol.md (section 2) states it.
struct Tree {
    uint32 count;
    uint256 depth;
    bytes32[][] rows;
    bytes32 root;
}

/// @title CourtFixture
/// @notice Rounds whose updates and models are real trees, so that chunks and nodes of them can be shown.
abstract contract CourtFixture is ChallengeFixture {
    uint256 internal constant MODEL_SEED = 1;
    uint256 internal constant UPDATE_SEED = 100;

    /// @notice Chunk `index` of a vector whose lanes follow from the seed: all within 2^20, and zero beyond the end.
    function _chunk(uint32 count, uint256 seed, uint256 index) internal pure returns (bytes memory chunk) {
        bytes32 mask = hex"ffff0f00ffff0f00ffff0f00ffff0f00ffff0f00ffff0f00ffff0f00ffff0f00";
        bytes32[8] memory words;
        for (uint256 i = 0; i < 8; ++i) {
            uint256 before = index * 64 + i * 8;
            if (before >= count) continue;
            words[i] = keccak256(abi.encode(seed, index, i)) & mask;
            uint256 lanes = count - before;
            if (lanes < 8) words[i] &= bytes32(~(type(uint256).max >> (32 * lanes)));
        }
        chunk = abi.encodePacked(words);
    }

    /// @notice All leaves of the vector of {_chunk}.
    function _leaves(uint32 count, uint256 seed) internal pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[]((uint256(count) + 63) / 64);
        for (uint256 i = 0; i < leaves.length; ++i) {
            leaves[i] = _leaf(i, _chunk(count, seed, i));
        }
    }

    function _leaf(uint256 index, bytes memory chunk) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(0), uint32(index), chunk));
    }

    function _tree(uint32 count, uint256 seed) internal pure returns (Tree memory) {
        return _treeOf(count, _leaves(count, seed));
    }

    function _treeOf(uint32 count, bytes32[] memory leaves) internal pure returns (Tree memory tree) {
        tree.count = count;
        while (1 << tree.depth < leaves.length) ++tree.depth;
        tree.rows = new bytes32[][](tree.depth + 1);
        tree.rows[0] = new bytes32[](1 << tree.depth);
        for (uint256 i = 0; i < leaves.length; ++i) {
            tree.rows[0][i] = leaves[i];
        }
        for (uint256 h = 1; h <= tree.depth; ++h) {
            bytes32[] memory below = tree.rows[h - 1];
            bytes32[] memory row = new bytes32[](below.length / 2);
            for (uint256 i = 0; i < row.length; ++i) {
                row[i] = keccak256(abi.encodePacked(uint8(1), below[2 * i], below[2 * i + 1]));
            }
            tree.rows[h] = row;
        }
        tree.root = keccak256(abi.encodePacked(uint8(2), count, tree.rows[tree.depth][0]));
    }

    /// @notice Siblings from the node at this height and index up to the top.
    function _path(Tree memory tree, uint256 height, uint256 index) internal pure returns (bytes32[] memory path) {
        path = new bytes32[](tree.depth - height);
        for (uint256 i = 0; i < path.length; ++i) {
            path[i] = tree.rows[height + i][(index >> i) ^ 1];
        }
    }

    /// @notice The nodes that a demand at this height and index asks for.
    function _nodes(Tree memory tree, uint256 height, uint256 index) internal pure returns (bytes32[] memory nodes) {
        uint256 levels = height < 10 ? height : 10;
        nodes = new bytes32[](1 << levels);
        for (uint256 i = 0; i < nodes.length; ++i) {
            nodes[i] = tree.rows[height - levels][(index << levels) + i];
        }
    }

    /// @notice The root that a participant commits to for the update with this tree.
    function _bound(address participant, bytes32 root) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(3), participant, root));
    }

    /// @notice The update of participant `i`.
    function _update(uint32 count, uint256 i) internal pure returns (Tree memory) {
        return _tree(count, UPDATE_SEED + i);
    }

    /// @notice A task in which everyone is enrolled, with its bonds in place, and a round just opened. Slots are the participants'
    /// places, as everyone is drawn.
    function _openedCourt(TaskRules memory rules) internal returns (uint32 taskId) {
        uint256 aggregatorWei = uint256(rules.aggregatorBondGwei) * 1 gwei;
        uint256 participantWei = uint256(rules.participantBondGwei) * 1 gwei;
        for (uint256 i = 0; aggregatorWei != 0 && i < aggregators.length; ++i) {
            _bond(aggregators[i], 2 * aggregatorWei);
        }
        for (uint256 i = 0; participantWei != 0 && i < participants.length; ++i) {
            _bond(participants[i], participantWei);
        }
        taskId = _createWithAll(rules);
        _open(taskId);
    }

    /// @notice Participant `i` commits weight 10 to the update of this root.
    function _commitRoot(uint32 taskId, uint256 i, bytes32 root) internal returns (Commitment memory made) {
        made = Commitment(
            participants[i],
            uint8(i),
            10,
            _bound(participants[i], root),
            keccak256(abi.encode("blob", i))
        );
        bytes32 base = _base(taskId);
        uint32 round = _round(taskId);
        vm.prank(participants[i]);
        federation.commit(taskId, round, base, made.updateRoot, made.contentId, made.weight);
    }

    /// @notice Everyone commits its {_update}; the round is closed. Returns the commitments.
    function _commitTrees(uint32 taskId, uint32 count) internal returns (Commitment[] memory commitments) {
        commitments = new Commitment[](participants.length);
        for (uint256 i = 0; i < commitments.length; ++i) {
            commitments[i] = _commitRoot(taskId, i, _update(count, i).root);
        }
        federation.closeRound(taskId, _round(taskId));
    }

    /// @notice The assigned aggregator proposes the model of this root.
    function _proposeRoot(
        uint32 taskId,
        bytes32 modelRoot,
        uint64 excluded
    ) internal returns (Proposal memory proposal) {
        proposal = _proposal(taskId, excluded);
        proposal.modelRoot = modelRoot;
        _propose(taskId, proposal);
    }

    /// @notice A proposal of a model of MODEL_SEED, with everyone's real updates; that model is not what the rule gives.
    function _proposedTrees(
        TaskRules memory rules
    ) internal returns (uint32 taskId, Commitment[] memory commitments, Proposal memory proposal) {
        taskId = _openedCourt(rules);
        commitments = _commitTrees(taskId, rules.parameterCount);
        proposal = _proposeRoot(taskId, _tree(rules.parameterCount, MODEL_SEED).root, 0);
    }

    /// @notice A demand for nodes of the proposed model below the node at this height and index, of the newest round.
    function _nodesDemand(
        uint32 taskId,
        Tree memory model,
        uint256 height,
        uint256 index
    ) internal view returns (Demand memory demand) {
        RoundInfo memory info = federation.roundInfo(taskId, 0);
        demand = Demand(taskId, info.round, info.proposalHash, DemandKind.ModelNodes, uint8(height), uint32(index), 0);
        demand.root = height == model.depth ? model.root : model.rows[height][index];
    }

    /// @notice A demand for a chunk of a committed update, in the newest round.
    function _chunkDemand(
        uint32 taskId,
        Commitment memory made,
        uint256 index
    ) internal view returns (Demand memory demand) {
        RoundInfo memory info = federation.roundInfo(taskId, 0);
        demand = Demand(taskId, info.round, info.proposalHash, DemandKind.UpdateChunk, made.slot, uint32(index), 0);
        demand.root = made.updateRoot;
    }

    function _demandNodes(
        address demander,
        Demand memory demand,
        Proposal memory proposal,
        Tree memory model
    ) internal returns (bytes32) {
        uint256 bondWei = federation.demandBondWei(DemandKind.ModelNodes);
        vm.deal(demander, demander.balance + bondWei);
        bytes32[] memory path = _path(model, demand.place, demand.index);
        vm.prank(demander);
        federation.demandNodes{value: bondWei}(demand, proposal, path);
        return keccak256(abi.encode(demand));
    }

    function _demandChunk(
        address demander,
        Demand memory demand,
        Proposal memory proposal,
        Commitment[] memory commitments
    ) internal returns (bytes32) {
        uint256 bondWei = federation.demandBondWei(DemandKind.UpdateChunk);
        vm.deal(demander, demander.balance + bondWei);
        vm.prank(demander);
        federation.demandChunk{value: bondWei}(demand, proposal, commitments, demand.place);
        return keccak256(abi.encode(demand));
    }

    /// @notice Shows the chunk of participant `i`'s {_update} that is demanded.
    function _answerChunk(address shower, Demand memory demand, uint32 count, uint256 i) internal {
        bytes32[] memory path = _path(_update(count, i), 0, demand.index);
        bytes memory chunk = _chunk(count, UPDATE_SEED + i, demand.index);
        vm.prank(shower);
        federation.answerChunk(demand, participants[i], chunk, path);
    }

    function _expectBond(address account, uint256 free, uint256 locked, uint256 unbonding) internal view {
        (uint256 freeWei, uint256 lockedWei, uint256 unbondingWei, ) = federation.bondOf(account);
        assertEq(freeWei, free);
        assertEq(lockedWei, locked);
        assertEq(unbondingWei, unbonding);
    }
}
