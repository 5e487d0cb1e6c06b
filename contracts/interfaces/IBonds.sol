// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ProofKind} from "../types/ProofTypes.sol";
import {Evidence} from "../types/TaskTypes.sol";

/// @title IBonds
/// @notice Ether that the members of a task stand to lose, and what a proof does. All amounts are in wei.
/// @dev Each place in a task has its own bond, of the amount that the task's rules state; no bond serves two tasks. All
/// bonds held, all credits and {burntWei} sum to the contract's balance (ether forced upon the contract apart). The
/// pure part of proofs is {IProofs}, which alone may call {strike} and {expel}.
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

    /// @notice Strikes a proposal that was proven wrong. The proposer and every attester lose their bonds and are
    /// expelled. A proposal that stands goes to the next attempt. An accepted one that is not void is rolled back: the
    /// model becomes the round's base again, this round and all later ones are void, a round in flight is invalid.
    /// @param offender Whose update made it wrong, expelled with the others; zero for none.
    /// @param prover Who is rewarded: the smaller of half of what was taken and 1.5 times the reckoned cost of a proof
    /// of this kind.
    ///
    /// Requirements: the caller is {IProofs} ({OnlyProofs}); the round's word stands ({IRounds.WrongRound},
    /// {NoLongerProvable}) or the round is Proposed; the evidence is what it binds ({WrongEvidence}); there is
    /// something to take or to roll back ({NothingToTake}).
    function strike(
        Evidence calldata evidence,
        ProofKind kind,
        uint32 index,
        address offender,
        address prover
    ) external;

    /// @notice Reverts unless the evidence is what the chain has: with a proposal, as for {strike}; without one (all of
    /// it zero, no attesters, openingsHash zero), the inputs of the newest round when it is closed and not accepted.
    function requireEvidence(Evidence calldata evidence) external view;

    /// @notice Expels a participant whose misconduct was proven apart from any proposal.
    ///
    /// Requirements: the caller is {IProofs} ({OnlyProofs}); the account is or was in the task, and is not
    /// expelled ({NothingToTake}).
    function expel(uint32 taskId, uint32 round, address account, ProofKind kind, address prover) external;

    /// @notice Makes a bond its owner's credit, one challenge window after its place was freed. Anyone may call it.
    ///
    /// Requirements: there is a bond, of one without a place, not expelled, whose time is over ({StillBonded}).
    function releaseBond(uint32 taskId, address account) external;

    /// @notice Pays the caller its credit: bonds released and rewards.
    ///
    /// Requirements: there is a credit ({NoAmount}), the caller takes the ether ({PaymentRefused}).
    function withdraw() external;
}
