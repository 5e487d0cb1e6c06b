// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DelegatedCode} from "../DelegatedCode.sol";
import {Advertisements} from "./Advertisements.sol";
import {MaskedChallenges} from "./MaskedChallenges.sol";
import {Restrictions} from "./Restrictions.sol";
import {Views} from "./Views.sol";

/// @title Privacy
/// @notice The part of a federation that is needed where not everything is everybody's: keys and openings of hidden updates, tasks that
/// only some may join; and, as here is the room, what tools read.
/// @dev It is deployed first and given to {Federation}, whose court passes on to it what it does not know; its code then runs in the
/// federation's storage. One deployment serves any number of federations. Called at its own address it has no task and no member.
// solhint-disable-next-line no-empty-blocks
contract Privacy is DelegatedCode, Views, Advertisements, MaskedChallenges, Restrictions {}
