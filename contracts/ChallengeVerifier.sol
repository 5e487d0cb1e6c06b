// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChallenges} from "./interfaces/IChallenges.sol";
import {ChunkTree} from "./libraries/ChunkTree.sol";
import {WeightedMean} from "./libraries/WeightedMean.sol";
import {ZigzagLanes} from "./libraries/ZigzagLanes.sol";
import {ChunkProof, Commitment, Proposal, UpdateProof} from "./types/TaskTypes.sol";

/// @notice What a federation's storage holds of a challenged round.
/// @param start Start value of the accumulator.
/// @param accumulator The accumulator of all commitments.
/// @param baseModelRoot Root of the model that the round started from.
/// @param parameterCount Rule of the task.
/// @param clipLanes Rule of the task.
/// @param serverRateQ16 Rule of the task.
struct ChallengedRound {
    bytes32 start;
    bytes32 accumulator;
    bytes32 baseModelRoot;
    uint32 parameterCount;
    uint32 clipLanes;
    uint32 serverRateQ16;
}

/// @title ChallengeVerifier
/// @notice The pure part of {IChallenges}: each function takes the call of the same name as it came to the federation, with a
/// {ChallengedRound} behind it; it returns when the proof holds, and reverts with the errors of that interface otherwise. A
/// contract of its own, created by the federation, so that both stay below the limit of code size.
/// @dev The record behind the call is not an argument, so that the federation passes the call on without taking it apart. Who
/// calls this contract directly learns something and changes nothing. The federation has compared the proposal with its
/// record. Attacks considered:
/// - commitments left out, added, reordered or altered: they must hash to the accumulator;
/// - an honest result struck by inputs that are not the committed ones: each chunk is hashed with its index and climbs to the
///   committed root, which binds the number of lanes; paths have one length, so that an inner node is not a leaf;
/// - padding used to change a result: the base's must be zero, and the padding of an update stays within the padding of
///   the result, which a right model does not have; that an update has padding is proven by {challengeUpdate};
/// - a chunk beyond the end, where every leaf is zero: the index must be below the number of chunks;
/// - work without bound: at most 64 commitments can match the accumulator, and lists must have exactly the length needed.
contract ChallengeVerifier {
    uint256 private constant CHUNK_BYTES = ChunkTree.CHUNK_BYTES;
    /// @dev Six words.
    uint256 private constant RECORD_BYTES = 192;

    /// @notice Returns when the chunk proves the proposal wrong ({IChallenges.challengeChunk}).
    function challengeChunk(
        uint32,
        uint32,
        Proposal calldata proposal,
        Commitment[] calldata commitments,
        ChunkProof calldata proof
    ) external pure {
        ChallengedRound memory round = _record();
        _checkCommitments(round, commitments);
        uint256 depth = ChunkTree.depth(round.parameterCount);
        _checkPlace(round, proof.chunkIndex, proof.base.length);
        if (proof.leafPath.length != depth || proof.basePath.length != depth) revert IChallenges.MalformedProof();
        if (ChunkTree.rootOf(round.parameterCount, proof.chunkIndex, proof.leaf, proof.leafPath) != proposal.modelRoot)
            revert IChallenges.NotInModel();
        if (!ChunkTree.verify(round.baseModelRoot, round.parameterCount, proof.chunkIndex, proof.base, proof.basePath))
            revert IChallenges.NotInBaseModel();

        (bytes memory updates, uint32[] memory weights) = _updates(round, proposal.excluded, commitments, proof);
        bytes memory right = WeightedMean.chunk(proof.base, updates, weights, round.serverRateQ16);
        if (ChunkTree.leafOf(proof.chunkIndex, right, 0) == proof.leaf) revert IChallenges.ChunkIsRight();
    }

    /// @notice Returns when an included update is invalid ({IChallenges.challengeUpdate}).
    function challengeUpdate(
        uint32,
        uint32,
        Proposal calldata proposal,
        Commitment[] calldata commitments,
        UpdateProof calldata proof
    ) external pure {
        ChallengedRound memory round = _record();
        _checkCommitments(round, commitments);
        _checkPlace(round, proof.chunkIndex, proof.chunk.length);
        if (proof.position >= commitments.length || proof.path.length != ChunkTree.depth(round.parameterCount)) {
            revert IChallenges.MalformedProof();
        }
        Commitment calldata commitment = commitments[proof.position];
        if (!_included(proposal.excluded, commitment)) revert IChallenges.NotIncluded(commitment.slot);
        bytes memory chunk = proof.chunk;
        bytes32 leaf = ChunkTree.leafOf(proof.chunkIndex, chunk, 0);
        if (ChunkTree.rootOf(round.parameterCount, proof.chunkIndex, leaf, proof.path) != commitment.updateRoot) {
            revert IChallenges.NotInUpdate(commitment.slot);
        }
        uint256 lanes = round.parameterCount - uint256(proof.chunkIndex) * (CHUNK_BYTES / 4);
        if (ZigzagLanes.isWithin(chunk, lanes, round.clipLanes)) revert IChallenges.UpdateIsValid();
    }

    /// @notice Returns when the total weight is wrong ({IChallenges.challengeWeight}).
    function challengeWeight(
        uint32,
        uint32,
        Proposal calldata proposal,
        Commitment[] calldata commitments
    ) external pure {
        ChallengedRound memory round = _record();
        _checkCommitments(round, commitments);
        uint256 totalWeight;
        for (uint256 i = 0; i < commitments.length; ++i) {
            if (_included(proposal.excluded, commitments[i])) totalWeight += commitments[i].weight;
        }
        if (totalWeight == proposal.totalWeight) revert IChallenges.WeightIsRight();
    }

    /// @dev The chunks of the included updates, each checked to stand in its update, and their weights.
    function _updates(
        ChallengedRound memory round,
        uint64 excluded,
        Commitment[] calldata commitments,
        ChunkProof calldata proof
    ) private pure returns (bytes memory updates, uint32[] memory weights) {
        uint256 depth = proof.basePath.length;
        uint256 count;
        for (uint256 i = 0; i < commitments.length; ++i) {
            if (_included(excluded, commitments[i])) ++count;
        }
        if (proof.updates.length != count * CHUNK_BYTES || proof.updatePaths.length != count * depth) {
            revert IChallenges.MalformedProof();
        }
        updates = ZigzagLanes.decode(proof.updates);
        weights = new uint32[](count);
        uint256 k;
        for (uint256 i = 0; i < commitments.length; ++i) {
            Commitment calldata commitment = commitments[i];
            if (!_included(excluded, commitment)) continue;
            bytes32 leaf;
            bytes32[] calldata path;
            // k is below 64
            unchecked {
                leaf = ChunkTree.leafOf(proof.chunkIndex, updates, k * CHUNK_BYTES);
                path = proof.updatePaths[k * depth:(k + 1) * depth];
            }
            if (ChunkTree.rootOf(round.parameterCount, proof.chunkIndex, leaf, path) != commitment.updateRoot) {
                revert IChallenges.NotInUpdate(commitment.slot);
            }
            weights[k] = commitment.weight;
            ++k;
        }
    }

    /// @dev What the federation put behind the call.
    function _record() private pure returns (ChallengedRound memory) {
        return abi.decode(msg.data[msg.data.length - RECORD_BYTES:], (ChallengedRound));
    }

    function _checkCommitments(ChallengedRound memory round, Commitment[] calldata commitments) private pure {
        bytes32 accumulator = round.start;
        for (uint256 i = 0; i < commitments.length; ++i) {
            Commitment calldata commitment = commitments[i];
            // what abi.encode of the accumulator and the commitment would be, without new memory for each; high bits that
            // the encoder would refuse make another hash
            assembly ("memory-safe") {
                let buffer := mload(0x40)
                mstore(buffer, accumulator)
                calldatacopy(add(buffer, 32), commitment, 160)
                accumulator := keccak256(buffer, 192)
            }
        }
        if (accumulator != round.accumulator) revert IChallenges.WrongCommitments();
    }

    function _checkPlace(ChallengedRound memory round, uint256 chunkIndex, uint256 chunkBytes) private pure {
        if (chunkIndex >= ChunkTree.chunkCount(round.parameterCount) || chunkBytes != CHUNK_BYTES) {
            revert IChallenges.MalformedProof();
        }
    }

    function _included(uint64 excluded, Commitment calldata commitment) private pure returns (bool) {
        return (excluded >> commitment.slot) & 1 == 0;
    }
}
