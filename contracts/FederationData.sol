// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {FederationStorage} from "./types/TaskStorage.sol";

/// @title FederationData
/// @notice What {Federation} and {Court} store: both begin with it, so that a slot has one meaning in each.
/// @dev Nothing may declare storage before it, and the court declares none behind it.
abstract contract FederationData {
    FederationStorage internal _self;
}
