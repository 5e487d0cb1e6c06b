// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Access, Mode, Rule, TaskRules} from "../../../contracts/types/TaskTypes.sol";
import {Calls} from "./Calls.sol";
import {Vector} from "./WalkBook.sol";
import {WalkMirror} from "./WalkMirror.sol";
import {WalkHeaders} from "./WalkWallet.sol";

/// @title WalkTasks
/// @notice Tasks of all modes, rules and draws, with or without bonds and budgets, their windows from the least to the
/// greatest.
abstract contract WalkTasks is WalkMirror {
    uint256 private constant BREAKS = 18;

    /// @notice Creates a task; one time in eight with a rule out of range, or over another block's header.
    function _create(uint256 seed) internal {
        if (taskCount == MAX_TASKS) return;
        TaskRules memory rules = _rules(seed);
        bool must = true;
        if (seed % 8 == 7) must = !_break(rules, (seed >> 3) % BREAKS);
        uint32 taskId = taskCount + 1;
        Vector memory model = Vector(int256(uint256(taskId)), 0);
        bytes32 root = _rootOf(rules.parameterCount, _leavesOf(rules.parameterCount, model));
        uint256 before = block.number - 1;
        _showHeader(before);
        bytes memory header = WalkHeaders.headerOf(rules.drawDelayBlocks != 0 && seed % 32 == 6 ? before - 1 : before);
        if (rules.drawDelayBlocks != 0 && seed % 32 == 6) must = false;
        // a draw that is known ahead
        bool known = rules.drawDelayBlocks != 0 && seed % 64 == 5;
        if (known) (must, header) = (false, _knownHeader(before));
        Access memory access;
        bytes memory call = abi.encodeCall(Calls.createTask, (rules, access, root, "{}", header));
        bool done_ = _step(address(this), call, must, "create");
        if (known) vm.prevrandao(0);
        if (!done_) return;
        taskCount = taskId;
        rulesOf[taskId] = rules;
        (heads[taskId].root, heads[taskId].model) = (root, model);
        ++done[
            rules.drawDelayBlocks != 0
                ? "create with a draw"
                : rules.mode == Mode.Encrypted
                    ? "create encrypted"
                    : "create other"
        ];
    }

    function _knownHeader(uint256 before) private returns (bytes memory) {
        vm.prevrandao(WalkHeaders.mixOf(before));
        return WalkHeaders.headerOf(before);
    }

    /// @dev Of the windows' lengths, the least and some longer ones.
    function _window(uint256 seed) private pure returns (uint24) {
        uint24[5] memory lengths = [uint24(1), 40, 600, 7200, 86_400];
        return lengths[seed % 5];
    }

    function _rules(uint256 seed) private view returns (TaskRules memory rules) {
        uint8[8] memory modes = [0, 0, 0, 0, 1, 1, 1, 2];
        rules.mode = Mode(modes[(seed >> 8) % 8]);
        bool masked = rules.mode == Mode.Masked;
        bool transparent = rules.mode == Mode.Transparent;
        rules.fractionBits = 16;
        rules.attempts = uint8(1 + ((seed >> 16) % 3));
        rules.parameterCount = transparent && (seed >> 20) % 3 == 0 ? 130 : 40;
        rules.clipLanes = 1000;
        rules.maxWeight = 1000;
        rules.serverRateQ16 = (seed >> 22) % 3 == 0 ? 40_000 : 65_536;
        rules.rounds = uint16(1 + ((seed >> 24) % 8));
        rules.minUpdates = masked ? 3 : uint16((transparent ? 1 : 2) + ((seed >> 28) % 3));
        rules.maxUpdates = 8;
        rules.participationBps = 10_000;
        if ((seed >> 32) % 3 == 0) {
            rules.drawDelayBlocks = (seed >> 34) % 2 == 0 ? 4 : 250;
            rules.participationBps = (seed >> 36) % 2 == 0 ? 6000 : 10_000;
            rules.maxUpdates = (seed >> 38) % 2 == 0 ? 5 : 7;
        } else if ((seed >> 34) % 4 == 0) {
            rules.maxUpdates = 6;
        }
        rules.roundsPerParticipant = (seed >> 40) % 4 == 1 ? 2 : 0;
        rules.thresholdPercent = masked ? ((seed >> 42) % 4 == 0 ? 80 : 51) : 0;
        rules.attestationQuorum = uint16(1 + ((seed >> 46) % rules.minUpdates));
        rules.statementRequired = (seed >> 48) % 8 == 0;
        if (transparent && rules.minUpdates == 3 && (seed >> 50) % 2 == 0) {
            (rules.rule, rules.trim) = (Rule.TrimmedMean, 1);
        } else if (transparent && (seed >> 51) % 4 == 0) {
            rules.rule = Rule.CoordinateMedian;
        }
        _setWindows(rules, seed >> 64);
        _setBonds(rules, seed >> 128);
    }

    function _setWindows(TaskRules memory rules, uint256 seed) private pure {
        rules.commitWindowS = _window(seed);
        rules.aggregateWindowS = _window(seed >> 8);
        rules.attestWindowS = _window(seed >> 16);
        rules.keyWindowS = rules.mode == Mode.Transparent ? 0 : _window(seed >> 24);
    }

    /// @dev No bonds; or different ones a role, or for one role only, the least and greater ones.
    function _setBonds(TaskRules memory rules, uint256 seed) private view {
        if (seed % 4 == 0) {
            rules.challengeWindowS = (seed >> 2) % 2 == 0 ? 60 : type(uint24).max;
            if ((seed >> 3) % 4 == 0) rules.commitWindowS = type(uint24).max;
            if ((seed >> 5) % 4 == 0) rules.attestWindowS = type(uint24).max;
            return;
        }
        rules.challengeWindowS = (seed >> 2) % 2 == 0 ? 3600 : 1_209_600;
        // the longest round that is allowed, to the second
        uint256 roundS = _roundS(rules);
        if ((seed >> 3) % 8 == 0) rules.commitWindowS += uint24(1_209_600 - roundS);
        uint48 leastGwei = _leastGwei(rules);
        rules.aggregatorBondGwei = (seed >> 8) % 8 == 0 ? 0 : leastGwei * uint48(1 + ((seed >> 11) % 3));
        rules.participantBondGwei = (seed >> 8) % 8 == 1 ? 0 : leastGwei * uint48(1 + ((seed >> 13) % 3));
    }

    function _roundS(TaskRules memory rules) private pure returns (uint256) {
        uint256 attemptS = uint256(rules.aggregateWindowS) + rules.attestWindowS;
        return uint256(rules.keyWindowS) + rules.commitWindowS + rules.attempts * attemptS;
    }

    function _leastGwei(TaskRules memory rules) private view returns (uint48) {
        uint256 leastWei = proofs.leastBondWei(rules);
        return uint48((leastWei + 1 gwei - 1) / 1 gwei);
    }

    /// @dev Puts a rule out of its range; false where it cannot.
    function _break(TaskRules memory rules, uint256 kind) private view returns (bool) {
        bool bonded = _isBonded(rules);
        if (kind == 0) rules.challengeWindowS = bonded ? 3599 : 59;
        else if (kind == 1 && bonded) rules.challengeWindowS = 1_209_601;
        else if (kind == 2) rules.commitWindowS = 0;
        else if (kind == 3) rules.aggregateWindowS = 0;
        else if (kind == 4) rules.attestWindowS = 0;
        else if (kind == 5) rules.keyWindowS = rules.mode == Mode.Transparent ? 1 : 0;
        else if (kind == 6 && bonded) rules.commitWindowS += uint24(1_209_601 - _roundS(rules));
        else if (kind == 7 && rules.aggregatorBondGwei != 0) rules.aggregatorBondGwei = _leastGwei(rules) - 1;
        else if (kind == 8 && rules.participantBondGwei != 0) rules.participantBondGwei = _leastGwei(rules) - 1;
        else if (kind == 9) rules.drawDelayBlocks = 3;
        else if (kind == 10) rules.drawDelayBlocks = 4097;
        else if (kind == 11) (rules.drawDelayBlocks, rules.participationBps) = (0, 9999);
        else if (kind == 12) rules.attestationQuorum = rules.minUpdates + 1;
        else if (kind == 13)
            rules.minUpdates = rules.mode == Mode.Transparent ? 0 : uint16(rules.mode == Mode.Masked ? 2 : 1);
        else if (kind == 14) rules.maxUpdates = 65;
        else if (kind == 15) rules.thresholdPercent = rules.mode == Mode.Masked ? 50 : 51;
        else if (kind == 16) rules.attempts = (rules.attempts % 2) * 17;
        else if (kind == 17) rules.rounds = 0;
        else return false;
        return true;
    }
}
