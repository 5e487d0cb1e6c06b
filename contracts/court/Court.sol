// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {DelegatedCode} from "../DelegatedCode.sol";
import {IFederation} from "../interfaces/IFederation.sol";
import {Demands} from "./Demands.sol";

/// @title Court
/// @notice The part of a federation that is needed when somebody is in the wrong: bonds, challenges, reports, demands, rewards.
/// @dev Its code runs in the storage of the federation that created it. Called at its own address it has no task and no member, so
/// that nothing can be proven and no ether is taken.
contract Court is DelegatedCode, Demands {
    using Address for address;

    address private immutable _PRIVACY;

    /// @param privacy The code of {Privacy}.
    ///
    /// Requirements: there is a contract ({IFederation.NoPrivacy}).
    constructor(address privacy) {
        if (privacy.code.length == 0) revert IFederation.NoPrivacy();
        _PRIVACY = privacy;
    }

    /// @notice Every call that this code does not know either is {Privacy}'s; its answers and errors are passed on as they are.
    fallback(bytes calldata call) external payable returns (bytes memory) {
        return _PRIVACY.functionDelegateCall(call);
    }
}
