// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {ChunkProof, ProofKind, UpdateProof} from "../../../contracts/types/ProofTypes.sol";
import {
    Access,
    Advertisement,
    Attributes,
    Commitment,
    Evidence,
    Proposal,
    Signature,
    SignedAdvertisement,
    SignedCommitment,
    TaskRules,
    WalletWord
} from "../../../contracts/types/TaskTypes.sol";

/// @title Calls
/// @notice The calls of a federation and of its contract of proofs, for tests that know their codes by the artifacts
/// only, so that they compile without them. What each does is said where it stands: Federation, Court, Proofs.
interface Calls is IAccessControl {
    function proofs() external view returns (address);
    function setAttributes(address account, Attributes calldata attributes) external;
    function createTask(
        TaskRules calldata rules,
        Access calldata access,
        bytes32 modelRoot,
        bytes calldata spec,
        bytes calldata header
    ) external returns (uint32 taskId);
    function enrol(uint32 taskId, bytes32 first, bytes32 statement, bytes calldata shareKey) external payable;
    function join(uint32 taskId, bytes32 first) external payable;
    function leave(uint32 taskId, bytes32 first) external;
    function freePlaces(uint32 taskId) external;
    function resume(uint32 taskId) external;
    function setShareKey(uint32 taskId, bytes32 first, bytes calldata shareKey) external;
    function record(uint32 taskId, bytes32 first, uint8 kind, bytes32 hash) external;
    function releaseBond(uint32 taskId, address account) external;
    function withdraw() external;
    function strike(
        Evidence calldata evidence,
        ProofKind kind,
        uint32 index,
        address offender,
        address prover
    ) external;
    function expel(uint32 taskId, uint32 round, address account, ProofKind kind, address prover) external;

    function openRound(uint32 taskId, uint32 round) external;
    function drawRound(uint32 taskId, uint32 round, bytes calldata header) external;
    function advertise(uint32 taskId, uint32 round, SignedAdvertisement[] calldata signed) external;
    function commit(
        uint32 taskId,
        uint32 round,
        bytes32 anchor,
        bytes32 updateRoot,
        bytes32 contentId,
        uint32 weight
    ) external;
    function commitBatch(uint32 taskId, uint32 round, SignedCommitment[] calldata signed) external;
    function closeRound(uint32 taskId, uint32 round) external;
    function propose(
        uint32 taskId,
        uint32 round,
        bytes32 accumulator,
        Proposal calldata proposal,
        bytes calldata openings
    ) external;
    function accept(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Signature[] calldata signatures,
        WalletWord[] calldata wallets
    ) external;
    function reassign(uint32 taskId, uint32 round) external;

    function leastBondWei(TaskRules calldata rules) external pure returns (uint256);
    function proveChunk(
        Calls federation,
        Evidence calldata evidence,
        Commitment[] calldata commitments,
        ChunkProof calldata proof
    ) external;
    function proveMaskedChunk(
        Calls federation,
        Evidence calldata evidence,
        bytes32 start,
        Advertisement[] calldata advertisements,
        Commitment[] calldata commitments,
        bytes calldata openings,
        ChunkProof calldata proof
    ) external;
    function proveOpening(
        Calls federation,
        Evidence calldata evidence,
        bytes32 start,
        Advertisement[] calldata advertisements,
        bytes calldata openings,
        uint8 slot
    ) external;
    function proveWeight(Calls federation, Evidence calldata evidence, Commitment[] calldata commitments) external;
    function proveUpdate(
        Calls federation,
        Evidence calldata evidence,
        Commitment[] calldata commitments,
        UpdateProof calldata proof
    ) external;
    function proveEquivocation(
        Calls federation,
        uint32 taskId,
        uint32 round,
        bytes32 anchor,
        SignedCommitment calldata one,
        SignedCommitment calldata other
    ) external;
    function proveDoubleCommitment(
        Calls federation,
        Evidence calldata evidence,
        Commitment[] calldata commitments,
        uint32 position,
        SignedCommitment calldata signed
    ) external;
}
