// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Views} from "./Views.sol";
import {Court} from "./court/Court.sol";

/// @title Federation
/// @notice One federation: its members and roles, its tasks, and their rounds, each step of which anyone can check. {IFederation}
/// lists all its calls.
/// @dev What happens in every round is here; bonds, challenges, reports and demands are the court's code, which runs in this
/// contract's storage: together they are larger than one contract may be. There is no proxy and no pause: the court is created by the
/// constructor and never replaced, so the rules of a federation do not change under its members, and nobody can stop a
/// running round. A new version is a new deployment.
contract Federation is Views {
    using Address for address;

    Court private immutable _COURT = new Court();

    /// @param admin Who grants and revokes roles.
    constructor(address admin) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// @notice Every call that this contract does not know is the court's; its answers and errors are passed on as they are.
    fallback(bytes calldata call) external payable returns (bytes memory) {
        return address(_COURT).functionDelegateCall(call);
    }
}
