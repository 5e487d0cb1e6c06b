// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITasks} from "../interfaces/ITasks.sol";
import {Mode, Rule, TaskRules} from "../types/TaskTypes.sol";

/// @title RulesValidation
/// @notice Refuses rules under which a task could not run, stall for ever, or leave the exact arithmetic.
/// @dev Modes that version 1 of the protocol does not define yet are refused: a task that says
/// "masked" while nothing masks would promise a privacy it does not give.
library RulesValidation {
    uint256 private constant MAX_PARAMETERS = 1 << 30;
    uint256 private constant MAX_CLIP_LANES = (1 << 31) - 1;
    uint256 private constant MAX_SERVER_RATE_Q16 = 1 << 20;
    uint256 private constant MAX_ATTEMPTS = 16;
    uint256 private constant MAX_UPDATES = 64;
    uint256 private constant MAX_WINDOW_S = 365 days;
    uint256 private constant SUM_LIMIT = 1 << 52;

    /// @notice Reverts with {ITasks.InvalidRule} naming the first field out of range, or {ITasks.WeightOverflow}.
    function validate(TaskRules calldata rules) internal pure {
        _check(0, rules.mode == Mode.Transparent);
        _check(2, _within(rules.fractionBits, 30));
        _check(3, _within(rules.attempts, MAX_ATTEMPTS));
        _check(4, _within(rules.parameterCount, MAX_PARAMETERS));
        _check(5, _within(rules.clipLanes, MAX_CLIP_LANES));
        _check(6, rules.maxWeight != 0);
        _check(7, _within(rules.serverRateQ16, MAX_SERVER_RATE_Q16));
        _check(8, rules.rounds != 0);
        _check(9, _within(rules.minUpdates, rules.maxUpdates));
        _check(10, rules.maxUpdates <= MAX_UPDATES);
        _check(11, _within(rules.participationBps, 10_000));
        _check(13, (rules.trim != 0) == (rules.rule == Rule.TrimmedMean) && 2 * uint256(rules.trim) < rules.minUpdates);
        _check(14, rules.attestationQuorum != 0);
        // f + 1 holders: all honest ones hold what counts when more than 3 f commit
        _check(15, rules.holders == 0 || 3 * (uint256(rules.holders) - 1) < rules.minUpdates);
        _check(17, _within(rules.commitWindowS, MAX_WINDOW_S));
        _check(18, _within(rules.aggregateWindowS, MAX_WINDOW_S));
        _check(19, _within(rules.challengeWindowS, MAX_WINDOW_S));
        if (uint256(rules.maxUpdates) * rules.maxWeight * rules.clipLanes >= SUM_LIMIT) revert ITasks.WeightOverflow();
    }

    function _check(uint8 field, bool ok) private pure {
        if (!ok) revert ITasks.InvalidRule(field);
    }

    /// @dev Whether 1 <= value <= most.
    function _within(uint256 value, uint256 most) private pure returns (bool) {
        return value != 0 && value <= most;
    }
}
