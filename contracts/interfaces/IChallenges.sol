// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChallengeKind, ChunkProof, UpdateProof} from "../types/ChallengeTypes.sol";
import {Commitment, Proposal} from "../types/TaskTypes.sol";

/// @title IChallenges
/// @notice Fraud proofs against a proposal, one transaction each, by anyone, while the round is Proposed. The contract
/// recomputes from the committed inputs; it needs no bytes of the accused.
/// @dev A won challenge strikes the proposal: its aggregator loses the bond of the task (see {IBonds}) and is not assigned
/// again in this round; the next aggregator is assigned over the same updates, or the round is invalidated with
/// Reason.ChallengeWon when the attempts are used up or nobody else can be assigned. A challenge that proves nothing
/// reverts. In a pipelined task the round that was opened on the proposal is invalidated with it (Reason.AncestorInvalid).
///
/// The last argument of each, `salt`, opens a reservation of the caller's ({IRewards}); 0 for none.
///
/// All of them take the proposal on record and all commitments of the round in the order of the chain, excluded ones
/// included, as the events state them.
interface IChallenges {
    /// @notice A proposal was proven wrong.
    /// @param aggregator Who proposed it.
    /// @param chunkIndex The chunk concerned; 0 where the kind has none.
    event Challenged(
        uint32 indexed taskId,
        uint32 indexed round,
        address indexed challenger,
        address aggregator,
        ChallengeKind kind,
        uint32 chunkIndex
    );

    /// @notice The commitments given are not those of the round, in their order.
    error WrongCommitments();
    /// @notice A chunk, a path or a list is not as long as it must be, or the chunk index is out of range.
    error MalformedProof();
    /// @notice The leaf is not in the proposed model at this place.
    error NotInModel();
    /// @notice The chunk is not in the base model at this place.
    error NotInBaseModel();
    /// @notice The chunk is not in the update of this slot at this place.
    error NotInUpdate(uint8 slot);
    /// @notice The update of this slot is not included in the proposal.
    error NotIncluded(uint8 slot);
    /// @notice The proposed model has the right chunk.
    error ChunkIsRight();
    /// @notice The chunk of the update keeps the task's rules.
    error UpdateIsValid();
    /// @notice The total weight is right.
    error WeightIsRight();
    /// @notice The update of this slot is included in the proposal.
    error NotLeftOut(uint8 slot);
    /// @notice The update of this slot is left out for a reason that the contract checked.
    error HasReason(uint8 slot);
    /// @notice The signature is another's.
    error NotSigned(address signer);

    /// @notice Proves a chunk of the proposed model wrong under the task's rule.
    ///
    /// Requirements:
    /// - the round is the current one and Proposed, and the proposal is on record ({IRounds.WrongRound},
    ///   {IRounds.WrongPhase}, {IRounds.WrongProposal});
    /// - the commitments are the round's ({WrongCommitments});
    /// - the parts are well-formed ({MalformedProof}) and stand where they say ({NotInModel}, {NotInBaseModel},
    ///   {NotInUpdate});
    /// - under a rule that sorts, the bounds are those of the lanes (TrimmedMean.WrongBounds);
    /// - the chunk that the rule gives has another leaf ({ChunkIsRight}).
    function challengeChunk(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Commitment[] calldata commitments,
        ChunkProof calldata proof,
        bytes32 salt
    ) external;

    /// @notice Proves that the proposal includes an update that breaks the task's rules. One chunk of that update is enough.
    ///
    /// Requirements: those of {challengeChunk} on round, proposal and commitments; the update is included ({NotIncluded}),
    /// the proof is well-formed ({MalformedProof}), the chunk stands in it ({NotInUpdate}) and breaks a rule ({UpdateIsValid}).
    function challengeUpdate(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Commitment[] calldata commitments,
        UpdateProof calldata proof,
        bytes32 salt
    ) external;

    /// @notice Proves that the proposal's total weight is not the sum of the weights it includes.
    ///
    /// Requirements: those of {challengeChunk} on round, proposal and commitments; the weight is wrong ({WeightIsRight}).
    function challengeWeight(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Commitment[] calldata commitments,
        bytes32 salt
    ) external;

    /// @notice Proves that the proposal leaves out an update that its aggregator signed to hold.
    /// @param position Which of the commitments, from 0.
    /// @param r First word of the aggregator's EIP-712 signature over Custody (see docs/protocol.md).
    /// @param vs Second word (EIP-2098).
    ///
    /// Requirements: those of {challengeChunk} on round, proposal and commitments; the update is left out ({NotLeftOut}), for no
    /// reason that the contract checked ({HasReason}), the signature is the proposer's ({NotSigned}).
    function challengeExclusion(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Commitment[] calldata commitments,
        uint32 position,
        bytes32 r,
        bytes32 vs,
        bytes32 salt
    ) external;
}
