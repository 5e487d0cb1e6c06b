// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title ICourtViews
/// @notice What tools read of bonds, demands and rewards.
interface ICourtViews {
    /// @notice An account's bond.
    /// @return freeWei What may be locked or unbonded.
    /// @return lockedWei What answers for running rounds.
    /// @return unbondingWei What is leaving.
    /// @return withdrawableFrom Second from which that may be withdrawn; 0 when nothing is leaving.
    function bondOf(
        address account
    ) external view returns (uint256 freeWei, uint256 lockedWei, uint256 unbondingWei, uint40 withdrawableFrom);

    /// @notice What the account may withdraw as reward.
    function creditOf(address account) external view returns (uint256 creditWei);

    /// @notice All that was burnt: it stays in the contract for ever, no call can move it.
    function burntWei() external view returns (uint256);

    /// @notice Whether the aggregator lost a challenge in this round, and so is not assigned in it again.
    function isBarred(uint32 taskId, uint32 round, address aggregator) external view returns (bool);

    /// @notice An open demand: who made it, and its last second; zero when none is open.
    function openDemand(bytes32 demandId) external view returns (address demander, uint40 deadline);

    /// @notice A reward that is held; zero when none is.
    function heldReward(
        bytes32 caseHash
    ) external view returns (address challenger, uint256 amountWei, uint40 collectableFrom);
}
