// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBonds} from "../interfaces/IBonds.sol";
import {ITasks} from "../interfaces/ITasks.sol";
import {Access, Attributes} from "../types/PrivacyTypes.sol";
import {RoundStateLibrary} from "../types/RoundState.sol";
import {Enrolment, FederationStorage, Task} from "../types/TaskStorage.sol";
import {Mode} from "../types/TaskTypes.sol";
import {History} from "./History.sol";
import {Places} from "./Places.sol";
import {Records} from "./Records.sol";

/// @title Entering
/// @notice Gives a member the next free place in a task, as a participant or as an aggregator, and keeps its bond.
/// @dev Attacks considered:
/// - one that was expelled comes back, or one that a restricted task is not for: both are refused;
/// - a participant leaves and enrols again to renew its privacy budget: the count of its rounds stays;
/// - a bond leaves by coming back in another role: one that is still here serves the same role only;
/// - an account is told to attest its own work: it is participant or aggregator, in one slot, never both;
/// - an entering lands, after a reorganisation, in another task of the same number: it names the head that its task
/// began with;
/// - members enter so many tasks that revoking runs out of gas: 16 tasks per account.
library Entering {
    using Records for Task;

    uint256 private constant MAX_TASKS = 16;
    uint256 private constant MAX_AGGREGATORS = 32;
    uint256 private constant SHARE_KEY_BYTES = 96;

    /// @notice The caller's place, as its index, and the hash of what is said of it.
    function enter(
        FederationStorage storage self,
        Task storage task,
        uint32 taskId,
        bytes32 first,
        bool asAggregator
    ) internal returns (uint32 index, bytes32 attributesHash) {
        task.requireTask(taskId, first);
        if (task.state.accepted() >= task.rules.rounds) revert ITasks.TaskComplete(taskId);
        Enrolment storage enrolment = task.enrolments[msg.sender];
        if (enrolment.place != 0) revert ITasks.AlreadyEnrolled(msg.sender);
        if (enrolment.expelled) revert ITasks.Expelled(msg.sender);
        address[] storage list = asAggregator ? task.aggregators : task.participants;
        if (list.length >= _most(task, asAggregator)) revert ITasks.TaskFull(taskId);
        _remember(self, taskId);
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
        task.historyHead = keccak256(abi.encode(task.historyHead, History.SHARE_KEY, msg.sender, keccak256(shareKey)));
        emit ITasks.ShareKeySet(taskId, msg.sender, shareKey);
    }

    function _most(Task storage task, bool asAggregator) private view returns (uint256) {
        if (asAggregator) return MAX_AGGREGATORS;
        // without a draw, everybody is in every round
        return task.rules.drawDelayBlocks == 0 ? task.rules.maxUpdates : RoundStateLibrary.MAX_ENROLLED;
    }

    // {ITasks.enrol} and {ITasks.join}, which are payable, alone lead here
    // slither-disable-next-line msg-value-in-nonpayable
    function _takeBond(Task storage task, Enrolment storage enrolment, bool asAggregator) private {
        uint256 bondWei = Places.bondWei(task, asAggregator);
        if (enrolment.bonded) {
            if (enrolment.aggregator != asAggregator) revert IBonds.StillBonded(enrolment.freeFrom);
            bondWei = 0;
        } else if (bondWei != 0) {
            enrolment.bonded = true;
        }
        if (msg.value != bondWei) revert ITasks.WrongBond(bondWei);
    }

    function _remember(FederationStorage storage self, uint32 taskId) private {
        uint32[16] storage list = self.tasksOf[msg.sender];
        for (uint256 i = 0; i < MAX_TASKS; ++i) {
            if (list[i] == 0) {
                list[i] = taskId;
                return;
            }
        }
        revert ITasks.TooManyTasks();
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
