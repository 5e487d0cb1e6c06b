// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TaskRules} from "../types/TaskTypes.sol";

/// @title ITasks
/// @notice Training tasks, their immutable rules, and who takes part in each.
interface ITasks {
    /// @notice A task was created.
    /// @param taskId Number of the task, from 1.
    /// @param creator Who created it.
    /// @param rules Its rules, enforced by this contract.
    /// @param modelRoot Chunk tree root of the initial model.
    /// @param spec The task's specification: canonical JSON (RFC 8785), see docs/protocol.md.
    event TaskCreated(uint32 indexed taskId, address indexed creator, TaskRules rules, bytes32 modelRoot, bytes spec);
    /// @notice A participant has this place in the task's list. Emitted on enrolment and again when it moves.
    event Enrolled(uint32 indexed taskId, address indexed participant, uint32 index);
    /// @notice A participant asked to leave or lost its role: it can no longer commit; its place is freed at the next opening.
    event Leaving(uint32 indexed taskId, address indexed participant);
    /// @notice A participant's place was freed.
    event Left(uint32 indexed taskId, address indexed participant);

    /// @notice No task has this number.
    error UnknownTask(uint32 taskId);
    /// @notice A rule is out of range; `field` is its place in {TaskRules}, from 0.
    error InvalidRule(uint8 field);
    /// @notice maxUpdates * maxWeight * clipLanes does not fit the exact arithmetic (2^52; masked 2^31, encrypted 2^29).
    error WeightOverflow();
    /// @notice The specification is empty or longer than 8192 bytes.
    error InvalidSpec();
    /// @notice A bond is below the task's least.
    error InvalidBond(uint256 leastWei);
    /// @notice The challenge window of a task with a bond must be shorter than the unbonding time (14 days).
    error ChallengeWindowTooLong();
    /// @notice The account was expelled from this task for misconduct.
    error Expelled(address participant);
    /// @notice Already enrolled in this task, or still leaving it.
    error AlreadyEnrolled(address participant);
    /// @notice Not enrolled in this task, or leaving it.
    error NotEnrolled(address participant);
    /// @notice A participant can be in 16 tasks at once.
    error TooManyTasks();
    /// @notice The task has no place left (2^18 - 1).
    error TaskFull(uint32 taskId);
    /// @notice The task has run all its rounds.
    error TaskComplete(uint32 taskId);

    /// @notice Creates a task.
    ///
    /// Requirements:
    /// - the caller has TASK_CREATOR_ROLE;
    /// - every rule is in its range ({InvalidRule}, {WeightOverflow}); bonds are at least {ITaskViews.leastBondWei}, masked {ITaskViews.leastMaskedBondWei} ({InvalidBond}), and the
    ///   challenge window of a task with bonds is shorter than the unbonding time ({ChallengeWindowTooLong});
    /// - the specification has 1 to 8192 bytes ({InvalidSpec});
    /// - the root of the initial model is not zero ({IRounds.InvalidRoot}).
    function createTask(
        TaskRules calldata rules,
        bytes32 modelRoot,
        bytes calldata spec
    ) external returns (uint32 taskId);

    /// @notice Takes part in a task from its next round on.
    ///
    /// Requirements:
    /// - the caller has PARTICIPANT_ROLE;
    /// - the task exists ({UnknownTask}), has rounds left to open ({TaskComplete}) and a place left ({TaskFull});
    /// - the caller is not in it ({AlreadyEnrolled}), was not expelled from it ({Expelled}) and is in fewer than 16 tasks ({TooManyTasks});
    /// - where the task is restricted, the caller's attributes let it in ({IAccess.NotEligible});
    /// - its free bond covers the task's participant bond ({IBonds.BondTooSmall}), which is locked until its place is freed.
    function enrol(uint32 taskId) external;

    /// @notice Leaves a task: no more commitments from now on; the place is freed when the next round opens.
    function leaveTask(uint32 taskId) external;

    /// @notice Frees the places of participants that left, at most 32, and their bonds, as the next opening would: for a task that
    /// has no further opening, because it is complete or too few are left.
    ///
    /// Requirements: the task exists ({UnknownTask}), no round is in flight ({IRounds.WrongPhase}).
    function freePlaces(uint32 taskId) external;

    /// @notice Number of tasks so far.
    function taskCount() external view returns (uint32);
}
