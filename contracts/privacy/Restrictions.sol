// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {FederationState, Task} from "../FederationState.sol";
import {IAccess} from "../interfaces/IAccess.sol";
import {ITasks} from "../interfaces/ITasks.sol";
import {Access, Attributes} from "../types/PrivacyTypes.sol";
import {TaskRules} from "../types/TaskTypes.sol";

/// @title Restrictions
/// @notice What the admin says of members, and which tasks ask for what.
/// @dev Attacks considered:
/// - a member says of itself what a task asks for: only the admin sets attributes;
/// - a restriction is taken back later: it is fixed at the creation, and in the task's history;
/// - lists so long that nobody can enrol: 32 entries.
abstract contract Restrictions is FederationState, IAccess {
    using Address for address;

    bytes32 private constant ADMIN = 0;
    uint256 private constant MAX_ENTRIES = 32;

    /// @inheritdoc IAccess
    function setAttributes(address account, Attributes calldata attributes) external {
        if (!IAccessControl(address(this)).hasRole(ADMIN, msg.sender)) {
            revert IAccessControl.AccessControlUnauthorizedAccount(msg.sender, ADMIN);
        }
        _attributes[account] = attributes;
        emit AttributesSet(account, attributes);
    }

    /// @inheritdoc IAccess
    function createRestrictedTask(
        TaskRules calldata rules,
        Access calldata access,
        bytes32 modelRoot,
        bytes calldata spec
    ) external returns (uint32 taskId) {
        if (access.organisations.length == 0 && access.regions.length == 0 && access.clearance == 0) {
            revert InvalidAccess();
        }
        _checkEntries(access.organisations);
        _checkEntries(access.regions);
        // the federation's own code, in its own storage, for the same caller
        bytes memory answer = address(this).functionDelegateCall(
            abi.encodeCall(ITasks.createTask, (rules, modelRoot, spec))
        );
        taskId = abi.decode(answer, (uint32));
        Task storage task = _tasks[taskId];
        task.restricted = true;
        task.historyHead = keccak256(abi.encode(task.historyHead, keccak256(abi.encode(access))));
        _access[taskId] = access;
        emit AccessRestricted(taskId, access);
    }

    /// @inheritdoc IAccess
    function attributesOf(address account) external view returns (Attributes memory) {
        return _attributes[account];
    }

    /// @inheritdoc IAccess
    function accessOf(uint32 taskId) external view returns (Access memory) {
        return _access[taskId];
    }

    /// @inheritdoc IAccess
    function isEligible(uint32 taskId, address account) external view returns (bool) {
        Access storage access = _access[taskId];
        Attributes memory held = _attributes[account];
        return
            held.clearance >= access.clearance &&
            _isOneOf(access.organisations, held.organisation) &&
            _isOneOf(access.regions, held.region);
    }

    function _checkEntries(bytes32[] calldata entries) private pure {
        if (entries.length > MAX_ENTRIES) revert InvalidAccess();
        for (uint256 i = 0; i < entries.length; ++i) if (entries[i] == 0) revert InvalidAccess();
    }

    /// @dev Whether a value is listed; an empty list has all.
    function _isOneOf(bytes32[] storage entries, bytes32 value) private view returns (bool) {
        uint256 count = entries.length;
        for (uint256 i = 0; i < count; ++i) if (entries[i] == value) return true;
        return count == 0;
    }
}
