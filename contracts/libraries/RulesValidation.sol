// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITasks} from "../interfaces/ITasks.sol";
import {Mode, Rule, TaskRules} from "../types/TaskTypes.sol";
import {LeastBond} from "./LeastBond.sol";

/// @title RulesValidation
/// @notice Refuses rules under which a task could not run, stall for ever, lock bonds for longer than said, or leave
/// the exact arithmetic.
library RulesValidation {
    uint256 private constant MAX_PARAMETERS = 1 << 30;
    uint256 private constant MAX_CLIP_LANES = (1 << 31) - 1;
    uint256 private constant MAX_SERVER_RATE_Q16 = 1 << 20;
    uint256 private constant MAX_ATTEMPTS = 16;
    uint256 private constant MAX_UPDATES = 64;
    uint256 private constant ALL_BPS = 10_000;
    uint256 private constant MIN_DRAW_DELAY_BLOCKS = 4;
    uint256 private constant MAX_DRAW_DELAY_BLOCKS = 4096;
    uint256 private constant MIN_CHALLENGE_WINDOW_S = 60;
    uint256 private constant MIN_BONDED_CHALLENGE_WINDOW_S = 1 hours;
    uint256 private constant MAX_BONDED_S = 14 days;
    uint256 private constant SUM_LIMIT = 1 << 52;
    /// @dev Masked sums are taken modulo 2^32 and read as int32.
    uint256 private constant MASKED_SUM_LIMIT = 1 << 31;
    uint256 private constant ENCRYPTED_SUM_LIMIT = 1 << 29;

    /// @notice Reverts with {ITasks.InvalidRule} naming the first field out of range, {ITasks.WeightOverflow},
    /// {ITasks.RoundTooLong} or {ITasks.InvalidBond}.
    function validate(TaskRules memory rules) internal pure {
        bool transparent = rules.mode == Mode.Transparent;
        bool masked = rules.mode == Mode.Masked;
        // nobody sees a single update but its owner: only a sum can be taken of them
        _check(1, transparent || rules.rule == Rule.WeightedMean);
        _check(2, _within(rules.fractionBits, 30));
        _check(3, _within(rules.attempts, MAX_ATTEMPTS));
        _check(4, _within(rules.parameterCount, MAX_PARAMETERS));
        _check(5, _within(rules.clipLanes, MAX_CLIP_LANES));
        _check(6, rules.maxWeight != 0);
        _check(7, _within(rules.serverRateQ16, MAX_SERVER_RATE_Q16));
        _check(8, rules.rounds != 0);
        // a sum of one shows it; of two masked ones each shows its owner the other's
        _check(
            9,
            rules.minUpdates >=
                (
                    transparent
                        ? 1
                        : masked
                            ? 3
                            : 2
                ) &&
                rules.minUpdates <= rules.maxUpdates
        );
        _check(10, rules.maxUpdates <= MAX_UPDATES);
        _check(11, _within(rules.participationBps, ALL_BPS));
        _check(13, (rules.trim != 0) == (rules.rule == Rule.TrimmedMean) && 2 * uint256(rules.trim) < rules.minUpdates);
        // by more than half: two sets that are both large enough have a participant in common, which answers for one
        _check(14, masked ? rules.thresholdPercent > 50 && rules.thresholdPercent <= 100 : rules.thresholdPercent == 0);
        _check(15, _within(rules.attestationQuorum, rules.minUpdates));
        _check(16, rules.commitWindowS != 0);
        _check(17, rules.aggregateWindowS != 0);
        _check(18, rules.attestWindowS != 0);
        _check(20, transparent == (rules.keyWindowS == 0));
        _check(
            23,
            rules.drawDelayBlocks == 0
                ? rules.participationBps == ALL_BPS
                : rules.drawDelayBlocks >= MIN_DRAW_DELAY_BLOCKS && rules.drawDelayBlocks <= MAX_DRAW_DELAY_BLOCKS
        );
        _checkBonds(rules);
        uint256 limit =
            transparent
                ? SUM_LIMIT
                : masked
                    ? MASKED_SUM_LIMIT
                    : ENCRYPTED_SUM_LIMIT;
        if (uint256(rules.maxUpdates) * rules.maxWeight * rules.clipLanes >= limit) revert ITasks.WeightOverflow();
    }

    /// @dev Bonds are high enough to pay a proof, are not locked for longer than two times 14 days and the wait for a
    /// draw, and leave an hour to prove in.
    function _checkBonds(TaskRules memory rules) private pure {
        bool bonded = rules.aggregatorBondGwei != 0 || rules.participantBondGwei != 0;
        _check(19, rules.challengeWindowS >= (bonded ? MIN_BONDED_CHALLENGE_WINDOW_S : MIN_CHALLENGE_WINDOW_S));
        if (!bonded) return;
        _check(19, rules.challengeWindowS <= MAX_BONDED_S);
        uint256 attemptS = uint256(rules.aggregateWindowS) + rules.attestWindowS;
        uint256 roundS = uint256(rules.keyWindowS) + rules.commitWindowS + rules.attempts * attemptS;
        if (roundS > MAX_BONDED_S) revert ITasks.RoundTooLong();
        uint256 least = LeastBond.leastWei(rules);
        _checkBond(rules.aggregatorBondGwei, least);
        _checkBond(rules.participantBondGwei, least);
    }

    function _checkBond(uint256 bondGwei, uint256 leastWei) private pure {
        if (bondGwei != 0 && bondGwei * 1 gwei < leastWei) revert ITasks.InvalidBond(leastWei);
    }

    function _check(uint8 field, bool ok) private pure {
        if (!ok) revert ITasks.InvalidRule(field);
    }

    /// @dev Whether 1 <= value <= most.
    function _within(uint256 value, uint256 most) private pure returns (bool) {
        return value != 0 && value <= most;
    }
}
