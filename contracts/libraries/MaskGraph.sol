// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Draw} from "./Draw.sol";

/// @title MaskGraph
/// @notice Which slots of a masked round share masks: those at most k / 2 places apart on a ring in a random order (Bell et al.,
/// "Secure Single-Server Aggregation with (Poly)Logarithmic Overhead", CCS 2020); everybody where k is 0 or reaches all
/// (docs/protocol.md, section 13).
library MaskGraph {
    /// @notice The place of each slot on the ring; empty where all are neighbours.
    /// @param seed The round's.
    /// @param drawn Number of slots, at least 1.
    /// @param neighbours k of the task's rules.
    function places(uint72 seed, uint256 drawn, uint256 neighbours) internal pure returns (uint256[] memory ring) {
        if (neighbours == 0 || neighbours + 1 >= drawn) return ring;
        uint72 order = uint72(uint256(keccak256(abi.encodePacked(uint8(7), seed))));
        ring = new uint256[](drawn);
        for (uint256 slot = 0; slot < drawn; ++slot) ring[slot] = Draw.slotOf(order, slot, drawn, 0);
    }

    /// @notice Whether two different slots are neighbours.
    /// @param ring Of {places}.
    function areNeighbours(
        uint256[] memory ring,
        uint256 neighbours,
        uint256 a,
        uint256 b
    ) internal pure returns (bool) {
        if (ring.length == 0) return true;
        uint256 distance = ring[a] > ring[b] ? ring[a] - ring[b] : ring[b] - ring[a];
        uint256 around = ring.length - distance;
        return (distance < around ? distance : around) <= neighbours / 2;
    }
}
