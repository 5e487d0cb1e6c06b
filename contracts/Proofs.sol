// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IFederation} from "./interfaces/IFederation.sol";
import {IProofs} from "./interfaces/IProofs.sol";
import {IRounds} from "./interfaces/IRounds.sol";
import {ChainProbes} from "./libraries/ChainProbes.sol";
import {ChunkTree} from "./libraries/ChunkTree.sol";
import {LeastBond} from "./libraries/LeastBond.sol";
import {MaskKeys} from "./libraries/MaskKeys.sol";
import {MaskedRound, MaskedSum} from "./libraries/MaskedSum.sol";
import {RoundProof} from "./libraries/RoundProof.sol";
import {RulesValidation} from "./libraries/RulesValidation.sol";
import {SignedStructs} from "./libraries/SignedStructs.sol";
import {Advertisement} from "./types/PrivacyTypes.sol";
import {ChunkProof, ProofKind, UpdateProof} from "./types/ProofTypes.sol";
import {Commitment, Evidence, Mode, Proposal, RoundInputs, SignedCommitment, TaskRules} from "./types/TaskTypes.sol";

/// @title Proofs
/// @notice Decides from what it is given whether a proposal or a member was wrong, and says so to the federation that
/// it is asked about.
/// @dev It stores nothing and trusts nobody. What it is told of a round is a claim: all of it stands in the evidence,
/// or hashes to what stands there, and the federation compares the evidence with its record before anything is lost.
/// Attacks considered (those on the computation: {RoundProof}, {MaskedSum}):
/// - an honest proposal is struck: only recomputation from the committed inputs counts, or the owner's own signature;
/// - a proof is used against another proposal, round, task or chain: the evidence names all of them, words are of the
///   federation's domain;
/// - a contract that is no federation is named: it can only be told what it asked for, as nothing is kept here;
/// - other keys, openings or start values are given than the round's: keys hash to the anchor, as many as slots
///   advertised, openings to their hash in the evidence;
/// - a proposer fits the openings to its model: each has one right value, that of its hash or its key, and
///   {proveOpening} proves any other wrong, whatever the model;
/// - one word with two signatures passes for two words: the digests must differ.
contract Proofs is IProofs {
    /// @inheritdoc IProofs
    function checkRules(TaskRules calldata rules, bytes calldata header) external view {
        RulesValidation.validate(rules);
        ChainProbes.check(rules, header);
    }

    /// @inheritdoc IProofs
    function leastBondWei(TaskRules calldata rules) external pure returns (uint256) {
        return LeastBond.leastWei(rules);
    }

    /// @inheritdoc IProofs
    function proveChunk(
        IFederation federation,
        Evidence calldata evidence,
        Commitment[] calldata commitments,
        ChunkProof calldata proof
    ) external {
        RoundInputs calldata inputs = evidence.inputs;
        RoundProof.checkCommitments(inputs, commitments);
        RoundProof.checkWrongChunk(
            federation.taskRules(inputs.taskId),
            inputs.baseModelRoot,
            evidence.proposal.modelRoot,
            evidence.proposal.excluded,
            commitments,
            proof
        );
        federation.strike(evidence, ProofKind.WrongChunk, proof.chunkIndex, address(0), msg.sender);
    }

    /// @inheritdoc IProofs
    function proveMaskedChunk(
        IFederation federation,
        Evidence calldata evidence,
        bytes32 start,
        Advertisement[] calldata advertisements,
        Commitment[] calldata commitments,
        bytes calldata openings,
        ChunkProof calldata proof
    ) external {
        TaskRules memory rules = _maskedRules(federation, evidence.inputs.taskId);
        RoundProof.checkOpened(evidence.inputs, start, advertisements, openings);
        RoundProof.checkCommitments(evidence.inputs, commitments);
        _checkWrongSum(rules, evidence, advertisements, commitments, openings, proof);
        federation.strike(evidence, ProofKind.WrongChunk, proof.chunkIndex, address(0), msg.sender);
    }

    /// @inheritdoc IProofs
    function proveOpening(
        IFederation federation,
        Evidence calldata evidence,
        bytes32 start,
        Advertisement[] calldata advertisements,
        bytes calldata openings,
        uint8 slot
    ) external {
        RoundInputs calldata inputs = evidence.inputs;
        _maskedRules(federation, inputs.taskId);
        RoundProof.checkOpened(inputs, start, advertisements, openings);
        uint256 position = 0;
        while (position < advertisements.length && advertisements[position].slot != slot) ++position;
        if (position == advertisements.length) revert MalformedProof();
        bytes32 opening = MaskedSum.openingOf(inputs.keyed, inputs.committed, slot, openings);
        bool right =
            (inputs.committed >> slot) & 1 != 0
                ? keccak256(abi.encodePacked(uint8(5), opening)) == advertisements[position].seedHash
                : MaskKeys.isSecretOf(opening, advertisements[position].maskKey);
        if (right) revert OpeningIsRight(slot);
        federation.strike(evidence, ProofKind.FalseOpening, slot, address(0), msg.sender);
    }

    /// @inheritdoc IProofs
    function proveWeight(
        IFederation federation,
        Evidence calldata evidence,
        Commitment[] calldata commitments
    ) external {
        RoundProof.checkCommitments(evidence.inputs, commitments);
        Proposal calldata proposal = evidence.proposal;
        if (RoundProof.includedWeight(proposal.excluded, commitments) == proposal.totalWeight) revert WeightIsRight();
        federation.strike(evidence, ProofKind.WrongWeight, 0, address(0), msg.sender);
    }

    /// @inheritdoc IProofs
    function proveUpdate(
        IFederation federation,
        Evidence calldata evidence,
        Commitment[] calldata commitments,
        UpdateProof calldata proof
    ) external {
        RoundInputs calldata inputs = evidence.inputs;
        RoundProof.checkCommitments(inputs, commitments);
        TaskRules memory rules = federation.taskRules(inputs.taskId);
        Commitment calldata commitment = RoundProof.checkInvalidUpdate(rules, commitments, proof);
        Proposal calldata proposal = evidence.proposal;
        if (proposal.aggregator != address(0) && RoundProof.isIncluded(proposal.excluded, commitment)) {
            federation.strike(evidence, ProofKind.InvalidUpdate, proof.chunkIndex, commitment.participant, msg.sender);
        } else {
            federation.requireEvidence(evidence);
            _expel(federation, inputs.taskId, inputs.round, commitment.participant, ProofKind.InvalidUpdate);
        }
    }

    /// @inheritdoc IProofs
    function proveEquivocation(
        IFederation federation,
        uint32 taskId,
        uint32 round,
        bytes32 anchor,
        SignedCommitment calldata one,
        SignedCommitment calldata other
    ) external {
        bytes32 oneHash = SignedStructs.commitment(taskId, round, anchor, one);
        bytes32 otherHash = SignedStructs.commitment(taskId, round, anchor, other);
        address signer = _signerOf(federation, oneHash, one);
        if (oneHash == otherHash || signer != _signerOf(federation, otherHash, other)) revert NoEquivocation();
        _expel(federation, taskId, round, signer, ProofKind.Equivocation);
    }

    /// @inheritdoc IProofs
    function proveDoubleCommitment(
        IFederation federation,
        Evidence calldata evidence,
        Commitment[] calldata commitments,
        uint32 position,
        SignedCommitment calldata signed
    ) external {
        RoundInputs calldata inputs = evidence.inputs;
        RoundProof.checkCommitments(inputs, commitments);
        if (position >= commitments.length) revert MalformedProof();
        Commitment calldata made = commitments[position];
        bytes32 structHash = SignedStructs.commitment(inputs.taskId, inputs.round, inputs.anchor, signed);
        if (
            (made.weight == signed.weight &&
                made.updateRoot == signed.updateRoot &&
                made.contentId == signed.contentId) || _signerOf(federation, structHash, signed) != made.participant
        ) revert NoEquivocation();
        federation.requireEvidence(evidence);
        _expel(federation, inputs.taskId, inputs.round, made.participant, ProofKind.Equivocation);
    }

    function _expel(IFederation federation, uint32 taskId, uint32 round, address account, ProofKind kind) private {
        federation.expel(taskId, round, account, kind, msg.sender);
    }

    function _maskedRules(IFederation federation, uint32 taskId) private view returns (TaskRules memory rules) {
        rules = federation.taskRules(taskId);
        if (rules.mode != Mode.Masked) revert IRounds.WrongMode(rules.mode);
    }

    function _signerOf(
        IFederation federation,
        bytes32 structHash,
        SignedCommitment calldata signed
    ) private view returns (address) {
        bytes32 domain = SignedStructs.domainOf(address(federation));
        bytes32 digest = MessageHashUtils.toTypedDataHash(domain, structHash);
        return ECDSA.recover(digest, signed.signature.r, signed.signature.vs);
    }

    /// @dev Reverts unless the chunk shown is not what the openings make of the updates.
    function _checkWrongSum(
        TaskRules memory rules,
        Evidence calldata evidence,
        Advertisement[] calldata advertisements,
        Commitment[] calldata commitments,
        bytes calldata openings,
        ChunkProof calldata proof
    ) private view {
        RoundInputs calldata inputs = evidence.inputs;
        uint32 count = rules.parameterCount;
        if (RoundProof.isPaddingLeaf(count, evidence.proposal.modelRoot, proof)) return;
        RoundProof.checkPlaces(count, inputs.baseModelRoot, evidence.proposal.modelRoot, proof);
        // the weights are in the masked sum's total
        // slither-disable-next-line unused-return
        (bytes memory updates, ) = RoundProof.includedUpdates(count, 0, commitments, proof);
        MaskedRound memory masked = MaskedRound({
            taskId: inputs.taskId,
            round: inputs.round,
            keyed: inputs.keyed,
            survivors: inputs.committed,
            totalWeight: inputs.totalWeight
        });
        bytes memory right = MaskedSum.chunk(
            rules,
            masked,
            proof.chunkIndex,
            proof.base,
            updates,
            advertisements,
            openings
        );
        if (ChunkTree.leafOf(proof.chunkIndex, right, 0) == proof.leaf) revert ChunkIsRight();
    }
}
