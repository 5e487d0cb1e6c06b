// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITasks} from "../interfaces/ITasks.sol";
import {Mode, TaskRules} from "../types/TaskTypes.sol";
import {DrawBlock} from "./DrawBlock.sol";

/// @title ChainProbes
/// @notice Refuses tasks whose proofs or draws this chain could not serve.
/// @dev Attacks considered:
/// - a masked task on a chain without a precompile, where no liar could be proven: known answers are asked for;
/// - a draw that is known ahead, as on chains that give many blocks one randomness: the block before must have another
///   one;
/// - a draw whose block would be out of reach before anyone can name it: 32 blocks must be left.
library ChainProbes {
    uint256 private constant MODEXP = 5;
    uint256 private constant BLAKE2F = 9;
    uint256 private constant BLOCK_HASHES = 4788;
    uint256 private constant OLDER_BLOCK_HASHES = 2935;
    uint256 private constant OPCODE_BLOCKS = 256;
    uint256 private constant MARGIN_BLOCKS = 32;
    /// @dev The field of secp256k1.
    uint256 private constant P = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f;
    /// @dev First half of what 12 rounds make of 212 zero bytes as a last block.
    bytes32 private constant COMPRESSED = 0x6883d5a3342278f1b8980117edb5bb495e5dcebab58bbeebeb210e7df6d3e8c0;

    /// @notice Reverts with {ITasks.ChainLacks}, or {IRounds.WrongHeader} where the header is not that of the block
    /// before.
    /// @param header RLP of the header of the block before; not looked at where the task does not draw.
    function check(TaskRules memory rules, bytes memory header) internal view {
        if (rules.mode == Mode.Masked) checkMasks(address(5), address(9));
        if (rules.drawDelayBlocks == 0) return;
        uint256 before = block.number - 1;
        bytes32 hash = blockhash(before);
        // branch-unreachable (true): the chain of the tests has the hash of the block before
        if (hash == 0) revert ITasks.ChainLacks(BLOCK_HASHES);
        // equal randomness is the very thing that is looked for
        // slither-disable-next-line incorrect-equality
        if (DrawBlock.mixOf(before, header) == bytes32(block.prevrandao)) revert ITasks.ChainLacks(BLOCK_HASHES);
        if (rules.drawDelayBlocks + MARGIN_BLOCKS <= OPCODE_BLOCKS) return;
        _ask(DrawBlock.HISTORY, abi.encode(before), 32, hash, OLDER_BLOCK_HASHES);
    }

    /// @notice Reverts with {ITasks.ChainLacks} unless the precompiles that masked proofs need are at these addresses.
    function checkMasks(address modexp, address blake2f) internal view {
        // 2^(P - 1) mod P is 1
        _ask(modexp, abi.encode(32, 32, 32, 2, P - 1, P), 32, bytes32(uint256(1)), MODEXP);
        _ask(blake2f, abi.encodePacked(uint32(12), new bytes(208), true), 64, COMPRESSED, BLAKE2F);
    }

    /// @dev Reverts unless the contract answers with that many bytes, of which the first 32 are these.
    function _ask(address where, bytes memory input, uint256 length, bytes32 expected, uint256 what) private view {
        (bool answers, bytes memory answer) = where.staticcall(input);
        if (!answers || answer.length != length || bytes32(answer) != expected) revert ITasks.ChainLacks(what);
    }
}
