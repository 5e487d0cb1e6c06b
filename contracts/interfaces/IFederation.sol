// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IBonds} from "./IBonds.sol";
import {IMembers} from "./IMembers.sol";
import {IRounds} from "./IRounds.sol";
import {ITasks} from "./ITasks.sol";
import {TaskRules} from "../types/TaskTypes.sol";

/// @title IFederation
/// @notice All calls, events and errors of a federation, at one address. What it stores is read by {extsload}; the
/// layout is a part of the interface and held by a test (node/chain/storage-layout.ts).
interface IFederation is IMembers, ITasks, IRounds, IBonds, IAccessControl, IERC5267 {
    /// @notice A call of the other code failed without a reason: what was given cannot be decoded.
    error FailedCall();
    /// @notice There is no contract at an address that the constructor was given.
    error NoCode(address account);

    /// @notice The words of these storage slots.
    function extsload(bytes32[] calldata slots) external view returns (bytes32[] memory words);

    /// @notice The rules of a task; all zero where there is none.
    function taskRules(uint32 taskId) external view returns (TaskRules memory);

    /// @notice The contract whose proofs count.
    function proofs() external view returns (address);

    /// @notice The role that grants and revokes roles.
    function DEFAULT_ADMIN_ROLE() external view returns (bytes32);
    /// @notice May create tasks.
    function TASK_CREATOR_ROLE() external view returns (bytes32);
    /// @notice May enrol in tasks.
    function PARTICIPANT_ROLE() external view returns (bytes32);
    /// @notice May join tasks as an aggregator.
    function AGGREGATOR_ROLE() external view returns (bytes32);
}
