// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITasks} from "../interfaces/ITasks.sol";
import {RoundState} from "../types/RoundState.sol";
import {Enrolment, FederationStorage, Task} from "../types/TaskStorage.sol";
import {Phase} from "../types/TaskTypes.sol";
import {History} from "./History.sol";

/// @title Places
/// @notice The places of a task's participants and aggregators, and how they are left.
/// @dev Attacks considered:
/// - a member whose role is revoked goes on: revoking marks it leaving in every task it is in, at once, in the slot
/// that a commitment and an assignment read anyway;
/// - a participant leaves during a round to shift the others' slots: a place is freed only between rounds;
/// - a member leaves before its misconduct is proven: its bond stays here until the last round that it can have signed
/// is past its window;
/// - leavers in such numbers that no round can open for gas: at most 32 places are freed at once, by anyone;
/// - bonds stay locked because no round can be opened any more: {ITasks.freePlaces} needs none.
library Places {
    uint256 private constant MAX_FREED = 32;
    /// @dev Marks an aggregator's place among the leavers.
    uint32 private constant AGGREGATOR = 1 << 31;

    /// @notice What is kept of an account that is in the task and not leaving; else it reverts.
    function requireMember(Task storage task, address account) internal view returns (Enrolment storage enrolment) {
        enrolment = task.enrolments[account];
        if (enrolment.place == 0 || enrolment.leaving) revert ITasks.NotEnrolled(account);
    }

    /// @notice The bond of one place, in wei.
    function bondWei(Task storage task, bool ofAggregator) internal view returns (uint256) {
        return uint256(ofAggregator ? task.rules.aggregatorBondGwei : task.rules.participantBondGwei) * 1 gwei;
    }

    /// @notice Marks an account of the task, which is not leaving, as leaving.
    function leave(FederationStorage storage self, uint32 taskId, address account) internal {
        Task storage task = self.tasks[taskId];
        mark(task, task.enrolments[account], account);
        forget(self, taskId, account);
        task.historyHead = keccak256(abi.encode(task.historyHead, History.LEAVING, account));
        emit ITasks.Leaving(taskId, account);
    }

    /// @notice Notes that a place, whose account is not leaving yet, is to be freed. An assignment ends.
    function mark(Task storage task, Enrolment storage enrolment, address account) internal {
        enrolment.leaving = true;
        uint32 hint = enrolment.place;
        if (enrolment.aggregator) {
            hint |= AGGREGATOR;
            bool isAssigned = task.pending == bytes32(uint256(uint160(account)));
            if (isAssigned && task.state.phase() == Phase.Aggregating) task.pending = 0;
        }
        task.leavers.push(hint);
    }

    /// @notice Frees the places of those who left, at most MAX_FREED; the last of the list moves into a freed place,
    /// with its bit among the idle aggregators. Only while no round is in flight. Returns the state, which is not
    /// written.
    function free(
        FederationStorage storage self,
        Task storage task,
        uint32 taskId,
        RoundState state
    ) internal returns (RoundState) {
        uint256 waiting = task.leavers.length;
        uint256 freed = 0;
        for (uint256 step = 0; step < MAX_FREED && waiting != 0; ++step) {
            uint32 hint = task.leavers[waiting - 1];
            bool ofAggregator = hint >= AGGREGATOR;
            address[] storage list = ofAggregator ? task.aggregators : task.participants;
            uint256 last = list.length;
            uint256 index = (hint & ~AGGREGATOR) - 1;
            bool isStale = index >= last || !task.enrolments[list[index]].leaving;
            if (!isStale) {
                address account = list[--last];
                if (!task.enrolments[account].leaving) {
                    // the last moves into the place; were it leaving itself, it would be freed first, and its place
                    // never moves
                    task.enrolments[account].place = uint32(index + 1);
                    (list[index], account) = (account, list[index]);
                    if (ofAggregator) state = state.withIdle(index, state.isIdle(last));
                    isStale = true;
                }
                list.pop();
                if (ofAggregator) state = state.withIdle(last, false);
                _release(self, task, taskId, account);
                ++freed;
            }
            if (isStale) {
                task.leavers.pop();
                --waiting;
            }
        }
        if (freed != 0) task.historyHead = keccak256(abi.encode(task.historyHead, History.FREED, freed));
        return state;
    }

    /// @notice Takes a task from those of an account.
    function forget(FederationStorage storage self, uint32 taskId, address account) internal {
        uint32[16] storage list = self.tasksOf[account];
        for (uint256 i = 0; i < 16; ++i) {
            if (list[i] == taskId) {
                list[i] = 0;
                return;
            }
        }
    }

    /// @dev The account of a freed place. Its bond stays for one window: the last round that it can have signed was
    /// accepted by now.
    function _release(FederationStorage storage self, Task storage task, uint32 taskId, address account) private {
        Enrolment storage enrolment = task.enrolments[account];
        // roundsCommitted stays: enrolling again must not renew the budget
        enrolment.place = 0;
        enrolment.leaving = false;
        // a word of this very second is provable until now + window, that second included
        if (enrolment.bonded) enrolment.freeFrom = uint40(block.timestamp + task.rules.challengeWindowS + 1);
        // who was expelled is still listed
        if (enrolment.expelled) forget(self, taskId, account);
        emit ITasks.Left(taskId, account);
    }
}
