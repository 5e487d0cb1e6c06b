// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title History
/// @notice The head of a task's history: whatever happens to a task, but for commitments and advertisements, which are
/// in its rounds' accumulators, extends it by one entry: keccak256(abi.encode(head, number of the entry, its fields)).
/// These are the numbers ({ITasks}).
/// @dev Attack considered: an entry passes for one of another kind with the same fields: each begins with the head
/// before and its number.
library History {
    uint256 internal constant ENROLLED = 1;
    uint256 internal constant JOINED = 2;
    uint256 internal constant LEAVING = 3;
    uint256 internal constant FREED = 4;
    uint256 internal constant RESUMED = 5;
    uint256 internal constant RECORDED = 6;
    uint256 internal constant ACCEPTED = 7;
    uint256 internal constant INVALID = 8;
    uint256 internal constant REASSIGNED = 9;
    uint256 internal constant STRUCK = 10;
    uint256 internal constant EXPELLED = 11;
    uint256 internal constant SHARE_KEY = 12;
}
