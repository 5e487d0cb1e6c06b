// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IProofs} from "../interfaces/IProofs.sol";
import {IRounds} from "../interfaces/IRounds.sol";
import {ITasks} from "../interfaces/ITasks.sol";
import {Access} from "../types/PrivacyTypes.sol";
import {FederationStorage, Task} from "../types/TaskStorage.sol";
import {TaskRules} from "../types/TaskTypes.sol";

/// @title Creation
/// @notice Creates tasks.
/// @dev Attacks considered:
/// - rules under which a task stalls, or no proof can be made: {IProofs.checkRules};
/// - a restriction is taken back later: it is fixed here, and bound by the first head of the history;
/// - lists so long that nobody can enrol: 32 entries.
library Creation {
    uint256 private constant MAX_SPEC_BYTES = 8192;
    uint256 private constant MAX_ENTRIES = 32;

    function create(
        FederationStorage storage self,
        TaskRules memory rules,
        Access memory access,
        bytes32 modelRoot,
        bytes calldata spec,
        bytes calldata header
    ) internal returns (uint32 taskId) {
        _checkEntries(access.organisations);
        _checkEntries(access.regions);
        if (spec.length == 0 || spec.length > MAX_SPEC_BYTES) revert ITasks.InvalidSpec();
        if (modelRoot == 0) revert IRounds.InvalidRoot();
        IProofs(self.proofs).checkRules(rules, header);

        taskId = ++self.taskCount;
        Task storage task = self.tasks[taskId];
        task.rules = rules;
        task.modelRoot = modelRoot;
        if (access.organisations.length != 0 || access.regions.length != 0 || access.clearance != 0) {
            task.access = access;
        }
        bytes32 head = keccak256(
            abi.encode(
                block.chainid,
                address(this),
                taskId,
                keccak256(abi.encode(rules)),
                modelRoot,
                keccak256(spec),
                keccak256(abi.encode(access))
            )
        );
        task.first = head;
        task.historyHead = head;
        emit ITasks.TaskCreated(taskId, msg.sender, rules, access, modelRoot, spec, head);
    }

    function _checkEntries(bytes32[] memory entries) private pure {
        if (entries.length > MAX_ENTRIES) revert ITasks.InvalidAccess();
        for (uint256 i = 0; i < entries.length; ++i) if (entries[i] == 0) revert ITasks.InvalidAccess();
    }
}
