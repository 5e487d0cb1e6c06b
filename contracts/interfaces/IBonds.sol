// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ProofKind} from "../types/ProofTypes.sol";

/// @title IBonds
/// @notice Events and errors of the ether that the members of a task stand to lose, and of what a proof does. All
/// amounts are in wei.
/// @dev Each place in a task has its own bond, of the amount that the task's rules state; no bond serves two tasks. All
/// bonds held, all credits and burntWei sum to the contract's balance (ether forced upon the contract apart).
interface IBonds {
    /// @notice A round's proposal was proven wrong.
    /// @param aggregator Who proposed it.
    /// @param offender Whose update made it wrong; zero for none.
    /// @param index The chunk or slot concerned; 0 where the kind has none.
    event Struck(
        uint32 indexed taskId,
        uint32 indexed round,
        address indexed prover,
        address aggregator,
        address offender,
        ProofKind kind,
        uint32 index
    );
    /// @notice These rounds are void: the model is again what it was before the first of them.
    event RolledBack(uint32 indexed taskId, uint32 firstRound, uint32 lastRound, bytes32 modelRoot);
    /// @notice A member was expelled from a task, and lost its bond there.
    /// @param round Where it was proven.
    /// @param amountWei The bond that was taken.
    event MemberExpelled(
        uint32 indexed taskId,
        uint32 indexed round,
        address indexed account,
        ProofKind kind,
        uint256 amountWei
    );
    /// @notice What a proof took, which may be nothing, was divided.
    event Rewarded(uint32 indexed taskId, address indexed prover, uint256 rewardWei, uint256 burntWei);
    /// @notice A bond whose time is over became its owner's credit.
    event BondReleased(uint32 indexed taskId, address indexed account, uint256 amountWei);
    /// @notice A credit was paid out.
    event CreditWithdrawn(address indexed account, uint256 amountWei);

    /// @notice Only the contract of proofs may call this.
    error OnlyProofs();
    /// @notice The evidence is not what the round's word, or its record, binds.
    error WrongEvidence();
    /// @notice The word is past its window.
    error NoLongerProvable(uint256 until);
    /// @notice Nobody whom the proof concerns ever was in the task, or all are expelled, and the round is void.
    error NothingToTake();
    /// @notice The account has no bond here, or it still answers for something.
    error StillBonded(uint256 until);
    /// @notice Nothing is there to take.
    error NoAmount();
    /// @notice The receiver refused the ether.
    error PaymentRefused();
}
