// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IFederation} from "./interfaces/IFederation.sol";
import {IRounds} from "./interfaces/IRounds.sol";
import {MaskKeys} from "./libraries/Masks.sol";
import {MaskedSum} from "./libraries/MaskedSum.sol";
import {RoundProof} from "./libraries/RoundProof.sol";
import {ChainProbes, LeastBond, RulesValidation} from "./libraries/Rules.sol";
import {SignedStructs, Word} from "./libraries/SignedStructs.sol";
import {ChunkProof, ProofKind, UpdateProof} from "./types/ProofTypes.sol";
import {
    Advertisement,
    Commitment,
    Evidence,
    Mode,
    RoundInputs,
    SignedCommitment,
    TaskRules
} from "./types/TaskTypes.sol";

/// @title Proofs
/// @notice Fraud proofs, one transaction each, by anyone: decides from what it is given whether a proposal or a member
/// was wrong, and says so to the federation that it is asked about. It needs no bytes of the accused.
/// @dev It stores nothing and trusts nobody. What it is told of a round is a claim: all of it stands in the evidence,
/// or hashes to what stands there, and the federation compares the evidence with its record before anything is lost.
/// `commitments` and `advertisements` are all of the round, in the order of the chain, left-out ones included. A proof
/// that proves nothing reverts.
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
contract Proofs {
    /// @notice Reverts unless a task under these rules can run, and its wrongs be proven, on this chain
    /// ({Court.createTask}).
    /// @param header RLP of the header of the block before; not looked at where the task does not draw.
    function checkRules(TaskRules calldata rules, bytes calldata header) external view {
        RulesValidation.validate(rules);
        ChainProbes.check(rules, header);
    }

    /// @notice The least bond under these rules, in wei: half of it pays the dearest proof with all its signers
    /// expelled at 100 gwei a gas, and a half of that more.
    function leastBondWei(TaskRules calldata rules) external pure returns (uint256) {
        return LeastBond.leastWei(rules);
    }

    /// @notice Proves a chunk of a transparent task's model wrong under the task's rule.
    function proveChunk(
        IFederation federation,
        Evidence calldata evidence,
        Commitment[] calldata commitments,
        ChunkProof calldata proof
    ) external {
        TaskRules memory rules = _rulesOf(federation, evidence.inputs.taskId, Mode.Transparent);
        RoundProof.checkCommitments(evidence.inputs, commitments);
        if (!RoundProof.isPast(rules.parameterCount, evidence, proof)) {
            (bytes memory updates, uint32[] memory weights) = RoundProof.included(rules, evidence, commitments, proof);
            RoundProof.checkDiffers(proof, RoundProof.aggregate(rules, proof, updates, weights));
        }
        federation.strike(evidence, ProofKind.WrongChunk, proof.chunkIndex, address(0), msg.sender);
    }

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
    ) external {
        TaskRules memory rules = _rulesOf(federation, evidence.inputs.taskId, Mode.Masked);
        RoundProof.checkOpened(evidence.inputs, start, advertisements, openings);
        RoundProof.checkCommitments(evidence.inputs, commitments);
        if (!RoundProof.isPast(rules.parameterCount, evidence, proof)) {
            // the weights are in the masked sum's total
            // slither-disable-next-line unused-return
            (bytes memory updates, ) = RoundProof.included(rules, evidence, commitments, proof);
            bytes memory right = MaskedSum.chunk(
                rules,
                evidence.inputs,
                proof.chunkIndex,
                proof.base,
                updates,
                advertisements,
                openings
            );
            RoundProof.checkDiffers(proof, right);
        }
        federation.strike(evidence, ProofKind.WrongChunk, proof.chunkIndex, address(0), msg.sender);
    }

    /// @notice Proves that what a masked proposal opens of a slot is not what was advertised.
    /// @param start The round's start value.
    function proveOpening(
        IFederation federation,
        Evidence calldata evidence,
        bytes32 start,
        Advertisement[] calldata advertisements,
        bytes calldata openings,
        uint8 slot
    ) external {
        RoundInputs calldata inputs = evidence.inputs;
        // only that it is masked counts
        // slither-disable-next-line unused-return
        _rulesOf(federation, evidence.inputs.taskId, Mode.Masked);
        RoundProof.checkOpened(inputs, start, advertisements, openings);
        uint256 position = 0;
        while (position < advertisements.length && advertisements[position].slot != slot) ++position;
        if (position == advertisements.length) revert RoundProof.MalformedProof();
        bytes32 opening = MaskedSum.openingOf(inputs, slot, openings);
        bool right =
            (inputs.committed >> slot) & 1 != 0
                ? keccak256(abi.encodePacked(uint8(5), opening)) == advertisements[position].seedHash
                : MaskKeys.isSecretOf(opening, advertisements[position].maskKey);
        if (right) revert RoundProof.OpeningIsRight(slot);
        federation.strike(evidence, ProofKind.FalseOpening, slot, address(0), msg.sender);
    }

    /// @notice Proves that the proposal's total weight is not the sum of the weights it includes.
    function proveWeight(
        IFederation federation,
        Evidence calldata evidence,
        Commitment[] calldata commitments
    ) external {
        RoundProof.checkCommitments(evidence.inputs, commitments);
        (uint256 weight, uint64 excluded) = (0, evidence.proposal.excluded);
        for (uint256 i = 0; i < commitments.length; ++i) {
            if (RoundProof.isIncluded(excluded, commitments[i])) weight += commitments[i].weight;
        }
        if (weight == evidence.proposal.totalWeight) revert RoundProof.WeightIsRight();
        federation.strike(evidence, ProofKind.WrongWeight, 0, address(0), msg.sender);
    }

    /// @notice Proves that a committed update breaks the task's rules: its owner is expelled. Where the evidence's
    /// proposal counts it, that is struck, too. In a round that is closed and has no proposal that counts it, the
    /// evidence's proposal is all zero, and so is its openingsHash.
    function proveUpdate(
        IFederation federation,
        Evidence calldata evidence,
        Commitment[] calldata commitments,
        UpdateProof calldata proof
    ) external {
        RoundProof.checkCommitments(evidence.inputs, commitments);
        TaskRules memory rules = federation.taskRules(evidence.inputs.taskId);
        if (rules.mode == Mode.Encrypted) revert IRounds.WrongMode(rules.mode);
        Commitment calldata made = RoundProof.checkInvalidUpdate(rules, commitments, proof);
        bool isProposed = evidence.proposal.aggregator != address(0);
        if (isProposed && RoundProof.isIncluded(evidence.proposal.excluded, made)) {
            federation.strike(evidence, ProofKind.InvalidUpdate, proof.chunkIndex, made.participant, msg.sender);
        } else {
            _expel(federation, evidence, made.participant, ProofKind.InvalidUpdate);
        }
    }

    /// @notice Proves that one account signed two different commitments over one anchor.
    function proveEquivocation(
        IFederation federation,
        uint32 taskId,
        uint32 round,
        bytes32 anchor,
        SignedCommitment calldata one,
        SignedCommitment calldata other
    ) external {
        Word memory word = SignedStructs.word(address(federation), taskId, round, anchor);
        bytes32 oneDigest = SignedStructs.commitment(word, one);
        bytes32 otherDigest = SignedStructs.commitment(word, other);
        // zero where the signatures are none: nobody is expelled then
        address signer = SignedStructs.signerOf(oneDigest, one.signature);
        address otherSigner = SignedStructs.signerOf(otherDigest, other.signature);
        if (oneDigest == otherDigest || signer != otherSigner) revert RoundProof.NoEquivocation();
        federation.expel(taskId, round, signer, ProofKind.Equivocation, msg.sender);
    }

    /// @notice Proves that an account signed another commitment than the one it made on the chain, over the round's
    /// anchor.
    /// @param position Which of the commitments.
    function proveDoubleCommitment(
        IFederation federation,
        Evidence calldata evidence,
        Commitment[] calldata commitments,
        uint32 position,
        SignedCommitment calldata signed
    ) external {
        RoundInputs calldata inputs = evidence.inputs;
        RoundProof.checkCommitments(inputs, commitments);
        if (position >= commitments.length) revert RoundProof.MalformedProof();
        Commitment calldata made = commitments[position];
        Word memory word = SignedStructs.word(address(federation), inputs.taskId, inputs.round, inputs.anchor);
        address signer = SignedStructs.signerOf(SignedStructs.commitment(word, signed), signed.signature);
        bool isSame =
            made.weight == signed.weight && made.updateRoot == signed.updateRoot && made.contentId == signed.contentId;
        if (isSame || signer != made.participant) revert RoundProof.NoEquivocation();
        _expel(federation, evidence, made.participant, ProofKind.Equivocation);
    }

    /// @dev Tells of one that committed in the round of the evidence, which must be what the federation has.
    function _expel(IFederation federation, Evidence calldata evidence, address account, ProofKind kind) private {
        federation.requireEvidence(evidence);
        federation.expel(evidence.inputs.taskId, evidence.inputs.round, account, kind, msg.sender);
    }

    function _rulesOf(IFederation federation, uint32 taskId, Mode mode) private view returns (TaskRules memory rules) {
        rules = federation.taskRules(taskId);
        if (rules.mode != mode) revert IRounds.WrongMode(rules.mode);
    }
}
