// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title IRewards
/// @notice Who gets the reward of a won challenge or report, so that copying one from the pool of pending transactions earns nothing.
/// @dev A **case** is what a challenge proves: caseHash = keccak256(abi.encode(taskId, round, subject, kind, index)), where for a
/// challenge `subject` is the proposal's hash, `kind` the number of the ChallengeKind and `index` the chunk index (LeftOut: the slot;
/// WrongWeight: 0), and for a report `subject` is the participant (as a number), `kind` 128 + the number of the MisconductKind and
/// `index` 0. A **reservation** is keccak256(abi.encode(account, salt, caseHash)), sent in an earlier block; it shows nothing until it
/// is opened by its salt. A challenge that opens its sender's reservation is credited at once. Any other's reward is held for
/// CLAIM_S: whoever shows a reservation of the same case that is older than the win takes it; else it is the challenger's.
interface IRewards {
    /// @notice A reservation was made.
    event Reserved(bytes32 indexed reservation);
    /// @notice The reward of a case is held, as it was won without a reservation.
    event RewardHeld(bytes32 indexed caseHash, address indexed challenger, uint256 amountWei, uint40 collectableFrom);
    /// @notice The reward of a case was credited: at once, or to who claimed or collected it.
    event RewardCredited(bytes32 indexed caseHash, address indexed account, uint256 amountWei);

    /// @notice The reservation exists.
    error AlreadyReserved();
    /// @notice No reservation of the caller's for this case is older than the win.
    error NotReserved();
    /// @notice No reward of this case is held.
    error NoRewardHeld();
    /// @notice Others may still claim the reward.
    error StillClaimable(uint256 collectableFrom);

    /// @notice Reserves a case.
    ///
    /// Requirements: it is new ({AlreadyReserved}).
    function reserveChallenge(bytes32 reservation) external;

    /// @notice Takes a reward that is held, by a reservation older than the win.
    ///
    /// Requirements: a reward is held ({NoRewardHeld}); the caller's reservation of the case is older than the win ({NotReserved}).
    function claimReward(bytes32 caseHash, bytes32 salt) external;

    /// @notice Credits a reward that nobody claimed in time to the challenger.
    ///
    /// Requirements: a reward is held ({NoRewardHeld}), its time has passed ({StillClaimable}).
    function collectReward(bytes32 caseHash) external;
}
