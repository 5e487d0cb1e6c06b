// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @title TestWallet
/// @notice A contract account that does what it is told, and answers for its signature in one of several ways.
contract TestWallet {
    enum Answer {
        Yes,
        No,
        Short,
        Flood,
        Revert,
        Burn,
        RefuseEther
    }

    Answer public answer;
    /// @notice What it takes as its signature.
    bytes32 public accepted;

    constructor(Answer answer_) {
        answer = answer_;
    }

    receive() external payable {
        if (answer == Answer.RefuseEther) revert();
    }

    function accept(bytes calldata signature) external {
        accepted = keccak256(signature);
    }

    function execute(address target, bytes calldata data) external payable {
        (bool done, bytes memory result) = target.call{value: msg.value}(data);
        if (done) return;
        assembly ("memory-safe") {
            revert(add(result, 32), mload(result))
        }
    }

    function isValidSignature(bytes32, bytes calldata signature) external view returns (bytes4) {
        if (answer == Answer.Revert) revert();
        if (answer == Answer.Burn) {
            while (true) {}
        }
        if (answer == Answer.Short) {
            assembly ("memory-safe") {
                mstore(0, shl(224, 0x1626ba7e))
                return(0, 31)
            }
        }
        if (answer == Answer.Flood) {
            assembly ("memory-safe") {
                return(0, 20000)
            }
        }
        bool right = answer != Answer.No && keccak256(signature) == accepted;
        return right ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
