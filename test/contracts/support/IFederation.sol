// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControlEnumerable} from "@openzeppelin/contracts/access/extensions/IAccessControlEnumerable.sol";
import {IBonds} from "../../../contracts/interfaces/IBonds.sol";
import {IChallenges} from "../../../contracts/interfaces/IChallenges.sol";
import {IMembers} from "../../../contracts/interfaces/IMembers.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {ITasks} from "../../../contracts/interfaces/ITasks.sol";

/// @title IFederation
/// @notice All calls of the deployed federation: tests know it by this and by its artifact, and so compile without it.
interface IFederation is IMembers, IBonds, ITasks, IRounds, IChallenges, IAccessControlEnumerable {
    function DEFAULT_ADMIN_ROLE() external view returns (bytes32);
    function TASK_CREATOR_ROLE() external view returns (bytes32);
    function PARTICIPANT_ROLE() external view returns (bytes32);
    function AGGREGATOR_ROLE() external view returns (bytes32);
}
