// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Bitmap
/// @notice Sets of up to 64 slots.
library Bitmap {
    /// @notice Number of slots in the set.
    function count(uint64 bitmap) internal pure returns (uint256 total) {
        for (uint256 rest = bitmap; rest != 0; rest &= rest - 1) ++total;
    }

    /// @notice The set of the slots below `size`; `size` is at most 64.
    function full(uint256 size) internal pure returns (uint64) {
        return uint64((1 << size) - 1);
    }
}
