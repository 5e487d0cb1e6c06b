// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControlEnumerable} from "@openzeppelin/contracts/access/extensions/IAccessControlEnumerable.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IAccess} from "./IAccess.sol";
import {IAdvertisements} from "./IAdvertisements.sol";
import {IBonds} from "./IBonds.sol";
import {IChallenges} from "./IChallenges.sol";
import {ICourtViews} from "./ICourtViews.sol";
import {IDemands} from "./IDemands.sol";
import {IDigests} from "./IDigests.sol";
import {IMaskedChallenges} from "./IMaskedChallenges.sol";
import {IMembers} from "./IMembers.sol";
import {IOpenings} from "./IOpenings.sol";
import {IReports} from "./IReports.sol";
import {IRewards} from "./IRewards.sol";
import {IRounds} from "./IRounds.sol";
import {ITaskViews} from "./ITaskViews.sol";
import {ITasks} from "./ITasks.sol";

/// @title IFederation
/// @notice All calls, events and errors of a federation: those of its own code and of the two others that run in its storage, under one address.
interface IFederation is
    IMembers,
    ITasks,
    IRounds,
    IBonds,
    IChallenges,
    IReports,
    IDemands,
    IRewards,
    ICourtViews,
    IAdvertisements,
    IOpenings,
    IMaskedChallenges,
    IAccess,
    ITaskViews,
    IDigests,
    IAccessControlEnumerable,
    IERC5267
{
    /// @notice A signature recovers to no account.
    error ECDSAInvalidSignature();
    /// @notice A signature is in the other of its two forms: s is in the upper half of the curve's order (EIP-2).
    error ECDSAInvalidSignatureS(bytes32 s);
    /// @notice A call of the other codes failed without a reason: what was given cannot be decoded.
    error FailedCall();
    /// @notice There is no contract at the address of {Privacy}.
    error NoPrivacy();

    /// @notice The role that grants and revokes roles.
    function DEFAULT_ADMIN_ROLE() external view returns (bytes32);
    /// @notice May create tasks.
    function TASK_CREATOR_ROLE() external view returns (bytes32);
    /// @notice May enrol in tasks.
    function PARTICIPANT_ROLE() external view returns (bytes32);
    /// @notice May be assigned to aggregate a round.
    function AGGREGATOR_ROLE() external view returns (bytes32);
}
