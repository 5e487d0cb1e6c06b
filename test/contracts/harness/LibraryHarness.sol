// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChunkTree} from "../../../contracts/libraries/Chunks.sol";
import {Draw, DrawBlock} from "../../../contracts/libraries/Draw.sol";
import {MaskedSum} from "../../../contracts/libraries/MaskedSum.sol";
import {MaskKeys, MaskStream} from "../../../contracts/libraries/Masks.sol";
import {ChainProbes, LeastBond, RulesValidation} from "../../../contracts/libraries/Rules.sol";
import {TrimmedMean} from "../../../contracts/libraries/TrimmedMean.sol";
import {WeightedMean} from "../../../contracts/libraries/WeightedMean.sol";
import {ProofKind} from "../../../contracts/types/ProofTypes.sol";
import {Advertisement, RoundInputs, TaskRules} from "../../../contracts/types/TaskTypes.sol";

/// @title LibraryHarness
/// @notice The libraries as calls from outside, for tests.
contract LibraryHarness {
    function verify(
        bytes32 root,
        uint32 parameterCount,
        uint32 index,
        bytes calldata chunk,
        bytes32[] calldata siblings
    ) external pure returns (bool) {
        if (parameterCount == 0 || index >= ChunkTree.chunkCount(parameterCount) || chunk.length != 256) return false;
        if (siblings.length != ChunkTree.depth(parameterCount)) return false;
        return root == ChunkTree.rootOf(parameterCount, index, ChunkTree.leafOf(index, chunk, 0), siblings);
    }

    function maskChunk(bytes32 key, uint32 index) external view returns (bytes memory chunk) {
        chunk = new bytes(MaskStream.BUFFER_BYTES);
        MaskStream.read(chunk, key, index);
        assembly ("memory-safe") {
            mstore(chunk, 256)
        }
    }

    function isMaskKey(bytes32 key) external view returns (bool) {
        return MaskKeys.isKey(key);
    }

    function isMaskSecret(bytes32 secret, bytes32 key) external view returns (bool) {
        return MaskKeys.isSecretOf(secret, key);
    }

    function pairSeed(
        RoundInputs calldata inputs,
        uint8 a,
        uint8 b,
        bytes32 secret,
        bytes32 key
    ) external pure returns (bytes32) {
        return MaskKeys.pairSeed(inputs, a, b, secret, key);
    }

    function maskedChunk(
        TaskRules calldata rules,
        RoundInputs calldata inputs,
        uint32 chunkIndex,
        bytes calldata base,
        bytes calldata updates,
        Advertisement[] calldata advertisements,
        bytes calldata openings
    ) external view returns (bytes memory) {
        return MaskedSum.chunk(rules, inputs, chunkIndex, base, updates, advertisements, openings);
    }

    function chunkCount(uint256 parameterCount) external pure returns (uint256) {
        return ChunkTree.chunkCount(parameterCount);
    }

    function weightedMean(
        bytes calldata base,
        bytes calldata updates,
        uint32[] calldata weights,
        uint32 serverRateQ16
    ) external pure returns (bytes memory) {
        return WeightedMean.chunk(base, updates, weights, serverRateQ16);
    }

    function trimmedMean(
        bytes calldata base,
        bytes calldata updates,
        uint256 trim,
        bytes calldata bounds,
        uint32 serverRateQ16
    ) external pure returns (bytes memory) {
        return TrimmedMean.chunk(base, updates, trim, bounds, serverRateQ16);
    }

    /// @notice Gas of the computations alone, without calldata and copies of it.
    function gasOfMeans(
        bytes memory base,
        bytes memory updates,
        uint32[] memory weights,
        uint256 trim,
        bytes memory bounds
    ) external view returns (uint256 weighted, uint256 trimmed) {
        uint256 left = gasleft();
        WeightedMean.chunk(base, updates, weights, 52_429);
        weighted = left - gasleft();
        left = gasleft();
        TrimmedMean.chunk(base, updates, trim, bounds, 52_429);
        trimmed = left - gasleft();
    }

    function drawSize(
        uint256 enrolled,
        uint16 minUpdates,
        uint16 maxUpdates,
        uint16 participationBps
    ) external pure returns (uint256) {
        TaskRules memory rules;
        (rules.minUpdates, rules.maxUpdates, rules.participationBps) = (minUpdates, maxUpdates, participationBps);
        return Draw.size(enrolled, rules);
    }

    function slotOf(uint64 seed, uint256 index, uint256 enrolled, uint256 drawn) external pure returns (uint256) {
        return Draw.slotOf(seed, index, enrolled, drawn);
    }

    /// @notice Slots of all indices below `enrolled`.
    function slots(uint64 seed, uint256 enrolled, uint256 drawn) external pure returns (uint256[] memory all) {
        all = new uint256[](enrolled);
        for (uint256 index = 0; index < enrolled; ++index) {
            all[index] = Draw.slotOf(seed, index, enrolled, drawn);
        }
    }

    function checkRules(TaskRules calldata rules) external pure {
        RulesValidation.validate(rules);
    }

    function checkChain(TaskRules calldata rules, bytes calldata header) external view {
        ChainProbes.check(rules, header);
    }

    function checkMasks(address modexp, address blake2f) external view {
        ChainProbes.checkMasks(modexp, blake2f);
    }

    function mixOf(uint256 blockNumber, bytes calldata header) external view returns (bytes32) {
        return DrawBlock.mixOf(blockNumber, header);
    }

    function isOutOfReach(uint256 blockNumber) external view returns (bool) {
        return DrawBlock.isOutOfReach(blockNumber);
    }

    function leastWei(TaskRules calldata rules) external pure returns (uint256) {
        return LeastBond.leastWei(rules);
    }

    function proofWei(TaskRules calldata rules, ProofKind kind) external pure returns (uint256) {
        return LeastBond.proofWei(rules, kind);
    }
}
