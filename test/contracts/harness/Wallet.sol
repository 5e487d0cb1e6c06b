// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Wallet
/// @notice A contract wallet for tests: it calls what it is told, and takes one digest as its own (ERC-1271).
contract Wallet {
    bytes4 private constant MAGIC = 0x1626ba7e;
    bytes32 private _taken;
    bool private _wasteful;

    receive() external payable {}

    function act(address to, bytes calldata call, uint256 valueWei) external returns (bytes memory answer) {
        bool done;
        (done, answer) = to.call{value: valueWei}(call);
        assembly ("memory-safe") {
            if iszero(done) {
                revert(add(answer, 32), mload(answer))
            }
        }
    }

    function take(bytes32 digest, bool wasteful) external {
        (_taken, _wasteful) = (digest, wasteful);
    }

    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        // more than any caller gives
        while (_wasteful && gasleft() > 100) {}
        return digest == _taken ? MAGIC : bytes4(0);
    }
}
