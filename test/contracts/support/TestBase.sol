// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Vm
/// @notice The test runner's cheat codes that these tests use. `forge-std` is not on npm, so they are declared here.
interface Vm {
    function addr(uint256 privateKey) external pure returns (address);
    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function prank(address sender) external;
    function prank(address sender, address origin) external;
    function warp(uint256 timestamp) external;
    function roll(uint256 blockNumber) external;
    function setBlockhash(uint256 blockNumber, bytes32 hash) external;
    function deal(address account, uint256 balanceWei) external;
    function prevrandao(bytes32 value) external;
    function etch(address target, bytes calldata code) external;
    function load(address target, bytes32 slot) external view returns (bytes32);
    function store(address target, bytes32 slot, bytes32 value) external;
    function getCode(string calldata artifact) external view returns (bytes memory creationCode);
    function assume(bool condition) external pure;
    function expectRevert(bytes4 selector) external;
    function expectRevert(bytes calldata revertData) external;
    function expectEmit() external;
    function snapshotState() external returns (uint256 id);
    function revertToState(uint256 id) external returns (bool done);
}

/// @title TestBase
/// @notice The cheat codes and the few assertions that the tests need.
abstract contract TestBase {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    error NotEqual(uint256 actual, uint256 expected);
    error NotTrue(string what);

    function assertEq(uint256 actual, uint256 expected) internal pure {
        if (actual != expected) revert NotEqual(actual, expected);
    }

    function assertEq(bytes32 actual, bytes32 expected) internal pure {
        assertEq(uint256(actual), uint256(expected));
    }

    function assertEq(address actual, address expected) internal pure {
        assertEq(uint160(actual), uint160(expected));
    }

    function assertTrue(bool condition, string memory what) internal pure {
        if (!condition) revert NotTrue(what);
    }

    /// @notice `value` where it is in `least` to `most`, else folded into it.
    function bound(uint256 value, uint256 least, uint256 most) internal pure returns (uint256) {
        if (value >= least && value <= most) return value;
        return least + (value % (most - least + 1));
    }
}
