// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Access, Attributes} from "../types/PrivacyTypes.sol";
import {TaskRules} from "../types/TaskTypes.sol";

/// @title IAccess
/// @notice Tasks that only some members may join, by what the admin says of them. Who may read a task's blobs and audit it stands in
/// its specification, and is enforced by the nodes that hold the keys.
interface IAccess {
    /// @notice The admin said something else of an account.
    event AttributesSet(address indexed account, Attributes attributes);
    /// @notice Only these may enrol in the task; in the transaction of TaskCreated, behind it. The task's history head is then
    /// keccak256(abi.encode(head, keccak256(abi.encode(access)))), head being that of {ITasks.createTask}.
    event AccessRestricted(uint32 indexed taskId, Access access);

    /// @notice The lists have more than 32 entries or a zero, or nothing is asked for.
    error InvalidAccess();
    /// @notice The account's attributes are not those that the task asks for.
    error NotEligible(address account);

    /// @notice Sets what is said of an account, instead of what was said before. Places that it has stay its own: who is to lose them loses
    /// its role.
    ///
    /// Requirements: the caller is an admin.
    function setAttributes(address account, Attributes calldata attributes) external;

    /// @notice Creates a task that only some may join.
    ///
    /// Requirements: those of {ITasks.createTask}; the lists have at most 32 entries, none of them zero, and something is asked for
    /// ({InvalidAccess}).
    function createRestrictedTask(
        TaskRules calldata rules,
        Access calldata access,
        bytes32 modelRoot,
        bytes calldata spec
    ) external returns (uint32 taskId);

    /// @notice What is said of an account; all zero where nothing is.
    function attributesOf(address account) external view returns (Attributes memory);

    /// @notice Who may join a task; empty lists and 0 where everybody may.
    function accessOf(uint32 taskId) external view returns (Access memory);

    /// @notice Whether the account's attributes let it into the task.
    function isEligible(uint32 taskId, address account) external view returns (bool);
}
