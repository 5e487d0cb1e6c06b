// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title IBonds
/// @notice Ether that members stand to lose, and what challengers earn. All amounts are in wei.
/// @dev An account's bond is in three parts: free (may be locked or unbonded), locked (answers for the rounds the account
/// is assigned to, from the assignment to the round's end or to the next assignment, and for its places in tasks with a participant
/// bond), and unbonding (on its way out). Free, locked and unbonding of all accounts, all credits, rewards held ({IRewards}), bonds of
/// open demands ({IDemands}) and {burntWei} sum to the contract's balance (ether forced upon the contract apart).
interface IBonds {
    /// @notice An account added to its bond.
    /// @param freeWei Its free bond after this.
    event Bonded(address indexed account, uint256 amountWei, uint256 freeWei);
    /// @notice A free part of the bond began to leave.
    /// @param unbondingWei All that is leaving.
    /// @param withdrawableFrom Second from which all of it may be withdrawn.
    event Unbonding(address indexed account, uint256 amountWei, uint256 unbondingWei, uint40 withdrawableFrom);
    /// @notice An unbonded amount was paid out.
    event BondWithdrawn(address indexed account, uint256 amountWei);
    /// @notice A bond answers for this round; round 0: for a place in the task.
    event BondLocked(uint32 indexed taskId, uint32 indexed round, address indexed account, uint256 amountWei);
    /// @notice It no longer does.
    event BondReleased(uint32 indexed taskId, uint32 indexed round, address indexed account, uint256 amountWei);
    /// @notice A member lost its locked bond to a challenge or a report.
    /// @param challenger Who proved it.
    /// @param rewardWei The challenger's part; the rest is burnt.
    event Slashed(
        uint32 indexed taskId,
        uint32 indexed round,
        address indexed account,
        uint256 amountWei,
        address challenger,
        uint256 rewardWei
    );
    /// @notice A credit was paid out.
    event CreditWithdrawn(address indexed account, uint256 amountWei);

    /// @notice The call went to the court's own address instead of the federation's.
    error OnlyInFederation();
    /// @notice Nothing was sent, or nothing is there to take.
    error NoAmount();
    /// @notice The account's free bond is smaller.
    error BondTooSmall(uint256 freeWei);
    /// @notice The unbonding time has not passed.
    error StillUnbonding(uint256 withdrawableFrom);
    /// @notice The receiver refused the ether.
    error PaymentRefused();

    /// @notice Adds what is sent to the caller's free bond.
    ///
    /// Requirements: something is sent ({NoAmount}).
    function bond() external payable;

    /// @notice Begins to take out a part of the caller's free bond. A further request starts the time anew for all that is leaving.
    ///
    /// Requirements: the amount is not zero ({NoAmount}) and free ({BondTooSmall}).
    function requestUnbond(uint256 amountWei) external;

    /// @notice Pays the caller what it unbonded.
    ///
    /// Requirements: something is unbonding ({NoAmount}), its time has passed ({StillUnbonding}), the caller takes the
    /// ether ({PaymentRefused}).
    function withdrawBond() external;

    /// @notice Pays the caller its credit: rewards of challenges it won.
    ///
    /// Requirements: there is a credit ({NoAmount}), the caller takes the ether ({PaymentRefused}).
    function withdrawCredit() external;
}
