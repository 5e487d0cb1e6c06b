// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Rounds} from "./Rounds.sol";
import {Court} from "./court/Court.sol";

/// @title Federation
/// @notice One federation: its members and roles, its tasks, and their rounds, each step of which anyone can check. {IFederation}
/// lists all its calls.
/// @dev What happens in every round is here; bonds, challenges, reports and demands are the court's code, keys, masked challenges,
/// access and views that of {Privacy}. Both run in this contract's storage: together the three are larger than one contract may be.
/// There is no proxy and no pause: the court is created by the constructor, which also fixes the address of {Privacy}, and neither is
/// ever replaced, so the rules of a federation do not change under its members, and nobody can stop a running round. A new
/// version is a new deployment.
contract Federation is Rounds {
    using Address for address;

    Court private immutable _COURT;

    /// @param admin Who grants and revokes roles.
    /// @param privacy The deployed code of {Privacy}: its deployer is trusted to have given the right one, and members compare it with
    /// the one they built.
    constructor(address admin, address privacy) {
        _COURT = new Court(privacy);
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// @notice Every call that this contract does not know is the court's; its answers and errors are passed on as they are.
    fallback(bytes calldata call) external payable returns (bytes memory) {
        return address(_COURT).functionDelegateCall(call);
    }
}
