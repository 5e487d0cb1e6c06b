// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {Enrolment, Task, UNBONDING_S} from "./FederationState.sol";
import {Members} from "./Members.sol";
import {IAccess} from "./interfaces/IAccess.sol";
import {IRounds} from "./interfaces/IRounds.sol";
import {ITasks} from "./interfaces/ITasks.sol";
import {IBonds} from "./interfaces/IBonds.sol";
import {LeastBond} from "./libraries/LeastBond.sol";
import {RulesValidation} from "./libraries/RulesValidation.sol";
import {RoundState, RoundStateLibrary} from "./types/RoundState.sol";
import {Mode, TaskRules} from "./types/TaskTypes.sol";

/// @title Tasks
/// @notice Training tasks, their immutable rules, and the places of their participants.
/// @dev Attacks considered:
/// - a participant whose role is revoked goes on committing: revoking marks it leaving in every task it is in, at once,
///   in the slot that a commitment reads anyway;
/// - a participant leaves during a round to shift the others' slots: a place is freed only when the next round opens;
/// - a participant leaves and enrols again to renew its privacy budget: the count of its rounds stays;
/// - a participant leaves before its misconduct is proven: its bond stays locked until its place is freed, at an opening when no
///   round is in flight, and takes 14 days to leave from then on;
/// - the bond of one that left stays locked because no round can be opened any more: {freePlaces} needs none;
/// - one that was expelled comes back, or one that a restricted task is not for: {enrol} refuses it;
/// - members enrol in so many tasks, or leave in such numbers, that revoking or opening runs out of gas: 16 tasks per
///   account, and at most 32 places freed per opening, bound both.
abstract contract Tasks is Members, ITasks {
    using EnumerableSet for EnumerableSet.UintSet;

    uint256 private constant MAX_SPEC_BYTES = 8192;
    uint256 private constant MAX_TASKS_PER_PARTICIPANT = 16;
    uint256 private constant MAX_FREED_PER_OPENING = 32;

    /// @inheritdoc ITasks
    uint32 public taskCount;

    /// @inheritdoc ITasks
    function createTask(
        TaskRules calldata rules,
        bytes32 modelRoot,
        bytes calldata spec
    ) external onlyRole(TASK_CREATOR_ROLE) returns (uint32 taskId) {
        RulesValidation.validate(rules);
        if (rules.aggregatorBondGwei != 0 || rules.participantBondGwei != 0) _checkBonds(rules);
        if (spec.length == 0 || spec.length > MAX_SPEC_BYTES) revert InvalidSpec();
        if (modelRoot == 0) revert IRounds.InvalidRoot();
        taskId = ++taskCount;
        Task storage task = _tasks[taskId];
        task.rules = rules;
        task.modelRoot = modelRoot;
        task.historyHead = keccak256(
            abi.encode(block.chainid, address(this), taskId, keccak256(abi.encode(rules)), modelRoot, keccak256(spec))
        );
        emit TaskCreated(taskId, msg.sender, rules, modelRoot, spec);
    }

    /// @inheritdoc ITasks
    function enrol(uint32 taskId) external onlyRole(PARTICIPANT_ROLE) {
        Task storage task = _tasks[taskId];
        uint16 rounds = task.rules.rounds;
        if (rounds == 0) revert UnknownTask(taskId);
        if (_newest(task).round() >= rounds) revert TaskComplete(taskId);
        Enrolment storage enrolment_ = task.enrolments[msg.sender];
        if (enrolment_.place != 0) revert AlreadyEnrolled(msg.sender);
        if (enrolment_.expelled) revert Expelled(msg.sender);
        if (_tasksOf[msg.sender].length() >= MAX_TASKS_PER_PARTICIPANT) revert TooManyTasks();
        // asked as anyone would ask it: the answer is {Privacy}'s
        if (task.restricted && !IAccess(address(this)).isEligible(taskId, msg.sender)) {
            revert IAccess.NotEligible(msg.sender);
        }
        uint256 index = task.participants.length;
        if (index >= RoundStateLibrary.MAX_ENROLLED) revert TaskFull(taskId);
        task.participants.push(msg.sender);
        // index < 2^18
        enrolment_.place = uint32(index + 1);
        enrolment_.maxWeight = task.rules.maxWeight;
        enrolment_.roundsPerParticipant = task.rules.roundsPerParticipant;
        enrolment_.keyed = task.rules.keyWindowS != 0;
        // it is new: whoever has no place in the task does not have it in this set
        // slither-disable-next-line unused-return
        _tasksOf[msg.sender].add(taskId);
        uint256 bondWei = task.rules.participantBondGwei * GWEI;
        if (bondWei != 0) {
            uint256 freeWei = _accounts[msg.sender].freeWei;
            if (freeWei < bondWei) revert IBonds.BondTooSmall(freeWei);
            enrolment_.bonded = true;
            _lock(taskId, 0, msg.sender, bondWei);
        }
        emit Enrolled(taskId, msg.sender, uint32(index));
    }

    /// @inheritdoc ITasks
    function leaveTask(uint32 taskId) external {
        if (!_tasksOf[msg.sender].contains(taskId)) revert NotEnrolled(msg.sender);
        _leave(_tasks[taskId], taskId, msg.sender);
    }

    /// @inheritdoc ITasks
    function freePlaces(uint32 taskId) external {
        Task storage task = _existing(taskId);
        for (uint256 i = 0; i < 2; ++i) {
            RoundState state = task.rounds[i].state;
            if (_inFlight(state)) revert IRounds.WrongPhase(state.phase());
        }
        _freePlaces(taskId, task);
    }

    /// @dev Losing the participant's role, by whatever road, ends all its enrolments.
    function _revokeRole(bytes32 role, address account) internal virtual override returns (bool revoked) {
        revoked = super._revokeRole(role, account);
        if (revoked && role == PARTICIPANT_ROLE) {
            EnumerableSet.UintSet storage tasksOf = _tasksOf[account];
            for (uint256 left = tasksOf.length(); left != 0; --left) {
                // task numbers are uint32
                uint32 taskId = uint32(tasksOf.at(left - 1));
                _leave(_tasks[taskId], taskId, account);
            }
        }
    }

    /// @dev Frees the places of those who left, at most MAX_FREED_PER_OPENING; the last participant moves into a freed place.
    /// Only to be called while no round is running. Returns the number of places.
    function _freePlaces(uint32 taskId, Task storage task) internal returns (uint256 places) {
        places = task.participants.length;
        uint256 waiting = task.leavers.length;
        uint256 stop = waiting > MAX_FREED_PER_OPENING ? waiting - MAX_FREED_PER_OPENING : 0;
        for (; waiting != stop; --waiting) {
            address leaver = task.leavers[waiting - 1];
            task.leavers.pop();
            Enrolment storage left = task.enrolments[leaver];
            uint32 place = left.place;
            // roundsCommitted stays: enrolling again must not renew the budget
            left.place = 0;
            left.leaving = false;
            if (left.bonded) {
                left.bonded = false;
                _release(taskId, 0, leaver, task.rules.participantBondGwei * GWEI);
            }
            emit Left(taskId, leaver);
            address last = task.participants[--places];
            task.participants.pop();
            if (last != leaver) {
                task.participants[place - 1] = last;
                task.enrolments[last].place = place;
                emit Enrolled(taskId, last, place - 1);
            }
        }
    }

    /// @dev Both bonds are 0 or cover the dearest proof; they outlast the window in which they answer.
    function _checkBonds(TaskRules calldata rules) private pure {
        uint256 leastWei =
            rules.mode == Mode.Masked
                ? LeastBond.maskedWei(rules.parameterCount, rules.maxUpdates, rules.neighbours)
                : LeastBond.plainWei(rules.parameterCount, rules.maxUpdates);
        if (
            (rules.aggregatorBondGwei != 0 && rules.aggregatorBondGwei * GWEI < leastWei) ||
            (rules.participantBondGwei != 0 && rules.participantBondGwei * GWEI < leastWei)
        ) revert InvalidBond(leastWei);
        if (rules.challengeWindowS >= UNBONDING_S) revert ChallengeWindowTooLong();
    }
}
