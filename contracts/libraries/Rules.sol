// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITasks} from "../interfaces/ITasks.sol";
import {ProofKind} from "../types/ProofTypes.sol";
import {Mode, Rule, TaskRules} from "../types/TaskTypes.sol";
import {ChunkTree} from "./Chunks.sol";
import {DrawBlock} from "./Draw.sol";
import {MaskKeys} from "./Masks.sol";

/// @title RulesValidation
/// @notice Refuses rules under which a task could not run, stall for ever, lock bonds for longer than said, or leave
/// the exact arithmetic.
library RulesValidation {
    uint256 private constant MAX_BONDED_S = 14 days;

    /// @notice Reverts with {ITasks.InvalidRule} naming the first field out of range, {ITasks.WeightOverflow},
    /// {ITasks.RoundTooLong} or {ITasks.InvalidBond}.
    function validate(TaskRules memory rules) internal pure {
        bool transparent = rules.mode == Mode.Transparent;
        bool masked = rules.mode == Mode.Masked;
        bool bonded = rules.aggregatorBondGwei != 0 || rules.participantBondGwei != 0;
        // a sum of one shows it; of two masked ones each shows its owner the other's. Masked sums are taken modulo 2^32
        // and read as int32
        (uint256 fewest, uint256 limit) = (2, 1 << 29);
        if (transparent) (fewest, limit) = (1, 1 << 52);
        if (masked) (fewest, limit) = (3, 1 << 31);
        // nobody sees a single update but its owner: only a sum can be taken of them
        _check(1, transparent || rules.rule == Rule.WeightedMean);
        _check(2, _within(rules.fractionBits, 1, 30));
        _check(3, _within(rules.attempts, 1, 16));
        _check(4, _within(rules.parameterCount, 1, 1 << 30));
        _check(5, _within(rules.clipLanes, 1, (1 << 31) - 1));
        _check(6, rules.maxWeight != 0);
        _check(7, _within(rules.serverRateQ16, 1, 1 << 20));
        _check(8, rules.rounds != 0);
        _check(9, _within(rules.minUpdates, fewest, rules.maxUpdates));
        _check(10, rules.maxUpdates <= 64);
        _check(11, _within(rules.participationBps, 1, 10_000));
        _check(13, (rules.trim != 0) == (rules.rule == Rule.TrimmedMean) && 2 * uint256(rules.trim) < rules.minUpdates);
        // by more than half: two sets that are both large enough have a participant in common, which answers for one
        _check(14, masked ? _within(rules.thresholdPercent, 51, 100) : rules.thresholdPercent == 0);
        _check(15, _within(rules.attestationQuorum, 1, rules.minUpdates));
        _check(16, rules.commitWindowS != 0);
        _check(17, rules.aggregateWindowS != 0);
        _check(18, rules.attestWindowS != 0);
        _check(20, transparent == (rules.keyWindowS == 0));
        bool drawn = rules.drawDelayBlocks != 0;
        _check(23, drawn ? _within(rules.drawDelayBlocks, 4, 4096) : rules.participationBps == 10_000);
        _check(19, bonded ? _within(rules.challengeWindowS, 1 hours, MAX_BONDED_S) : rules.challengeWindowS >= 60);
        if (bonded) _checkBonds(rules);
        if (uint256(rules.maxUpdates) * rules.maxWeight * rules.clipLanes >= limit) revert ITasks.WeightOverflow();
    }

    /// @dev Bonds are high enough to pay a proof, and are not locked for longer than two times 14 days and the wait for
    /// a draw.
    function _checkBonds(TaskRules memory rules) private pure {
        uint256 attemptS = uint256(rules.aggregateWindowS) + rules.attestWindowS;
        uint256 roundS = uint256(rules.keyWindowS) + rules.commitWindowS + rules.attempts * attemptS;
        if (roundS > MAX_BONDED_S) revert ITasks.RoundTooLong();
        uint256 leastWei = LeastBond.leastWei(rules);
        _checkBond(rules.aggregatorBondGwei, leastWei);
        _checkBond(rules.participantBondGwei, leastWei);
    }

    function _checkBond(uint256 bondGwei, uint256 leastWei) private pure {
        if (bondGwei != 0 && bondGwei * 1 gwei < leastWei) revert ITasks.InvalidBond(leastWei);
    }

    function _check(uint8 field, bool ok) private pure {
        if (!ok) revert ITasks.InvalidRule(field);
    }

    function _within(uint256 value, uint256 least, uint256 most) private pure returns (bool) {
        return least <= value && value <= most;
    }
}

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
        uint256 commitmentsGas = most * COMMITMENT_BYTES * CALLDATA_BYTE_GAS;
        if (kind == ProofKind.InvalidUpdate) return STRESS_GAS_PRICE_WEI * (PROOF_BASE_GAS + commitmentsGas);
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
    uint256 private constant MARGIN_BLOCKS = 32;
    /// @dev First half of what 12 rounds make of 212 zero bytes as a last block.
    bytes32 private constant COMPRESSED = 0x6883d5a3342278f1b8980117edb5bb495e5dcebab58bbeebeb210e7df6d3e8c0;

    /// @notice Reverts with {ITasks.ChainLacks}, {IRounds.NoBlockHash}, or {IRounds.WrongHeader} where the header is
    /// not that of the block before.
    /// @param header RLP of the header of the block before; not looked at where the task does not draw.
    function check(TaskRules memory rules, bytes memory header) internal view {
        if (rules.mode == Mode.Masked) checkMasks(address(5), address(9));
        if (rules.drawDelayBlocks == 0) return;
        uint256 before = block.number - 1;
        // equal randomness is the very thing that is looked for
        // slither-disable-next-line incorrect-equality
        if (DrawBlock.mixOf(before, header) == bytes32(block.prevrandao)) revert ITasks.ChainLacks(BLOCK_HASHES);
        if (rules.drawDelayBlocks + MARGIN_BLOCKS <= DrawBlock.OPCODE_BLOCKS) return;
        _ask(DrawBlock.HISTORY, abi.encode(before), 32, blockhash(before), OLDER_BLOCK_HASHES);
    }

    /// @notice Reverts with {ITasks.ChainLacks} unless the precompiles that masked proofs need are at these addresses.
    function checkMasks(address modexp, address blake2f) internal view {
        // 2^(P - 1) mod P is 1
        _ask(modexp, abi.encode(32, 32, 32, 2, MaskKeys.P - 1, MaskKeys.P), 32, bytes32(uint256(1)), MODEXP);
        _ask(blake2f, abi.encodePacked(uint32(12), new bytes(208), true), 64, COMPRESSED, BLAKE2F);
    }

    /// @dev Reverts unless the contract answers with that many bytes, of which the first 32 are these.
    function _ask(address where, bytes memory input, uint256 length, bytes32 expected, uint256 what) private view {
        (bool answers, bytes memory answer) = where.staticcall(input);
        if (!answers || answer.length != length || bytes32(answer) != expected) revert ITasks.ChainLacks(what);
    }
}
