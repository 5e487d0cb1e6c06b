// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ProofKind} from "../types/ProofTypes.sol";
import {Evidence, TaskRules} from "../types/TaskTypes.sol";

/// @title IFederation
/// @notice What {Proofs} asks of the federation that it is asked about, and tells it.
interface IFederation {
    /// @notice Strikes a proposal that was proven wrong. The proposer and every attester lose their bonds and are
    /// expelled. A proposal that stands goes to the next attempt. An accepted one that is not void is rolled back: the
    /// model becomes the round's base again, this round and all later ones are void, a round in flight is invalid.
    /// @param offender Whose update made it wrong, expelled with the others; zero for none.
    /// @param prover Who is rewarded: the smaller of half of what was taken and 1.5 times the reckoned cost of a proof
    /// of this kind.
    ///
    /// Requirements: the caller is the contract of proofs ({IBonds.OnlyProofs}); the round's word stands
    /// ({IRounds.WrongRound}, {IBonds.NoLongerProvable}) or the round is Proposed; the evidence is what it binds
    /// ({IBonds.WrongEvidence}); there is something to take or to roll back ({IBonds.NothingToTake}).
    function strike(
        Evidence calldata evidence,
        ProofKind kind,
        uint32 index,
        address offender,
        address prover
    ) external;

    /// @notice Expels a participant whose misconduct was proven apart from any proposal.
    ///
    /// Requirements: the caller is the contract of proofs ({IBonds.OnlyProofs}); the account is or was in the task, and
    /// is not expelled ({IBonds.NothingToTake}).
    function expel(uint32 taskId, uint32 round, address account, ProofKind kind, address prover) external;

    /// @notice Reverts unless the evidence is what the chain has: with a proposal, as for {strike}; without one (all of
    /// it zero, no attesters, openingsHash zero), the inputs of the newest round when it is closed and not accepted.
    function requireEvidence(Evidence calldata evidence) external view;

    /// @notice The rules of a task; all zero where there is none.
    function taskRules(uint32 taskId) external view returns (TaskRules memory);
}
