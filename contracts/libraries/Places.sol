// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBonds} from "../interfaces/IBonds.sol";
import {ITasks} from "../interfaces/ITasks.sol";
import {RoundState, RoundStateLibrary} from "../types/RoundState.sol";
import {Enrolment, FederationStorage, Task} from "../types/TaskStorage.sol";
import {Access, Attributes, Mode, Phase} from "../types/TaskTypes.sol";
import {Entry, Records} from "./Records.sol";

/// @title Places
/// @notice The places of a task's participants and aggregators: how they are had, with a bond each, and how they are
/// left.
/// @dev Attacks considered, of those who enter:
/// - one that was expelled comes back, or one that a restricted task is not for: both are refused;
/// - a participant leaves and enrols again to renew its privacy budget: the count of its rounds stays;
/// - a bond leaves by coming back in another role: one that is still here serves the same role only;
/// - an account is told to attest its own work: it is participant or aggregator, in one slot, never both;
/// - members enter so many tasks that revoking runs out of gas: 16 tasks per account.
///
/// Of those who leave:
/// - a member whose role is revoked goes on: revoking marks it leaving in every task it is in, at once, in the slot
/// that a commitment and an assignment read anyway;
/// - a participant leaves during a round to shift the others' slots: a place is freed only between rounds;
/// - a member leaves before its misconduct is proven: its bond stays here until the last round that it can have signed
/// is past its window;
/// - leavers in such numbers that no round can open for gas: at most 32 places are freed at once, by anyone;
/// - bonds stay locked because no round can be opened any more: {Federation.freePlaces} needs none.
library Places {
    uint256 private constant MAX_AGGREGATORS = 32;
    uint256 private constant SHARE_KEY_BYTES = 96;
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

    /// @notice Gives the caller the next free place. Returns that, as its index, and the hash of what is said of it.
    function enter(
        FederationStorage storage self,
        uint32 taskId,
        bytes32 first,
        bool asAggregator
    ) internal returns (uint32 index, bytes32 attributesHash) {
        Task storage task = self.tasks[taskId];
        Records.requireTask(task, taskId, first);
        if (task.state.accepted() >= task.rules.rounds) revert ITasks.TaskComplete(taskId);
        Enrolment storage enrolment = task.enrolments[msg.sender];
        if (enrolment.place != 0) revert ITasks.AlreadyEnrolled(msg.sender);
        if (enrolment.expelled) revert ITasks.Expelled(msg.sender);
        address[] storage list = asAggregator ? task.aggregators : task.participants;
        // without a draw, everybody is in every round
        uint256 most = task.rules.drawDelayBlocks == 0 ? task.rules.maxUpdates : RoundStateLibrary.MAX_ENROLLED;
        if (list.length >= (asAggregator ? MAX_AGGREGATORS : most)) revert ITasks.TaskFull(taskId);
        if (!_replace(self.tasksOf[msg.sender], 0, taskId)) revert ITasks.TooManyTasks();
        attributesHash = _attributesHash(self, task.access);
        _takeBond(task, enrolment, asAggregator);

        // below 2^18
        index = uint32(list.length);
        list.push(msg.sender);
        enrolment.place = index + 1;
        enrolment.aggregator = asAggregator;
        enrolment.freeFrom = 0;
        if (asAggregator) return (index, attributesHash);
        enrolment.maxWeight = task.rules.maxWeight;
        enrolment.roundsPerParticipant = task.rules.roundsPerParticipant;
        enrolment.keyed = task.rules.keyWindowS != 0;
    }

    /// @notice Tells the caller's key for the shares of its next round ({ITasks.ShareKeySet}).
    function announce(Task storage task, uint32 taskId, bytes calldata shareKey) internal {
        if (shareKey.length != SHARE_KEY_BYTES || task.rules.mode != Mode.Masked) revert ITasks.InvalidShareKey();
        Records.append(task, abi.encode(Entry.ShareKey, msg.sender, keccak256(shareKey)));
        emit ITasks.ShareKeySet(taskId, msg.sender, shareKey);
    }

    /// @notice Marks an account of the task, which is not leaving, as leaving.
    function leave(FederationStorage storage self, uint32 taskId, address account) internal {
        Task storage task = self.tasks[taskId];
        mark(task, task.enrolments[account], account);
        _replace(self.tasksOf[account], taskId, 0);
        Records.append(task, abi.encode(Entry.Leaving, account));
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
    function free(FederationStorage storage self, uint32 taskId, RoundState state) internal returns (RoundState) {
        Task storage task = self.tasks[taskId];
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
        if (freed != 0) Records.append(task, abi.encode(Entry.Freed, freed));
        return state;
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
        if (enrolment.expelled) _replace(self.tasksOf[account], taskId, 0);
        emit ITasks.Left(taskId, account);
    }

    /// @dev Puts a number in the place of the first `held` of a list of tasks. Returns whether there was one.
    function _replace(uint32[16] storage list, uint32 held, uint32 taskId) private returns (bool found) {
        for (uint256 i = 0; i < 16 && !found; ++i) {
            found = list[i] == held;
            if (found) list[i] = taskId;
        }
    }

    // {Federation.enrol} and {Federation.join}, which are payable, alone lead here
    // slither-disable-next-line msg-value-in-nonpayable
    function _takeBond(Task storage task, Enrolment storage enrolment, bool asAggregator) private {
        uint256 amountWei = bondWei(task, asAggregator);
        if (enrolment.bonded) {
            if (enrolment.aggregator != asAggregator) revert IBonds.StillBonded(enrolment.freeFrom);
            amountWei = 0;
        } else if (amountWei != 0) {
            enrolment.bonded = true;
        }
        if (msg.value != amountWei) revert ITasks.WrongBond(amountWei);
    }

    /// @dev Reverts unless what is said of the caller lets it in.
    function _attributesHash(FederationStorage storage self, Access storage access) private view returns (bytes32) {
        Attributes memory held = self.attributes[msg.sender];
        if (
            held.clearance < access.clearance ||
            !_isOneOf(access.organisations, held.organisation) ||
            !_isOneOf(access.regions, held.region)
        ) revert ITasks.NotEligible(msg.sender);
        return keccak256(abi.encode(held));
    }

    /// @dev Whether a value is listed; an empty list has all.
    function _isOneOf(bytes32[] storage entries, bytes32 value) private view returns (bool) {
        uint256 count = entries.length;
        for (uint256 i = 0; i < count; ++i) if (entries[i] == value) return true;
        return count == 0;
    }
}
