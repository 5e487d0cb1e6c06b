// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {OpenDemand, RoundRecord, Task} from "../FederationState.sol";
import {IAdvertisements} from "../interfaces/IAdvertisements.sol";
import {IDemands} from "../interfaces/IDemands.sol";
import {IRounds} from "../interfaces/IRounds.sol";
import {ChunkTree} from "../libraries/ChunkTree.sol";
import {RoundProof} from "../libraries/RoundProof.sol";
import {ChallengeKind, Demand, DemandKind} from "../types/ChallengeTypes.sol";
import {RoundState} from "../types/RoundState.sol";
import {Commitment, Mode, Phase, Proposal} from "../types/TaskTypes.sol";
import {Reports} from "./Reports.sol";

/// @title Demands
/// @notice Makes a proposer show what others cannot get.
/// @dev Attacks considered:
/// - a wrong model whose bytes nobody has becomes final by time: its tree is demanded from the top, ten levels at a time, and a leaf
///   that differs from the right one's is all that a challenge needs;
/// - demands without end hold up a round: half of each answered one's bond is burnt, so that whoever answers itself pays
///   for every window too; 32 are open at most; a quorum ends it;
/// - a wrong tree of which only leaves behind the last chunk are wrong, which no chunk proves: such leaves cannot be shown;
/// - a demand just before the window's end leaves no time to use its answer: an answer extends the window;
/// - a proposal that needs a quorum is held on record by demands, so that nobody else is assigned: its window stays as it is;
/// - whoever lost by a strike answers demands that fell with the proposal, for their bonds: only a standing demand is answered;
/// - an answer is copied: whoever shows the data is paid, and all that matters is that it was shown;
/// - a demand is made against one proposal and used against another: it names the proposal's hash;
/// - the demander's bond is lost when the round ends otherwise: {returnDemand}.
abstract contract Demands is Reports, IDemands {
    uint256 private constant MAX_OPEN_DEMANDS = 32;
    uint256 private constant STRESS_GAS_PRICE_WEI = 100 gwei;
    /// @dev A transaction that shows a chunk and its path, or 1024 nodes, with calldata at 40 gas a byte.
    uint256 private constant CHUNK_ANSWER_GAS = 150_000;
    uint256 private constant NODES_ANSWER_GAS = 1_500_000;
    uint256 private constant MOST_LEVELS = 10;
    /// @dev Of an answered demand's bond one part in this many pays the answer; the rest is burnt.
    uint256 private constant ANSWER_DIVISOR = 2;

    /// @inheritdoc IDemands
    function demandChunk(
        Demand calldata demand,
        Proposal calldata proposal,
        Commitment[] calldata commitments,
        uint32 position
    ) external payable {
        (Task storage task, RoundRecord storage record) = _challenged(
            demand.taskId,
            demand.round,
            proposal,
            commitments
        );
        // a ciphertext has other chunks than a model, and nothing on the chain is checked against them
        if (task.rules.mode == Mode.Encrypted) revert IAdvertisements.WrongMode(Mode.Encrypted);
        if (position >= commitments.length) revert InvalidDemand();
        Commitment calldata commitment = commitments[position];
        if (
            demand.kind != DemandKind.UpdateChunk ||
            demand.place != commitment.slot ||
            demand.root != commitment.updateRoot ||
            demand.index >= ChunkTree.chunkCount(task.rules.parameterCount) ||
            !RoundProof.isIncluded(proposal.excluded, commitment)
        ) revert InvalidDemand();
        _open(task, record, demand);
    }

    /// @inheritdoc IDemands
    function demandNodes(Demand calldata demand, Proposal calldata proposal, bytes32[] calldata path) external payable {
        Task storage task = _tasks[demand.taskId];
        (RoundRecord storage record, ) = _record(task, demand.round, Phase.Proposed);
        _proposalOnRecord(record, demand.taskId, demand.round, proposal);
        uint32 count = task.rules.parameterCount;
        uint256 depth = ChunkTree.depth(count);
        if (
            demand.kind != DemandKind.ModelNodes ||
            demand.place > depth ||
            demand.index >> (depth - demand.place) != 0 ||
            path.length != depth - demand.place
        ) revert InvalidDemand();
        bytes32 root = path.length == 0 ? demand.root : ChunkTree.rootOf(count, demand.index, demand.root, path);
        if (root != proposal.modelRoot) revert InvalidDemand();
        _open(task, record, demand);
    }

    /// @inheritdoc IDemands
    function answerChunk(
        Demand calldata demand,
        address participant,
        bytes calldata chunk,
        bytes32[] calldata path
    ) external {
        if (demand.kind != DemandKind.UpdateChunk) revert NotWhatWasDemanded();
        (bytes32 demandId, uint40 deadline) = _answer(demand);
        uint32 count = _tasks[demand.taskId].rules.parameterCount;
        if (chunk.length != ChunkTree.CHUNK_BYTES || path.length != ChunkTree.depth(count)) revert NotWhatWasDemanded();
        // padding is shown as it was committed, for it may be what is wrong
        bytes32 leaf = ChunkTree.leafOf(demand.index, chunk, 0);
        bytes32 root = ChunkTree.rootOf(count, demand.index, leaf, path);
        if (ChunkTree.updateRootOf(participant, root) != demand.root) revert NotWhatWasDemanded();
        emit ChunkShown(demand.taskId, demand.round, demandId, msg.sender, chunk, path, deadline);
    }

    /// @inheritdoc IDemands
    function answerNodes(Demand calldata demand, bytes32[] calldata nodes) external {
        if (demand.kind != DemandKind.ModelNodes) revert NotWhatWasDemanded();
        (bytes32 demandId, uint40 deadline) = _answer(demand);
        uint32 count = _tasks[demand.taskId].rules.parameterCount;
        uint256 levels = demand.place < MOST_LEVELS ? demand.place : MOST_LEVELS;
        if (nodes.length != 1 << levels) revert NotWhatWasDemanded();
        bytes32 node = ChunkTree.fold(nodes);
        if (demand.place == ChunkTree.depth(count)) node = ChunkTree.rootOf(count, 0, node, nodes[:0]);
        if (node != demand.root) revert NotWhatWasDemanded();
        if (demand.place == levels) {
            // these are leaves: behind the last chunk they are zero, as no challenge could show otherwise
            uint256 first = uint256(demand.index) << levels;
            uint256 chunks = ChunkTree.chunkCount(count);
            for (uint256 i = chunks > first ? chunks - first : 0; i < nodes.length; ++i) {
                if (nodes[i] != 0) revert NotWhatWasDemanded();
            }
        }
        emit NodesShown(demand.taskId, demand.round, demandId, msg.sender, nodes, deadline);
    }

    /// @inheritdoc IDemands
    function strikeUnanswered(Demand calldata demand, Proposal calldata proposal) external {
        bytes32 demandId = keccak256(abi.encode(demand));
        OpenDemand memory open = _opened(demandId);
        if (block.timestamp <= open.deadline) revert IRounds.TooEarly(open.deadline);
        (RoundRecord storage record, ) = _record(_tasks[demand.taskId], demand.round, Phase.Proposed);
        bytes32 proposalHash = _proposalOnRecord(record, demand.taskId, demand.round, proposal);
        if (proposalHash != demand.proposalHash) revert IRounds.WrongProposal(proposalHash);
        _close(demandId);
        _credits[open.demander] += demandBondWei(demand.kind);
        emit DemandReturned(demand.taskId, demand.round, demandId, open.demander);
        if (demand.kind == DemandKind.UpdateChunk) record.withheld |= uint64(1 << demand.place);
        _strike(demand.taskId, demand.round, proposal, ChallengeKind.Withheld, demand.index, 0, open.demander);
    }

    /// @inheritdoc IDemands
    function returnDemand(Demand calldata demand) external {
        bytes32 demandId = keccak256(abi.encode(demand));
        OpenDemand memory open = _opened(demandId);
        if (_stands(demand)) revert InvalidDemand();
        _close(demandId);
        _credits[open.demander] += demandBondWei(demand.kind);
        emit DemandReturned(demand.taskId, demand.round, demandId, open.demander);
    }

    /// @inheritdoc IDemands
    function demandBondWei(DemandKind kind) public pure returns (uint256) {
        uint256 answerGas = kind == DemandKind.UpdateChunk ? CHUNK_ANSWER_GAS : NODES_ANSWER_GAS;
        return ANSWER_DIVISOR * STRESS_GAS_PRICE_WEI * answerGas;
    }

    /// @dev Puts a demand on record that was found to be about the proposal on record.
    function _open(Task storage task, RoundRecord storage record, Demand calldata demand) private {
        RoundState state = record.state;
        if (block.timestamp > state.deadline()) revert IRounds.TooLate(state.deadline());
        if (demand.proposalHash != record.pending) revert InvalidDemand();
        uint256 bondWei = demandBondWei(demand.kind);
        if (msg.value != bondWei) revert WrongDemandBond(bondWei);
        bytes32 demandId = keccak256(abi.encode(demand));
        if (_demands[demandId].deadline != 0) revert AlreadyDemanded(demandId);
        if (record.openDemands >= MAX_OPEN_DEMANDS) revert TooManyDemands();
        ++record.openDemands;
        uint40 deadline = uint40(block.timestamp + task.rules.challengeWindowS);
        _demands[demandId] = OpenDemand(msg.sender, deadline);
        emit Demanded(demand.taskId, demand.round, demandId, msg.sender, demand, deadline);
    }

    /// @dev Ends a demand that is being answered: pays the caller, burns the rest, and gives the demander time to use the answer.
    function _answer(Demand calldata demand) private returns (bytes32 demandId, uint40 deadline) {
        demandId = keccak256(abi.encode(demand));
        OpenDemand memory open = _opened(demandId);
        if (block.timestamp > open.deadline) revert IRounds.TooLate(open.deadline);
        if (!_stands(demand)) revert InvalidDemand();
        _close(demandId);
        uint256 bondWei = demandBondWei(demand.kind);
        _credits[msg.sender] += bondWei / ANSWER_DIVISOR;
        _burntWei += bondWei - bondWei / ANSWER_DIVISOR;
        Task storage task = _tasks[demand.taskId];
        RoundRecord storage record = task.rounds[demand.round & 1];
        --record.openDemands;
        RoundState state = record.state;
        deadline = state.deadline();
        uint256 extended = block.timestamp + task.rules.challengeWindowS;
        if (extended > deadline && !state.excluding()) {
            deadline = uint40(extended);
            record.state = state.proposed(false, extended);
        }
    }

    function _close(bytes32 demandId) private {
        _demands[demandId].demander = address(0);
    }

    function _opened(bytes32 demandId) private view returns (OpenDemand memory open) {
        open = _demands[demandId];
        if (open.demander == address(0)) revert NotDemanded(demandId);
    }

    /// @dev Whether the proposal that the demand names is still to be decided.
    function _stands(Demand calldata demand) private view returns (bool) {
        RoundRecord storage record = _tasks[demand.taskId].rounds[demand.round & 1];
        RoundState state = record.state;
        return
            state.round() == demand.round && state.phase() == Phase.Proposed && record.pending == demand.proposalHash;
    }
}
