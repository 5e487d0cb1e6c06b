// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {Members} from "./Members.sol";
import {IRounds} from "./interfaces/IRounds.sol";
import {ITasks} from "./interfaces/ITasks.sol";
import {Bonds} from "./Bonds.sol";
import {ChunkTree} from "./libraries/ChunkTree.sol";
import {RulesValidation} from "./libraries/RulesValidation.sol";
import {RoundState, RoundStateLibrary} from "./types/RoundState.sol";
import {TaskRules} from "./types/TaskTypes.sol";

/// @title Tasks
/// @notice Training tasks, their immutable rules, and the places of their participants.
/// @dev Attacks considered:
/// - a participant whose role is revoked goes on committing: revoking marks it leaving in every task it is in, at once,
///   in the slot that a commitment reads anyway;
/// - a participant leaves during a round to shift the others' slots: a place is freed only when the next round opens;
/// - a participant leaves and enrols again to renew its privacy budget: the count of its rounds stays;
/// - members enrol in so many tasks, or leave in such numbers, that revoking or opening runs out of gas: 16 tasks per
///   account, and at most 32 places freed per opening, bound both.
abstract contract Tasks is Members, Bonds, ITasks {
    using EnumerableSet for EnumerableSet.UintSet;

    /// @dev A participant in a task, in one slot. The two rules a commitment needs are copied here, as rules never change.
    /// `place` is the index plus 1; 0 is not enrolled. `roundsCommitted` counts only where the task limits it, and
    /// outlasts leaving.
    struct Enrolment {
        uint32 place;
        uint32 maxWeight;
        uint16 roundsPerParticipant;
        uint16 roundsCommitted;
        bool leaving;
    }

    /// @dev `pending` is the assigned aggregator's address while Aggregating, and the proposal's hash while Proposed: the
    /// proposal names its aggregator, so that one slot serves both. `bonded` is whose bond answers for the running round;
    /// zero while none does.
    struct Task {
        TaskRules rules;
        RoundState state;
        bytes32 accumulator;
        bytes32 modelRoot;
        bytes32 historyHead;
        bytes32 pending;
        uint96 bondWei;
        address bonded;
        address[] participants;
        address[] leavers;
        mapping(address participant => Enrolment) enrolments;
    }

    uint256 private constant MAX_SPEC_BYTES = 8192;
    uint256 private constant MAX_TASKS_PER_PARTICIPANT = 16;
    uint256 private constant MAX_FREED_PER_OPENING = 32;
    /// @dev The dearest proof: a transaction's own cost, the parts that do not grow with the updates, and for each update its
    /// commitment (160 bytes), chunk and path at 40 gas a byte, the most that calldata costs.
    uint256 private constant PROOF_BASE_GAS = 250_000;
    uint256 private constant CALLDATA_BYTE_GAS = 40;
    uint256 private constant COMMITMENT_BYTES = 160;
    uint256 private constant STRESS_GAS_PRICE_WEI = 100 gwei;
    uint256 private constant BOND_PER_PROOF = 3;

    /// @inheritdoc ITasks
    uint32 public taskCount;
    mapping(uint32 taskId => Task) internal _tasks;
    mapping(address participant => EnumerableSet.UintSet taskIds) private _tasksOf;

    /// @inheritdoc ITasks
    function createTask(
        TaskRules calldata rules,
        bytes32 modelRoot,
        bytes calldata spec
    ) external returns (uint32 taskId) {
        taskId = _create(rules, modelRoot, spec, 0);
    }

    /// @inheritdoc ITasks
    function createBondedTask(
        TaskRules calldata rules,
        bytes32 modelRoot,
        bytes calldata spec,
        uint256 bondWei
    ) external returns (uint32 taskId) {
        // truncated only where the check below reverts; it comes after the rules' own
        taskId = _create(rules, modelRoot, spec, uint96(bondWei));
        uint256 leastWei = leastBondWei(rules.parameterCount, rules.maxUpdates);
        if (bondWei < leastWei || bondWei > type(uint96).max) revert InvalidBond(leastWei);
        if (rules.challengeWindowS >= UNBONDING_S) revert ChallengeWindowTooLong();
    }

    /// @inheritdoc ITasks
    function enrol(uint32 taskId) external onlyRole(PARTICIPANT_ROLE) {
        Task storage task = _tasks[taskId];
        uint16 rounds = task.rules.rounds;
        if (rounds == 0) revert UnknownTask(taskId);
        if (task.state.round() >= rounds) revert TaskComplete(taskId);
        Enrolment storage enrolment_ = task.enrolments[msg.sender];
        if (enrolment_.place != 0) revert AlreadyEnrolled(msg.sender);
        if (_tasksOf[msg.sender].length() >= MAX_TASKS_PER_PARTICIPANT) revert TooManyTasks();
        uint256 index = task.participants.length;
        if (index >= RoundStateLibrary.MAX_ENROLLED) revert TaskFull(taskId);
        task.participants.push(msg.sender);
        // index < 2^18
        enrolment_.place = uint32(index + 1);
        enrolment_.maxWeight = task.rules.maxWeight;
        enrolment_.roundsPerParticipant = task.rules.roundsPerParticipant;
        _tasksOf[msg.sender].add(taskId);
        emit Enrolled(taskId, msg.sender, uint32(index));
    }

    /// @inheritdoc ITasks
    function leaveTask(uint32 taskId) external {
        if (!_tasksOf[msg.sender].contains(taskId)) revert NotEnrolled(msg.sender);
        _leave(taskId, msg.sender);
    }

    /// @inheritdoc ITasks
    function taskRules(uint32 taskId) external view returns (TaskRules memory) {
        return _existing(taskId).rules;
    }

    /// @inheritdoc ITasks
    function taskBond(uint32 taskId) external view returns (uint256 bondWei) {
        return _existing(taskId).bondWei;
    }

    /// @inheritdoc ITasks
    function leastBondWei(uint32 parameterCount, uint16 maxUpdates) public pure returns (uint256) {
        uint256 updateBytes = COMMITMENT_BYTES + ChunkTree.CHUNK_BYTES + 32 * ChunkTree.depth(parameterCount);
        return BOND_PER_PROOF * STRESS_GAS_PRICE_WEI * (PROOF_BASE_GAS + maxUpdates * updateBytes * CALLDATA_BYTE_GAS);
    }

    /// @inheritdoc ITasks
    function enrolment(
        uint32 taskId,
        address participant
    ) external view returns (bool enrolled, uint32 index, bool leaving, uint16 roundsCommitted) {
        Enrolment storage enrolment_ = _existing(taskId).enrolments[participant];
        enrolled = enrolment_.place != 0;
        index = enrolled ? enrolment_.place - 1 : 0;
        leaving = enrolment_.leaving;
        roundsCommitted = enrolment_.roundsCommitted;
    }

    /// @inheritdoc ITasks
    function participants(uint32 taskId) external view returns (address[] memory) {
        return _existing(taskId).participants;
    }

    /// @dev Losing the participant's role, by whatever road, ends all its enrolments.
    function _revokeRole(bytes32 role, address account) internal virtual override returns (bool revoked) {
        revoked = super._revokeRole(role, account);
        if (revoked && role == PARTICIPANT_ROLE) {
            EnumerableSet.UintSet storage tasksOf = _tasksOf[account];
            for (uint256 left = tasksOf.length(); left != 0; --left) {
                // task numbers are uint32
                _leave(uint32(tasksOf.at(left - 1)), account);
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
            uint32 place = task.enrolments[leaver].place;
            // roundsCommitted stays: enrolling again must not renew the budget
            task.enrolments[leaver].place = 0;
            task.enrolments[leaver].leaving = false;
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

    function _existing(uint32 taskId) internal view returns (Task storage task) {
        task = _tasks[taskId];
        if (task.rules.rounds == 0) revert UnknownTask(taskId);
    }

    /// @dev A bond of 0 is none.
    function _create(
        TaskRules calldata rules,
        bytes32 modelRoot,
        bytes calldata spec,
        uint96 bondWei
    ) private onlyRole(TASK_CREATOR_ROLE) returns (uint32 taskId) {
        RulesValidation.validate(rules);
        if (spec.length == 0 || spec.length > MAX_SPEC_BYTES) revert InvalidSpec();
        if (modelRoot == 0) revert IRounds.InvalidRoot();
        taskId = ++taskCount;
        Task storage task = _tasks[taskId];
        task.rules = rules;
        task.modelRoot = modelRoot;
        bytes32 head = keccak256(
            abi.encode(block.chainid, address(this), taskId, keccak256(abi.encode(rules)), modelRoot, keccak256(spec))
        );
        emit TaskCreated(taskId, msg.sender, rules, modelRoot, spec);
        if (bondWei != 0) {
            task.bondWei = bondWei;
            head = keccak256(abi.encode(head, bondWei));
            emit TaskBond(taskId, bondWei);
        }
        task.historyHead = head;
    }

    function _leave(uint32 taskId, address participant) private {
        Task storage task = _tasks[taskId];
        task.enrolments[participant].leaving = true;
        task.leavers.push(participant);
        _tasksOf[participant].remove(taskId);
        emit Leaving(taskId, participant);
    }
}
