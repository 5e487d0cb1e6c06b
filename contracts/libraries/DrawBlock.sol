// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BlockHeader} from "@openzeppelin/contracts/utils/BlockHeader.sol";
import {IRounds} from "../interfaces/IRounds.sol";

/// @title DrawBlock
/// @notice The randomness of a block that a round's opening fixed before there was one.
/// @dev Attacks considered:
/// - another block's randomness, or one made up: the header must hash to the block's hash, which the chain gives;
/// - a block is called out of reach that is not, by a call with so little gas that the question for its hash fails: the
///   call keeps a 64th of its gas, on which nothing can be written any more;
/// - a round that waits for a hash for ever, on a chain where something else stands in the place of EIP-2935's
///   contract: what reverts has no hash, whatever it reverts with.
library DrawBlock {
    /// @notice EIP-2935's contract, which has the hashes of 8,191 blocks.
    address internal constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;
    uint256 private constant OPCODE_BLOCKS = 256;

    /// @notice The mix of a block by its header. Reverts with {IRounds.NoBlockHash} or {IRounds.WrongHeader}.
    /// @param header RLP of the block's header.
    function mixOf(uint256 blockNumber, bytes memory header) internal view returns (bytes32) {
        bytes32 hash = _hashOf(blockNumber);
        if (hash == 0) revert IRounds.NoBlockHash(blockNumber);
        if (hash != keccak256(header)) revert IRounds.WrongHeader();
        return BlockHeader.getPrevRandao(header);
    }

    /// @notice Whether a block is past and its hash cannot be had any more.
    function isOutOfReach(uint256 blockNumber) internal view returns (bool) {
        return blockNumber < block.number && _hashOf(blockNumber) == 0;
    }

    /// @dev Zero where there is none.
    function _hashOf(uint256 blockNumber) private view returns (bytes32) {
        if (blockNumber + OPCODE_BLOCKS >= block.number) return blockhash(blockNumber);
        (bool answers, bytes memory answer) = HISTORY.staticcall(abi.encode(blockNumber));
        return answers && answer.length == 32 ? bytes32(answer) : bytes32(0);
    }
}
