// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Advertisement} from "../types/PrivacyTypes.sol";
import {ChunkProof, UpdateProof} from "../types/ProofTypes.sol";
import {Commitment, Evidence, SignedCommitment, TaskRules} from "../types/TaskTypes.sol";
import {IFederation} from "./IFederation.sol";

/// @title IProofs
/// @notice Fraud proofs, one transaction each, by anyone. This contract has no storage and no owner; it recomputes from
/// what is given, checks that against the roots and hashes in the evidence, and calls the federation, which compares
/// the evidence with its record. It needs no bytes of the accused.
/// @dev `commitments` and `advertisements` are all of the round, in the order of the chain, left-out ones included. A
/// proof that proves nothing reverts.
interface IProofs {
    /// @notice The commitments given are not those of the round, in their order.
    error WrongCommitments();
    /// @notice The advertisements given are not those of the round, in their order, over this start value.
    error WrongAdvertisements();
    /// @notice The openings given are not those of the proposal.
    error WrongOpenings();
    /// @notice A chunk, a path or a list is not as long as it must be, or an index is out of range.
    error MalformedProof();
    /// @notice The leaf is not in the proposed model at this place.
    error NotInModel();
    /// @notice The chunk is not in the base model at this place.
    error NotInBaseModel();
    /// @notice The chunk is not in the update of this slot at this place.
    error NotInUpdate(uint8 slot);
    /// @notice The proposed model has the right chunk.
    error ChunkIsRight();
    /// @notice The chunk of the update keeps the task's rules.
    error UpdateIsValid();
    /// @notice The total weight is right.
    error WeightIsRight();
    /// @notice What the proposal opens of this slot is what was advertised, or nothing depends on it.
    error OpeningIsRight(uint8 slot);
    /// @notice The signatures are not one account's, or say the same.
    error NoEquivocation();

    /// @notice Reverts unless a task under these rules can run, and its wrongs be proven, on this chain
    /// ({ITasks.createTask}).
    /// @param header RLP of the header of the block before; not looked at where the task does not draw.
    function checkRules(TaskRules calldata rules, bytes calldata header) external view;

    /// @notice Proves a chunk of a transparent task's model wrong under the task's rule.
    function proveChunk(
        IFederation federation,
        Evidence calldata evidence,
        Commitment[] calldata commitments,
        ChunkProof calldata proof
    ) external;

    /// @notice Proves a chunk of a masked task's model wrong, under the openings that its proposal gave.
    /// @param start The round's start value.
    function proveMaskedChunk(
        IFederation federation,
        Evidence calldata evidence,
        bytes32 start,
        Advertisement[] calldata advertisements,
        Commitment[] calldata commitments,
        bytes calldata openings,
        ChunkProof calldata proof
    ) external;

    /// @notice Proves that what a masked proposal opens of a slot is not what was advertised.
    function proveOpening(
        IFederation federation,
        Evidence calldata evidence,
        bytes32 start,
        Advertisement[] calldata advertisements,
        bytes calldata openings,
        uint8 slot
    ) external;

    /// @notice Proves that the proposal's total weight is not the sum of the weights it includes.
    function proveWeight(
        IFederation federation,
        Evidence calldata evidence,
        Commitment[] calldata commitments
    ) external;

    /// @notice Proves that a committed update breaks the task's rules: its owner is expelled. Where the evidence's
    /// proposal counts it, that is struck, too. In a round that is closed and has no proposal that counts it, the
    /// evidence's proposal is all zero, and so is its openingsHash.
    function proveUpdate(
        IFederation federation,
        Evidence calldata evidence,
        Commitment[] calldata commitments,
        UpdateProof calldata proof
    ) external;

    /// @notice Proves that one account signed two different commitments over one anchor.
    function proveEquivocation(
        IFederation federation,
        uint32 taskId,
        uint32 round,
        bytes32 anchor,
        SignedCommitment calldata one,
        SignedCommitment calldata other
    ) external;

    /// @notice Proves that an account signed another commitment than the one it made on the chain, over the round's
    /// anchor.
    /// @param position Which of the commitments.
    function proveDoubleCommitment(
        IFederation federation,
        Evidence calldata evidence,
        Commitment[] calldata commitments,
        uint32 position,
        SignedCommitment calldata signed
    ) external;

    /// @notice The least bond under these rules, in wei: half of it pays the dearest proof with all its signers
    /// expelled at 100 gwei a gas, and a half of that more.
    function leastBondWei(TaskRules calldata rules) external pure returns (uint256);
}
