// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChunkTree} from "../../../contracts/libraries/ChunkTree.sol";
import {Draw} from "../../../contracts/libraries/Draw.sol";
import {TrimmedMean} from "../../../contracts/libraries/TrimmedMean.sol";
import {WeightedMean} from "../../../contracts/libraries/WeightedMean.sol";

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
        return ChunkTree.verify(root, parameterCount, index, chunk, siblings);
    }

    function chunkCount(uint256 parameterCount) external pure returns (uint256) {
        return ChunkTree.chunkCount(parameterCount);
    }

    function fold(bytes32[] calldata nodes) external pure returns (bytes32) {
        return ChunkTree.fold(nodes);
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
        uint256 minUpdates,
        uint256 maxUpdates,
        uint256 participationBps
    ) external pure returns (uint256) {
        return Draw.size(enrolled, minUpdates, maxUpdates, participationBps);
    }

    function slotOf(uint72 seed, uint256 index, uint256 enrolled, uint256 drawn) external pure returns (uint256) {
        return Draw.slotOf(seed, index, enrolled, drawn);
    }

    /// @notice Slots of all indices below `enrolled`.
    function slots(uint72 seed, uint256 enrolled, uint256 drawn) external pure returns (uint256[] memory all) {
        all = new uint256[](enrolled);
        for (uint256 index = 0; index < enrolled; ++index) {
            all[index] = Draw.slotOf(seed, index, enrolled, drawn);
        }
    }
}
