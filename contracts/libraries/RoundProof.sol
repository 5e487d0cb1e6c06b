// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChunkProof, UpdateProof} from "../types/ProofTypes.sol";
import {Advertisement, Commitment, Evidence, Mode, RoundInputs, Rule, TaskRules} from "../types/TaskTypes.sol";
import {ChunkTree, Lanes} from "./Chunks.sol";
import {Bitmap} from "./Records.sol";
import {TrimmedMean} from "./TrimmedMean.sol";
import {WeightedMean} from "./WeightedMean.sol";

/// @title RoundProof
/// @notice What proofs have in common: it reverts with its errors unless the proof holds.
/// @dev Attacks considered:
/// - commitments left out, added, reordered or altered: they must hash from the anchor to the accumulator;
/// - the first advertisements left out, and what they hash to given as the start value: there must be as many as slots
///   advertised;
/// - an honest result struck by inputs that are not the committed ones: each chunk is hashed with its index and climbs
///   to the committed root, which binds the number of lanes; paths have one length, so that an inner node is not a
///   leaf;
/// - padding used to change a result: the base's must be zero, and the padding of an update stays within the padding of
///   the result, which a right model does not have; that an update has padding is proven by itself;
/// - a commitment copied from another participant: its root is bound to the account, so that no chunk is in the copy;
/// - a wrong root whose chunks are all right: a leaf behind the last chunk that is not zero is wrong by itself;
/// - a result sorted in the prover's favour: the bounds it gives are counted against all lanes ({TrimmedMean});
/// - work without bound: at most 64 commitments can match the accumulator, and lists must have exactly the length
///   needed.
library RoundProof {
    uint256 private constant CHUNK_BYTES = ChunkTree.CHUNK_BYTES;
    uint256 private constant CHUNK_LANES = 64;
    /// @dev A limit that every lane keeps: that of masked ones.
    uint256 private constant ANY_LANE = 1 << 31;

    /// @notice The commitments given are not those of the round, in their order.
    error WrongCommitments();
    /// @notice The advertisements given are not those of the round, in their order, over this start value.
    error WrongAdvertisements();
    /// @notice The openings given are not those of the proposal.
    error WrongOpenings();
    /// @notice A chunk, a path or a list is not as long as it must be, or an index is out of range.
    error MalformedProof();
    /// @notice The leaf is not in the proposed model at this place.
    error NotInModel();
    /// @notice The chunk is not in the base model at this place.
    error NotInBaseModel();
    /// @notice The chunk is not in the update of this slot at this place.
    error NotInUpdate(uint8 slot);
    /// @notice The proposed model has the right chunk.
    error ChunkIsRight();
    /// @notice The chunk of the update keeps the task's rules.
    error UpdateIsValid();
    /// @notice The total weight is right.
    error WeightIsRight();
    /// @notice What the proposal opens of this slot is what was advertised, or nothing depends on it.
    error OpeningIsRight(uint8 slot);
    /// @notice The signatures are not one account's, or say the same.
    error NoEquivocation();

    /// @notice Reverts with {WrongCommitments} unless these are all commitments of the round in their order.
    function checkCommitments(RoundInputs calldata inputs, Commitment[] calldata commitments) internal pure {
        bytes32 accumulator = inputs.anchor;
        for (uint256 i = 0; i < commitments.length; ++i) {
            Commitment calldata commitment = commitments[i];
            // what abi.encode of the accumulator and the commitment would be, without new memory for each; high bits
            // that the encoder would refuse make another hash
            assembly ("memory-safe") {
                let buffer := mload(0x40)
                mstore(buffer, accumulator)
                calldatacopy(add(buffer, 32), commitment, 160)
                accumulator := keccak256(buffer, 192)
            }
        }
        if (accumulator != inputs.accumulator) revert WrongCommitments();
    }

    /// @notice Reverts with {WrongAdvertisements} unless these are all advertisements of the round in their
    /// order, with {WrongOpenings} unless these are its proposal's openings.
    /// @param start The round's start value.
    function checkOpened(
        RoundInputs calldata inputs,
        bytes32 start,
        Advertisement[] calldata advertisements,
        bytes calldata openings
    ) internal pure {
        bytes32 anchor = start;
        for (uint256 i = 0; i < advertisements.length; ++i) {
            Advertisement calldata one = advertisements[i];
            // what abi.encode of the anchor, 1 and the advertisement would be, without new memory for each
            assembly ("memory-safe") {
                let buffer := mload(0x40)
                mstore(buffer, anchor)
                mstore(add(buffer, 32), 1)
                calldatacopy(add(buffer, 64), one, 192)
                anchor := keccak256(buffer, 256)
            }
        }
        if (anchor != inputs.anchor) revert WrongAdvertisements();
        if (advertisements.length != Bitmap.count(inputs.keyed)) revert WrongAdvertisements();
        if (keccak256(openings) != inputs.openingsHash) revert WrongOpenings();
    }

    /// @notice Whether a proposal that excludes these slots includes the commitment.
    function isIncluded(uint64 excluded, Commitment calldata commitment) internal pure returns (bool) {
        return (excluded >> commitment.slot) & 1 == 0;
    }

    /// @notice Reverts unless the leaf stands in the proposed model, and the chunk in the base model, at the place that
    /// is named. Returns whether that is past the last chunk: there every leaf of a right model is zero, so that the
    /// leaf is wrong, and no other part of the proof is needed.
    /// @param count Number of parameters.
    function isPast(uint32 count, Evidence calldata evidence, ChunkProof calldata proof) internal pure returns (bool) {
        (uint32 index, uint256 depth) = (proof.chunkIndex, ChunkTree.depth(count));
        if (index >> depth != 0 || proof.leafPath.length != depth) revert MalformedProof();
        bytes32 modelRoot = ChunkTree.rootOf(count, index, proof.leaf, proof.leafPath);
        if (modelRoot != evidence.proposal.modelRoot) revert NotInModel();
        if (index >= ChunkTree.chunkCount(count)) {
            if (proof.leaf == 0) revert ChunkIsRight();
            return true;
        }
        if (proof.base.length != CHUNK_BYTES || proof.basePath.length != depth) revert MalformedProof();
        bytes memory base = proof.base;
        bytes32 root = ChunkTree.rootOf(count, index, ChunkTree.leafOf(index, base, 0), proof.basePath);
        uint256 lanes = _lanesFrom(count, index);
        if (root != evidence.inputs.baseModelRoot || (lanes < CHUNK_LANES && !Lanes.isWithin(base, lanes, ANY_LANE)))
            revert NotInBaseModel();
        return false;
    }

    /// @notice Reverts where this is the chunk that the proposed model has.
    function checkDiffers(ChunkProof calldata proof, bytes memory right) internal pure {
        if (ChunkTree.leafOf(proof.chunkIndex, right, 0) == proof.leaf) revert ChunkIsRight();
    }

    /// @notice What a transparent task's rule makes of the included updates.
    function aggregate(
        TaskRules memory rules,
        ChunkProof calldata proof,
        bytes memory updates,
        uint32[] memory weights
    ) internal pure returns (bytes memory) {
        uint32 rate = rules.serverRateQ16;
        if (rules.rule == Rule.WeightedMean) return WeightedMean.chunk(proof.base, updates, weights, rate);
        uint256 trim = rules.rule == Rule.CoordinateMedian ? (weights.length - 1) / 2 : rules.trim;
        return TrimmedMean.chunk(proof.base, updates, trim, proof.bounds, rate);
    }

    /// @notice Reverts unless the chunk shown stands in the update and breaks the rules. Returns the update's
    /// commitment.
    function checkInvalidUpdate(
        TaskRules memory rules,
        Commitment[] calldata commitments,
        UpdateProof calldata proof
    ) internal pure returns (Commitment calldata commitment) {
        (uint32 count, uint32 index, bytes memory chunk) = (rules.parameterCount, proof.chunkIndex, proof.chunk);
        if (
            index >= ChunkTree.chunkCount(count) ||
            chunk.length != CHUNK_BYTES ||
            proof.position >= commitments.length ||
            proof.path.length != ChunkTree.depth(count)
        ) revert MalformedProof();
        commitment = commitments[proof.position];
        _checkRoot(commitment, ChunkTree.rootOf(count, index, ChunkTree.leafOf(index, chunk, 0), proof.path));
        uint256 limit = rules.mode == Mode.Masked ? ANY_LANE : rules.clipLanes;
        if (Lanes.isWithin(chunk, _lanesFrom(count, index), limit)) revert UpdateIsValid();
    }

    /// @notice The chunks of the included updates, each checked to stand in its update, and their weights.
    function included(
        TaskRules memory rules,
        Evidence calldata evidence,
        Commitment[] calldata commitments,
        ChunkProof calldata proof
    ) internal pure returns (bytes memory updates, uint32[] memory weights) {
        (uint64 excluded, uint256 depth) = (evidence.proposal.excluded, proof.basePath.length);
        uint256 count = Bitmap.count(evidence.inputs.committed & ~excluded);
        if (proof.updates.length != count * CHUNK_BYTES) revert MalformedProof();
        if (proof.updatePaths.length != count * depth) revert MalformedProof();
        updates = Lanes.decode(proof.updates);
        weights = new uint32[](count);
        uint256 k = 0;
        for (uint256 i = 0; i < commitments.length; ++i) {
            Commitment calldata commitment = commitments[i];
            if (!isIncluded(excluded, commitment)) continue;
            bytes32 leaf;
            bytes32[] calldata path;
            // k is below 64
            unchecked {
                leaf = ChunkTree.leafOf(proof.chunkIndex, updates, k * CHUNK_BYTES);
                path = proof.updatePaths[k * depth:(k + 1) * depth];
            }
            _checkRoot(commitment, ChunkTree.rootOf(rules.parameterCount, proof.chunkIndex, leaf, path));
            weights[k] = commitment.weight;
            ++k;
        }
    }

    /// @dev Whether a chunk tree root is what the commitment binds to its participant.
    function _checkRoot(Commitment calldata commitment, bytes32 root) private pure {
        bytes32 updateRoot = ChunkTree.updateRootOf(commitment.participant, root);
        if (updateRoot != commitment.updateRoot) revert NotInUpdate(commitment.slot);
    }

    /// @dev Number of lanes of a vector from the beginning of a chunk on; the rest of the chunk is padding.
    function _lanesFrom(uint256 parameterCount, uint256 chunkIndex) private pure returns (uint256) {
        return parameterCount - chunkIndex * CHUNK_LANES;
    }
}
