// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Mode, SignedCommitment, TaskRules} from "../../../contracts/types/TaskTypes.sol";
import {IReports} from "../../../contracts/interfaces/IReports.sol";
import {ITasks} from "../../../contracts/interfaces/ITasks.sol";
import {FederationBooks, TaskBook} from "./FederationBooks.sol";

/// @title MemberActions
/// @notice What members and the admin may try, right or wrong, on four tasks: a plain one, one that draws half of its participants for
/// a few rounds each, a pipelined one with holders, and a masked one.
abstract contract MemberActions is FederationBooks {
    /// @dev After every action the task's rounds may not have gone back; the rest is compared by {mismatch}.
    modifier onTask(uint256 task) {
        _touched = _task(task);
        _;
        _checkRank(_touched);
    }

    constructor() {
        _deploy(7, 3);
        TaskRules memory rules = _rules();
        rules.attempts = 3;
        rules.rounds = 60_000;
        _rulesOf[_create(rules)] = rules;
        rules.participationBps = 5000;
        rules.roundsPerParticipant = 2;
        rules.rounds = 6;
        _rulesOf[_create(rules)] = rules;
        rules.participationBps = 10_000;
        rules.roundsPerParticipant = 0;
        rules.rounds = 60_000;
        rules.pipelined = true;
        rules.holders = 2;
        rules.minUpdates = 4;
        _rulesOf[_create(rules)] = rules;
        rules.pipelined = false;
        rules.holders = 0;
        rules.minUpdates = 3;
        rules.mode = Mode.Masked;
        rules.clipLanes = 1000;
        rules.thresholdPercent = 51;
        rules.keyWindowS = 300;
        _rulesOf[_create(rules)] = rules;
        for (uint32 taskId = 1; taskId <= TASKS; ++taskId) {
            TaskBook storage book = _tasks[taskId];
            (, , book.finalRoot, , book.head) = federation.taskState(taskId);
            for (uint256 i = 0; i < 6; ++i) {
                _enrol(taskId, participants[i]);
                _active[taskId][participants[i]] = true;
            }
        }
    }

    function enrol(uint256 who, uint256 task) external onTask(task) {
        (uint32 taskId, address one) = (_task(task), _participant(who));
        bool may =
            federation.hasRole(federation.PARTICIPANT_ROLE(), one) &&
                !_active[taskId][one] &&
                !_leaving[taskId][one] &&
                !_expelled[taskId][one] &&
                _tasks[taskId].newest < _rulesOf[taskId].rounds;
        if (_try(one, abi.encodeCall(ITasks.enrol, (taskId)), may, "enrol")) _active[taskId][one] = true;
    }

    function depart(uint256 who, uint256 task) external onTask(task) {
        (uint32 taskId, address one) = (_task(task), _participant(who));
        bool may = _active[taskId][one];
        if (_try(one, abi.encodeCall(ITasks.leaveTask, (taskId)), may, "leave")) _noteLeaving(taskId, one);
    }

    function freePlaces(uint256 task) external onTask(task) {
        uint32 taskId = _task(task);
        uint32 newest = _tasks[taskId].newest;
        bool may = !_inFlight(_rounds[taskId][newest]) && (newest < 2 || !_inFlight(_rounds[taskId][newest - 1]));
        if (_try(outsider, abi.encodeCall(ITasks.freePlaces, (taskId)), may, "freePlaces")) _noteFreed(taskId);
    }

    /// @notice Revokes one time in eight, so that the run is not only of revoked members.
    function changeRole(uint256 who, uint256 kind) external {
        address one = _participant(who);
        bytes32 role = federation.PARTICIPANT_ROLE();
        if (kind % 8 != 0) return federation.grantRole(role, one);
        federation.revokeRole(role, one);
        for (uint32 taskId = 1; taskId <= TASKS; ++taskId) _noteLeaving(taskId, one);
        _touched = _task(kind / 8);
    }

    /// @notice Never of the first aggregator, so that there is always one.
    function changeAggregator(uint256 who, uint256 kind) external {
        address one = aggregators[1 + (who % (aggregators.length - 1))];
        bytes32 role = federation.AGGREGATOR_ROLE();
        if (kind % 4 == 0) federation.revokeRole(role, one);
        else federation.grantRole(role, one);
    }

    /// @notice Reports two signed commitments, one time in four two that do not differ; only in a task's first rounds, as the expelled
    /// do not come back.
    function expel(uint256 who, uint256 task, uint256 kind) external onTask(task) {
        (uint32 taskId, address one) = (_task(task), _participant(who));
        if (who % 3 != 0) return;
        SignedCommitment memory first = SignedCommitment(5, keccak256("one"), keccak256("content"), 0, 0);
        SignedCommitment memory second = SignedCommitment(5, keccak256("one"), keccak256("content"), 0, 0);
        if (kind % 4 != 0) second.updateRoot = keccak256("two");
        uint256 key = keys[who % keys.length];
        bytes32 base = keccak256("any base");
        (first.r, first.vs) = _sign(key, federation.commitmentDigest(taskId, 1, base, first));
        (second.r, second.vs) = _sign(key, federation.commitmentDigest(taskId, 1, base, second));
        bool may = kind % 4 != 0 && (_active[taskId][one] || _leaving[taskId][one]) && !_expelled[taskId][one];
        bytes memory call = abi.encodeCall(IReports.reportEquivocation, (taskId, 1, base, first, second, 0));
        if (!_try(outsider, call, may, "expel")) return;
        _expelled[taskId][one] = true;
        _noteLeaving(taskId, one);
    }

    function _task(uint256 task) internal pure returns (uint32) {
        return uint32(1 + (task % TASKS));
    }

    function _participant(uint256 who) internal view returns (address) {
        return participants[who % participants.length];
    }
}
