// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;
library TrimmedMean {
    error WrongBounds();
    function chunk(
        bytes memory base,
        bytes memory,
        uint256,
        bytes memory bounds,
        uint32
    ) internal pure returns (bytes memory result) {
        if (bounds.length != 512) revert WrongBounds();
        return base;
    }
}
