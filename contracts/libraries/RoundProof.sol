// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IProofs} from "../interfaces/IProofs.sol";
import {IRounds} from "../interfaces/IRounds.sol";
import {Advertisement} from "../types/PrivacyTypes.sol";
import {ChunkProof, UpdateProof} from "../types/ProofTypes.sol";
import {Commitment, Mode, RoundInputs, Rule, TaskRules} from "../types/TaskTypes.sol";
import {Bitmap} from "./Bitmap.sol";
import {ChunkTree} from "./ChunkTree.sol";
import {Lanes} from "./Lanes.sol";
import {TrimmedMean} from "./TrimmedMean.sol";
import {WeightedMean} from "./WeightedMean.sol";

/// @title RoundProof
/// @notice What proofs have in common: it reverts with the errors of {IProofs} unless the proof holds.
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

    /// @notice Reverts with {IProofs.WrongCommitments} unless these are all commitments of the round in their order.
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
        if (accumulator != inputs.accumulator) revert IProofs.WrongCommitments();
    }

    /// @notice Reverts with {IProofs.WrongAdvertisements} unless these are all advertisements of the round in their
    /// order, with {IProofs.WrongOpenings} unless these are its proposal's openings.
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
        if (anchor != inputs.anchor || advertisements.length != Bitmap.count(inputs.keyed)) {
            revert IProofs.WrongAdvertisements();
        }
        if (keccak256(openings) != inputs.openingsHash) revert IProofs.WrongOpenings();
    }

    /// @notice The sum of the included weights.
    function includedWeight(uint64 excluded, Commitment[] calldata commitments) internal pure returns (uint256 weight) {
        for (uint256 i = 0; i < commitments.length; ++i) {
            if (isIncluded(excluded, commitments[i])) weight += commitments[i].weight;
        }
    }

    /// @notice Whether a proposal that excludes these slots includes the commitment.
    function isIncluded(uint64 excluded, Commitment calldata commitment) internal pure returns (bool) {
        return (excluded >> commitment.slot) & 1 == 0;
    }

    /// @notice Reverts unless the chunk shown is not what the rule makes of the included updates.
    function checkWrongChunk(
        TaskRules memory rules,
        bytes32 baseModelRoot,
        bytes32 modelRoot,
        uint64 excluded,
        Commitment[] calldata commitments,
        ChunkProof calldata proof
    ) internal pure {
        if (rules.mode != Mode.Transparent) revert IRounds.WrongMode(rules.mode);
        if (isPaddingLeaf(rules.parameterCount, modelRoot, proof)) return;
        checkPlaces(rules.parameterCount, baseModelRoot, modelRoot, proof);
        (bytes memory updates, uint32[] memory weights) = includedUpdates(
            rules.parameterCount,
            excluded,
            commitments,
            proof
        );
        bytes memory right = _aggregate(rules, proof, updates, weights);
        if (ChunkTree.leafOf(proof.chunkIndex, right, 0) == proof.leaf) revert IProofs.ChunkIsRight();
    }

    /// @notice Whether the leaf shown stands in the proposed model behind its last chunk. There every leaf of a right
    /// model is zero, so that no other part of the proof is needed. Reverts where it is.
    function isPaddingLeaf(uint32 count, bytes32 modelRoot, ChunkProof calldata proof) internal pure returns (bool) {
        if (proof.chunkIndex < ChunkTree.chunkCount(count)) return false;
        uint256 depth = ChunkTree.depth(count);
        if (proof.chunkIndex >> depth != 0 || proof.leafPath.length != depth) revert IProofs.MalformedProof();
        if (ChunkTree.rootOf(count, proof.chunkIndex, proof.leaf, proof.leafPath) != modelRoot) {
            revert IProofs.NotInModel();
        }
        if (proof.leaf == 0) revert IProofs.ChunkIsRight();
        return true;
    }

    /// @notice Reverts unless the leaf stands in the proposed model and the chunk in the base model, at the place that
    /// is named.
    /// @param count Number of parameters.
    function checkPlaces(
        uint32 count,
        bytes32 baseModelRoot,
        bytes32 modelRoot,
        ChunkProof calldata proof
    ) internal pure {
        _checkPlace(count, proof.chunkIndex, proof.base.length);
        uint256 depth = ChunkTree.depth(count);
        if (proof.leafPath.length != depth || proof.basePath.length != depth) revert IProofs.MalformedProof();
        if (ChunkTree.rootOf(count, proof.chunkIndex, proof.leaf, proof.leafPath) != modelRoot) {
            revert IProofs.NotInModel();
        }
        bytes memory base = proof.base;
        bytes32 leaf = ChunkTree.leafOf(proof.chunkIndex, base, 0);
        uint256 lanes = _lanesFrom(count, proof.chunkIndex);
        if (
            ChunkTree.rootOf(count, proof.chunkIndex, leaf, proof.basePath) != baseModelRoot ||
            (lanes < CHUNK_LANES && !Lanes.isWithin(base, lanes, ANY_LANE))
        ) revert IProofs.NotInBaseModel();
    }

    /// @notice Reverts unless the chunk shown stands in the update and breaks the rules. Returns the update's
    /// commitment.
    function checkInvalidUpdate(
        TaskRules memory rules,
        Commitment[] calldata commitments,
        UpdateProof calldata proof
    ) internal pure returns (Commitment calldata commitment) {
        if (rules.mode == Mode.Encrypted) revert IRounds.WrongMode(rules.mode);
        uint32 count = rules.parameterCount;
        _checkPlace(count, proof.chunkIndex, proof.chunk.length);
        if (proof.position >= commitments.length || proof.path.length != ChunkTree.depth(count)) {
            revert IProofs.MalformedProof();
        }
        commitment = commitments[proof.position];
        bytes memory chunk = proof.chunk;
        bytes32 leaf = ChunkTree.leafOf(proof.chunkIndex, chunk, 0);
        _checkRoot(commitment, ChunkTree.rootOf(count, proof.chunkIndex, leaf, proof.path));
        uint256 limit = rules.mode == Mode.Masked ? ANY_LANE : rules.clipLanes;
        if (Lanes.isWithin(chunk, _lanesFrom(count, proof.chunkIndex), limit)) revert IProofs.UpdateIsValid();
    }

    function _aggregate(
        TaskRules memory rules,
        ChunkProof calldata proof,
        bytes memory updates,
        uint32[] memory weights
    ) private pure returns (bytes memory) {
        if (rules.rule == Rule.WeightedMean) {
            return WeightedMean.chunk(proof.base, updates, weights, rules.serverRateQ16);
        }
        uint256 trim = rules.rule == Rule.CoordinateMedian ? (weights.length - 1) / 2 : rules.trim;
        return TrimmedMean.chunk(proof.base, updates, trim, proof.bounds, rules.serverRateQ16);
    }

    /// @notice The chunks of the included updates, each checked to stand in its update, and their weights.
    function includedUpdates(
        uint32 parameterCount,
        uint64 excluded,
        Commitment[] calldata commitments,
        ChunkProof calldata proof
    ) internal pure returns (bytes memory updates, uint32[] memory weights) {
        uint256 depth = proof.basePath.length;
        uint256 count = 0;
        for (uint256 i = 0; i < commitments.length; ++i) {
            if (isIncluded(excluded, commitments[i])) ++count;
        }
        if (proof.updates.length != count * CHUNK_BYTES || proof.updatePaths.length != count * depth) {
            revert IProofs.MalformedProof();
        }
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
            _checkRoot(commitment, ChunkTree.rootOf(parameterCount, proof.chunkIndex, leaf, path));
            weights[k] = commitment.weight;
            ++k;
        }
    }

    /// @dev Whether a chunk tree root is what the commitment binds to its participant.
    function _checkRoot(Commitment calldata commitment, bytes32 root) private pure {
        if (ChunkTree.updateRootOf(commitment.participant, root) != commitment.updateRoot) {
            revert IProofs.NotInUpdate(commitment.slot);
        }
    }

    function _checkPlace(uint256 parameterCount, uint256 chunkIndex, uint256 chunkBytes) private pure {
        if (chunkIndex >= ChunkTree.chunkCount(parameterCount) || chunkBytes != CHUNK_BYTES) {
            revert IProofs.MalformedProof();
        }
    }

    /// @dev Number of lanes of a vector from the beginning of a chunk on; the rest of the chunk is padding.
    function _lanesFrom(uint256 parameterCount, uint256 chunkIndex) private pure returns (uint256) {
        return parameterCount - chunkIndex * CHUNK_LANES;
    }
}
