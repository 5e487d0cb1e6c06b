// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITasks} from "../interfaces/ITasks.sol";
import {Mode, Rule, TaskRules} from "../types/TaskTypes.sol";

/// @title RulesValidation
/// @notice Refuses rules under which a task could not run, stall for ever, or leave the exact arithmetic.
library RulesValidation {
    uint256 private constant MAX_PARAMETERS = 1 << 30;
    uint256 private constant MAX_CLIP_LANES = (1 << 31) - 1;
    uint256 private constant MAX_SERVER_RATE_Q16 = 1 << 20;
    uint256 private constant MAX_ATTEMPTS = 16;
    uint256 private constant MAX_UPDATES = 64;
    uint256 private constant MAX_WINDOW_S = 365 days;
    uint256 private constant SUM_LIMIT = 1 << 52;
    /// @dev Masked sums are taken modulo 2^32 and read as int32.
    uint256 private constant MASKED_SUM_LIMIT = 1 << 31;
    uint256 private constant ENCRYPTED_SUM_LIMIT = 1 << 29;

    /// @notice Reverts with {ITasks.InvalidRule} naming the first field out of range, or {ITasks.WeightOverflow}.
    function validate(TaskRules calldata rules) internal pure {
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
        // a sum of two shows each of them the other's update
        _check(9, _within(rules.minUpdates, rules.maxUpdates) && (!masked || rules.minUpdates > 2));
        _check(10, rules.maxUpdates <= MAX_UPDATES);
        _check(11, _within(rules.participationBps, 10_000));
        _check(13, (rules.trim != 0) == (rules.rule == Rule.TrimmedMean) && 2 * uint256(rules.trim) < rules.minUpdates);
        // by more than half: two sets that are both large enough have a participant in common, which answers for one
        _check(14, masked ? rules.thresholdPercent > 50 && rules.thresholdPercent <= 100 : rules.thresholdPercent == 0);
        _check(15, rules.attestationQuorum != 0);
        // f + 1 holders: all honest ones hold what counts when more than 3 f commit
        _check(16, rules.holders == 0 || 3 * (uint256(rules.holders) - 1) < rules.minUpdates);
        _check(16, rules.holders == 0 || rules.mode != Mode.Encrypted);
        // the openings of one round are not there yet when the next would begin
        _check(17, transparent || !rules.pipelined);
        _check(18, _within(rules.commitWindowS, MAX_WINDOW_S));
        _check(19, _within(rules.aggregateWindowS, MAX_WINDOW_S));
        _check(20, _within(rules.challengeWindowS, MAX_WINDOW_S));
        _check(23, rules.neighbours == 0 || (masked && rules.neighbours % 2 == 0));
        _check(24, transparent == (rules.keyWindowS == 0));
        uint256 limit =
            transparent
                ? SUM_LIMIT
                : masked
                    ? MASKED_SUM_LIMIT
                    : ENCRYPTED_SUM_LIMIT;
        if (uint256(rules.maxUpdates) * rules.maxWeight * rules.clipLanes >= limit) revert ITasks.WeightOverflow();
    }

    function _check(uint8 field, bool ok) private pure {
        if (!ok) revert ITasks.InvalidRule(field);
    }

    /// @dev Whether 1 <= value <= most.
    function _within(uint256 value, uint256 most) private pure returns (bool) {
        return value != 0 && value <= most;
    }
}
