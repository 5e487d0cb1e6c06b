// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Challenges} from "./Challenges.sol";

/// @title Federation
/// @notice One federation: its members and roles, its tasks, and their rounds, each step of which anyone can check.
/// @dev There is no proxy and no pause: the rules of a federation do not change under its members, and nobody can stop a
/// running round. A new version is a new deployment.
contract Federation is Challenges {
    /// @param admin Who grants and revokes roles.
    constructor(address admin) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }
}
