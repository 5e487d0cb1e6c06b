// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TrimmedMean} from "../../../contracts/libraries/TrimmedMean.sol";
import {WeightedMean} from "../../../contracts/libraries/WeightedMean.sol";

/// @title RuleBatches
/// @notice The rules on many inputs in one call, for differential tests: the hash of each case's result.
/// @dev Cases are joined without padding; every number is big-endian. Memory is used anew for each case.
contract RuleBatches {
    uint256 private constant CHUNK_BYTES = 256;

    /// @param cases uint8 number of updates K, uint32 rate, 256 bytes of base, K uint32 weights, K chunks of updates.
    function weightedMeans(bytes calldata cases, uint256 count) external pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](count);
        uint256 free = _free();
        for (uint256 i = 0; i < count; ++i) {
            uint256 updates = uint8(cases[0]);
            uint32 rate = uint32(bytes4(cases[1:5]));
            bytes calldata base = cases[5:5 + CHUNK_BYTES];
            cases = cases[5 + CHUNK_BYTES:];
            uint32[] memory weights = new uint32[](updates);
            for (uint256 k = 0; k < updates; ++k) {
                weights[k] = uint32(bytes4(cases[4 * k:4 * k + 4]));
            }
            cases = cases[4 * updates:];
            hashes[i] = keccak256(WeightedMean.chunk(base, cases[:updates * CHUNK_BYTES], weights, rate));
            cases = cases[updates * CHUNK_BYTES:];
            _release(free);
        }
    }

    /// @param cases uint8 number of updates K, uint8 trim, uint32 rate, 256 bytes of base, 512 of bounds, K chunks of
    /// updates.
    function trimmedMeans(bytes calldata cases, uint256 count) external pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](count);
        uint256 free = _free();
        for (uint256 i = 0; i < count; ++i) {
            uint256 updates = uint8(cases[0]);
            uint256 trim = uint8(cases[1]);
            uint32 rate = uint32(bytes4(cases[2:6]));
            bytes calldata base = cases[6:6 + CHUNK_BYTES];
            bytes calldata bounds = cases[6 + CHUNK_BYTES:6 + 3 * CHUNK_BYTES];
            cases = cases[6 + 3 * CHUNK_BYTES:];
            hashes[i] = keccak256(TrimmedMean.chunk(base, cases[:updates * CHUNK_BYTES], trim, bounds, rate));
            cases = cases[updates * CHUNK_BYTES:];
            _release(free);
        }
    }

    function _free() private pure returns (uint256 pointer) {
        assembly ("memory-safe") {
            pointer := mload(0x40)
        }
    }

    function _release(uint256 pointer) private pure {
        assembly ("memory-safe") {
            mstore(0x40, pointer)
        }
    }
}
