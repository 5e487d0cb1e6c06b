// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MisconductKind, UpdateProof} from "../types/ChallengeTypes.sol";
import {Commitment, Proposal, SignedCommitment} from "../types/TaskTypes.sol";

/// @title IReports
/// @notice Proofs of misconduct against participants, one transaction each, by anyone.
/// @dev A proven report expels the participant from the task: it can no longer commit, attest or enrol in it, and its locked bond is
/// slashed where the task has participant bonds. The round goes on; what it makes of the participant's update is decided by
/// the rules of {IRounds.propose} and {IChallenges}. The salt is as in {IChallenges}.
interface IReports {
    /// @notice A participant was proven to have broken the rules.
    event Misconduct(
        uint32 indexed taskId,
        uint32 indexed round,
        address indexed participant,
        address reporter,
        MisconductKind kind
    );

    /// @notice The participant has no place in this task, or was expelled already.
    error NotAnswerable(address participant);
    /// @notice The two commitments do not contradict each other.
    error NoEquivocation();

    /// @notice Proves that a committed update has a lane beyond the task's bound, or padding that is not zero. From the closing of the
    /// round until its record is written over, two rounds later.
    ///
    /// Requirements: the round is one of the two newest ({IRounds.WrongRound}) and closed ({IRounds.WrongPhase}); the commitments
    /// are its own ({IChallenges.WrongCommitments}); the proof is well-formed ({IChallenges.MalformedProof}), stands in the update
    /// ({IChallenges.NotInUpdate}) and breaks a rule ({IChallenges.UpdateIsValid}); the participant answers ({NotAnswerable}).
    function reportUpdate(
        uint32 taskId,
        uint32 round,
        Commitment[] calldata commitments,
        UpdateProof calldata proof,
        bytes32 salt
    ) external;

    /// @notice Proves that a participant signed two commitments for one round and one base model, at any time.
    ///
    /// Requirements: both signatures are of one account, and what they sign differs ({NoEquivocation}); it answers ({NotAnswerable}).
    function reportEquivocation(
        uint32 taskId,
        uint32 round,
        bytes32 baseModelRoot,
        SignedCommitment calldata one,
        SignedCommitment calldata other,
        bytes32 salt
    ) external;

    /// @notice Proves that a participant signed another commitment than the one it has on record.
    /// @param position Its commitment among those of the round.
    ///
    /// Requirements: those of {reportUpdate} on round and commitments ({IChallenges.MalformedProof} for the position); the signature is
    /// of that participant over the round's base model, and what it signs differs ({NoEquivocation}); it answers ({NotAnswerable}).
    function reportDoubleCommitment(
        uint32 taskId,
        uint32 round,
        Commitment[] calldata commitments,
        uint32 position,
        SignedCommitment calldata signed,
        bytes32 salt
    ) external;

    /// @notice Proves that a participant committed to an update and withheld it: the proposal on record leaves it out for a reason
    /// that the contract checked ({IRounds.propose}).
    ///
    /// Requirements: the round is one of the two newest and Proposed or Finalized ({IRounds.WrongPhase}), the proposal is the one
    /// on record ({IRounds.WrongProposal}); the commitments are the round's ({IChallenges.WrongCommitments}); the update at
    /// `position` is left out ({IChallenges.NotLeftOut}) for a checked reason ({IRounds.InvalidExclusion}); the participant answers
    /// ({NotAnswerable}).
    function reportWithheld(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Commitment[] calldata commitments,
        uint32 position,
        bytes32 salt
    ) external;
}
