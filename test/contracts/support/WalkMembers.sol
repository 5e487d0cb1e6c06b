// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RoundState} from "../../../contracts/types/RoundState.sol";
import {Access, Mode, TaskRules} from "../../../contracts/types/TaskTypes.sol";
import {Calls} from "./Calls.sol";
import {WalkBook} from "./WalkBook.sol";

/// @title WalkMembers
/// @notice What members, the admin and time may do to tasks and places, in whatever order.
abstract contract WalkMembers is WalkBook {
    /// @dev Of the windows' lengths, the least and some longer ones.
    function _window(uint256 seed) private pure returns (uint24) {
        uint24[5] memory lengths = [uint24(1), 40, 600, 7200, 86_400];
        return lengths[seed % 5];
    }

    /// @notice Creates a task: transparent or masked, with or without bonds and budgets, its windows from the least to
    /// long ones; one time in eight with a window out of range.
    function create(uint256 kind, uint256 windows) public {
        if (taskCount == MAX_TASKS) return;
        TaskRules memory rules = _rules(kind, windows);
        bool isBonded = rules.aggregatorBondGwei != 0;
        bool outOfRange = kind % 8 == 7;
        if (outOfRange) rules.challengeWindowS = isBonded ? (windows % 2 == 0 ? 3599 : 1_209_601) : 59;
        Access memory access;
        uint32 taskId = taskCount + 1;
        bytes memory call = abi.encodeCall(Calls.createTask, (rules, access, _initialRoot(taskId), "{}", ""));
        (bool ok, ) = address(federation).call(call);
        _expect(ok, !outOfRange, "creation");
        if (!ok) return;
        taskCount = taskId;
        rulesOf[taskId] = rules;
        ++done["create"];
    }

    function _rules(uint256 kind, uint256 windows) private view returns (TaskRules memory rules) {
        bool masked = (kind >> 3) % 2 == 1;
        rules.mode = masked ? Mode.Masked : Mode.Transparent;
        rules.fractionBits = 16;
        rules.attempts = uint8(1 + ((kind >> 4) % 3));
        rules.parameterCount = 1000;
        rules.clipLanes = 1000;
        rules.maxWeight = 1000;
        rules.serverRateQ16 = 65_536;
        rules.rounds = uint16(1 + ((kind >> 6) % 8));
        rules.minUpdates = masked ? 3 : uint16(1 + ((kind >> 8) % 3));
        rules.maxUpdates = 6;
        rules.participationBps = 10_000;
        rules.roundsPerParticipant = (kind >> 10) % 4 == 1 ? 2 : 0;
        rules.thresholdPercent = masked ? 51 : 0;
        rules.attestationQuorum = 1;
        rules.commitWindowS = _window(windows);
        rules.aggregateWindowS = _window(windows >> 8);
        rules.attestWindowS = _window(windows >> 16);
        rules.keyWindowS = masked ? _window(windows >> 24) : 0;
        rules.challengeWindowS = (kind >> 12) % 2 == 0 ? 3600 : 1_209_600;
        if ((kind >> 14) % 4 == 0) {
            rules.challengeWindowS = (kind >> 12) % 2 == 0 ? 60 : type(uint24).max;
            rules.commitWindowS = (kind >> 16) % 4 == 0 ? type(uint24).max : rules.commitWindowS;
            return rules;
        }
        uint48 bondGwei = uint48(Calls(federation.proofs()).leastBondWei(rules) / 1 gwei);
        rules.aggregatorBondGwei = bondGwei;
        rules.participantBondGwei = bondGwei;
    }

    /// @notice Takes a place, as the account's role says, with the bond that is due; the outsider never gets one.
    function enter(uint256 who, uint256 task) public {
        uint32 taskId = _task(task);
        if (taskId == 0) return;
        uint256 i = who % (ACCOUNTS + 1);
        if (i == ACCOUNTS) {
            bytes memory call = abi.encodeCall(Calls.enrol, (taskId, _first(taskId), 0, ""));
            return _expect(_try(outsider, address(federation), call, 0), false, "an outsider has a place");
        }
        TaskRules storage rules = rulesOf[taskId];
        uint256 enrolment = _enrolmentOf(taskId, accounts[i]);
        uint256 due = uint256(i < PARTICIPANTS ? rules.participantBondGwei : rules.aggregatorBondGwei) * 1 gwei;
        if (_has(enrolment, 184)) due = 0;
        bytes memory entering =
            i < PARTICIPANTS
                ? abi.encodeCall(Calls.enrol, (taskId, _first(taskId), 0, ""))
                : abi.encodeCall(Calls.join, (taskId, _first(taskId)));
        bool may =
            federation.hasRole(_roleOf(i), accounts[i]) &&
                uint32(enrolment) == 0 &&
                !_has(enrolment, 192) &&
                _stateOf(taskId).accepted() < rules.rounds;
        bool ok = _try(accounts[i], address(federation), entering, due);
        _expect(ok, may, "entering");
        if (ok) ++done["enter"];
    }

    function depart(uint256 who, uint256 task) public {
        uint32 taskId = _task(task);
        address account = accounts[who % ACCOUNTS];
        bool may = _isIn(taskId, account);
        _expect(_call(account, abi.encodeCall(Calls.leave, (taskId, _first(taskId))), "leave"), may, "leaving");
    }

    /// @notice The admin revokes an account's role, mostly to give it back; one time in eight everybody's.
    function revoke(uint256 who, uint256 kind) public {
        uint256 least = kind % 16 == 0 ? 0 : who % ACCOUNTS;
        uint256 most = kind % 16 == 0 ? ACCOUNTS : least + 1;
        for (uint256 i = least; i < most; ++i) federation.revokeRole(_roleOf(i), accounts[i]);
        ++done["revoke"];
        if (kind % 2 == 0) return;
        for (uint256 i = least; i < most; ++i) federation.grantRole(_roleOf(i), accounts[i]);
    }

    function grantAll() public {
        for (uint256 i = 0; i < ACCOUNTS; ++i) federation.grantRole(_roleOf(i), accounts[i]);
    }

    function resume(uint256 who, uint256 task) public {
        _call(accounts[who % ACCOUNTS], abi.encodeCall(Calls.resume, (_task(task))), "resume");
    }

    function free(uint256 task) public {
        uint32 taskId = _task(task);
        if (taskId == 0) return;
        bool may = !_stateOf(taskId).inFlight();
        _expect(_call(outsider, abi.encodeCall(Calls.freePlaces, (taskId)), "free"), may, "freeing");
    }

    /// @notice A bond leaves exactly when its owner has no place, is not expelled, and its time is over: not one second
    /// before.
    function release(uint256 who, uint256 task) public {
        uint32 taskId = _task(task);
        address account = accounts[who % ACCOUNTS];
        uint256 enrolment = _enrolmentOf(taskId, account);
        uint256 from = uint40(enrolment >> 128);
        if (from != 0) from -= (who >> 8) % 2;
        if (_has(enrolment, 184) && uint32(enrolment) == 0 && from > block.timestamp) vm.warp(from);
        bool may = _has(enrolment, 184) && uint32(enrolment) == 0 && block.timestamp >= uint40(enrolment >> 128);
        _expect(_call(outsider, abi.encodeCall(Calls.releaseBond, (taskId, account)), "release"), may, "releasing");
    }

    function withdraw(uint256 who) public {
        uint256 i = who % (ACCOUNTS + 1);
        address account = i == ACCOUNTS ? outsider : accounts[i];
        bool may = _creditOf(account) != 0;
        _expect(_call(account, abi.encodeCall(Calls.withdraw, ()), "withdraw"), may, "withdrawing");
    }

    function wait(uint256 seconds_) public {
        vm.warp(block.timestamp + bound(seconds_, 1, 100_000));
    }

    /// @notice To the last second of a task's step, or of its newest word's window, or one second behind it.
    function waitFor(uint256 task, uint256 kind) public {
        uint32 taskId = _task(task);
        RoundState state = _stateOf(taskId);
        uint256 time = state.deadline();
        if (kind % 4 > 1) time = books[taskId][state.round()].acceptedAt + rulesOf[taskId].challengeWindowS;
        time += kind % 2;
        if (time > block.timestamp) vm.warp(time);
    }

    /// @dev One of the two newest tasks, now and then an older one; 0 where there is none.
    function _task(uint256 task) internal view returns (uint32) {
        if (taskCount == 0) return 0;
        uint256 reach = task % 8 == 0 || taskCount < 2 ? taskCount : 2;
        return uint32(taskCount - ((task >> 3) % reach));
    }
}
