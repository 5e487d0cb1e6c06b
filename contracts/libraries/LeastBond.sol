// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChunkTree} from "./ChunkTree.sol";

/// @title LeastBond
/// @notice What a bond must be, so that half of it pays the dearest proof against its owner at 100 gwei a gas, and a half of that more.
library LeastBond {
    /// @dev The dearest proof: a transaction's own cost, the parts that do not grow with the updates, and for each update its
    /// commitment (160 bytes), chunk and path at 40 gas a byte, the most that calldata costs.
    uint256 private constant PROOF_BASE_GAS = 250_000;
    uint256 private constant CALLDATA_BYTE_GAS = 40;
    uint256 private constant COMMITMENT_BYTES = 160;
    /// @dev Masked, for each who advertised: its advertisement and its opening, the stream of its own mask, and its place in the graph.
    uint256 private constant ADVERTISEMENT_BYTES = 160 + 32;
    uint256 private constant SLOT_GAS = 10_000;
    /// @dev One multiplication on the curve, and one stream.
    uint256 private constant PAIR_GAS = 8_500;
    uint256 private constant STRESS_GAS_PRICE_WEI = 100 gwei;
    uint256 private constant BOND_PER_PROOF = 3;

    /// @notice The least bond of a task that is not masked. `parameterCount` is at least 1.
    function plainWei(uint32 parameterCount, uint16 maxUpdates) internal pure returns (uint256) {
        return BOND_PER_PROOF * STRESS_GAS_PRICE_WEI * _plainGas(parameterCount, maxUpdates);
    }

    /// @notice The same of a masked task: of n = maxUpdates participants at most n^2 / 4 pairs have one that dropped out and one that
    /// did not, and with k neighbours each at most k * n / 2.
    function maskedWei(uint32 parameterCount, uint16 maxUpdates, uint8 neighbours) internal pure returns (uint256) {
        uint256 most = maxUpdates / 2;
        uint256 reach = neighbours == 0 || neighbours > most ? most : neighbours;
        uint256 maskGas = maxUpdates * (ADVERTISEMENT_BYTES * CALLDATA_BYTE_GAS + SLOT_GAS + (reach * PAIR_GAS) / 2);
        return BOND_PER_PROOF * STRESS_GAS_PRICE_WEI * (_plainGas(parameterCount, maxUpdates) + maskGas);
    }

    function _plainGas(uint32 parameterCount, uint16 maxUpdates) private pure returns (uint256) {
        uint256 updateBytes = COMMITMENT_BYTES + ChunkTree.CHUNK_BYTES + 32 * ChunkTree.depth(parameterCount);
        return PROOF_BASE_GAS + maxUpdates * updateBytes * CALLDATA_BYTE_GAS;
    }
}
