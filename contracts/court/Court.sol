// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControlEnumerable} from "@openzeppelin/contracts/access/extensions/IAccessControlEnumerable.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {AGGREGATOR} from "../FederationState.sol";
import {Demands} from "./Demands.sol";

/// @title Court
/// @notice The part of a federation that is needed when somebody is in the wrong: bonds, challenges, reports, demands, rewards.
/// @dev Its code runs in the storage of the federation that created it. Called at its own address it has no task and no member, so
/// that nothing can be proven and no ether is taken.
contract Court is Demands {
    bytes32 private constant DOMAIN = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant NAME = keccak256("Fedledger");
    bytes32 private constant VERSION = keccak256("1");

    /// @dev The federation keeps its roles; it is asked as anyone would ask it.
    function _aggregatorCount() internal view override returns (uint256) {
        return IAccessControlEnumerable(address(this)).getRoleMemberCount(AGGREGATOR);
    }

    function _aggregatorAt(uint256 place) internal view override returns (address) {
        return IAccessControlEnumerable(address(this)).getRoleMember(AGGREGATOR, place);
    }

    function _digest(bytes32 structHash) internal view override returns (bytes32) {
        bytes32 separator = keccak256(abi.encode(DOMAIN, NAME, VERSION, block.chainid, address(this)));
        return MessageHashUtils.toTypedDataHash(separator, structHash);
    }
}
