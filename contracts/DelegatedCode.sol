// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControlEnumerable} from "@openzeppelin/contracts/access/extensions/IAccessControlEnumerable.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {AGGREGATOR, FederationState} from "./FederationState.sol";

/// @title DelegatedCode
/// @notice What code that runs in the federation's storage, and is not the federation's own, asks of it.
/// @dev The federation keeps its roles; it is asked as anyone would ask it.
abstract contract DelegatedCode is FederationState {
    bytes32 private constant DOMAIN = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant NAME = keccak256("Fedledger");
    bytes32 private constant VERSION = keccak256("1");

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
