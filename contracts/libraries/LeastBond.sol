// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ProofKind} from "../types/ProofTypes.sol";
import {Mode, TaskRules} from "../types/TaskTypes.sol";
import {ChunkTree} from "./ChunkTree.sol";

/// @title LeastBond
/// @notice What a proof costs at most, and what a bond must be, so that half of it pays that at 100 gwei a gas, and a
/// half of that more.
library LeastBond {
    /// @dev The dearest proof: a transaction's own cost and the parts that do not grow with the updates; and for each
    /// update its commitment (160 bytes), chunk and path at 40 gas a byte, the most that calldata costs, and the
    /// expulsion of its owner, who signed.
    uint256 private constant PROOF_BASE_GAS = 300_000;
    uint256 private constant CALLDATA_BYTE_GAS = 40;
    uint256 private constant COMMITMENT_BYTES = 160;
    uint256 private constant SIGNER_GAS = 9_000 + 32 * CALLDATA_BYTE_GAS;
    /// @dev Masked, for each who advertised: its advertisement and its opening, and the stream of its own mask.
    uint256 private constant ADVERTISEMENT_BYTES = 192 + 32;
    uint256 private constant MASK_GAS = 10_000;
    /// @dev One multiplication on the curve, and one stream.
    uint256 private constant PAIR_GAS = 8_500;
    uint256 private constant STRESS_GAS_PRICE_WEI = 100 gwei;
    uint256 private constant BOND_PER_PROOF = 3;

    /// @notice The least bond under these rules, in wei. `parameterCount` is at least 1.
    function leastWei(TaskRules memory rules) internal pure returns (uint256) {
        return BOND_PER_PROOF * proofWei(rules, ProofKind.WrongChunk);
    }

    /// @notice What a proof of a kind is reckoned to cost under these rules, in wei; a wrong chunk is the dearest.
    function proofWei(TaskRules memory rules, ProofKind kind) internal pure returns (uint256) {
        if (kind == ProofKind.Equivocation) return STRESS_GAS_PRICE_WEI * PROOF_BASE_GAS;
        uint256 most = rules.maxUpdates;
        if (kind == ProofKind.InvalidUpdate) {
            return STRESS_GAS_PRICE_WEI * (PROOF_BASE_GAS + most * COMMITMENT_BYTES * CALLDATA_BYTE_GAS);
        }
        uint256 bytes_ = COMMITMENT_BYTES + ChunkTree.CHUNK_BYTES + 32 * ChunkTree.depth(rules.parameterCount);
        uint256 perUpdate = bytes_ * CALLDATA_BYTE_GAS + SIGNER_GAS;
        uint256 pairs = 0;
        if (rules.mode == Mode.Masked) {
            perUpdate += ADVERTISEMENT_BYTES * CALLDATA_BYTE_GAS + MASK_GAS;
            // of n participants at most n^2 / 4 pairs have one that dropped out and one that did not
            pairs = (most * most) / 4;
        }
        return STRESS_GAS_PRICE_WEI * (PROOF_BASE_GAS + most * perUpdate + pairs * PAIR_GAS);
    }
}
