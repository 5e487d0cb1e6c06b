// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {RoundRecord, Task} from "../FederationState.sol";
import {IChallenges} from "../interfaces/IChallenges.sol";
import {RoundProof} from "../libraries/RoundProof.sol";
import {SignedStructs} from "../libraries/SignedStructs.sol";
import {ChallengeKind, ChunkProof, UpdateProof} from "../types/ChallengeTypes.sol";
import {Commitment, Phase, Proposal} from "../types/TaskTypes.sol";
import {Rewards} from "./Rewards.sol";
import {Strikes} from "./Strikes.sol";

/// @title Challenges
/// @notice Strikes proposals that are proven wrong.
/// @dev Attacks considered (those of the proofs themselves: {RoundProof}):
/// - an honest proposal is challenged: only recomputation from the committed inputs counts, or the aggregator's own signature;
/// - a proof is used against another proposal, round or task: the proposal must be the one on record for that round;
/// - a reward is taken by copying a challenge: see {Rewards}.
abstract contract Challenges is Rewards, Strikes, IChallenges {
    /// @inheritdoc IChallenges
    function challengeChunk(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Commitment[] calldata commitments,
        ChunkProof calldata proof,
        bytes32 salt
    ) external {
        (Task storage task, RoundRecord storage record) = _challenged(taskId, round, proposal, commitments);
        RoundProof.checkWrongChunk(
            task.rules,
            record.baseModelRoot,
            proposal.modelRoot,
            proposal.excluded,
            commitments,
            proof
        );
        _strike(taskId, round, proposal, ChallengeKind.WrongChunk, proof.chunkIndex, salt, address(0));
    }

    /// @inheritdoc IChallenges
    function challengeUpdate(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Commitment[] calldata commitments,
        UpdateProof calldata proof,
        bytes32 salt
    ) external {
        (Task storage task, ) = _challenged(taskId, round, proposal, commitments);
        Commitment calldata commitment = RoundProof.checkInvalidUpdate(task.rules, commitments, proof);
        if (!RoundProof.isIncluded(proposal.excluded, commitment)) revert NotIncluded(commitment.slot);
        _strike(taskId, round, proposal, ChallengeKind.InvalidUpdate, proof.chunkIndex, salt, address(0));
    }

    /// @inheritdoc IChallenges
    function challengeWeight(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Commitment[] calldata commitments,
        bytes32 salt
    ) external {
        _challenged(taskId, round, proposal, commitments);
        if (RoundProof.includedWeight(proposal.excluded, commitments) == proposal.totalWeight) revert WeightIsRight();
        _strike(taskId, round, proposal, ChallengeKind.WrongWeight, 0, salt, address(0));
    }

    /// @inheritdoc IChallenges
    function challengeExclusion(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Commitment[] calldata commitments,
        uint32 position,
        bytes32 r,
        bytes32 vs,
        bytes32 salt
    ) external {
        (, RoundRecord storage record) = _challenged(taskId, round, proposal, commitments);
        if (position >= commitments.length) revert MalformedProof();
        Commitment calldata commitment = commitments[position];
        if (RoundProof.isIncluded(proposal.excluded, commitment)) revert NotLeftOut(commitment.slot);
        // who keeps an update may still leave it out when others cannot get it: then the contract has checked that
        if (!record.state.excluding() || (record.withheld >> commitment.slot) & 1 != 0) {
            revert HasReason(commitment.slot);
        }
        bytes32 digest = _digest(SignedStructs.custody(taskId, round, commitment));
        address signer = ECDSA.recover(digest, r, vs);
        if (signer != proposal.aggregator) revert NotSigned(signer);
        _strike(taskId, round, proposal, ChallengeKind.LeftOut, commitment.slot, salt, address(0));
    }

    /// @dev The round of a proposal on record, in flight, with its commitments.
    function _challenged(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Commitment[] calldata commitments
    ) internal view returns (Task storage task, RoundRecord storage record) {
        task = _tasks[taskId];
        (record, ) = _record(task, round, Phase.Proposed);
        _proposalOnRecord(record, taskId, round, proposal);
        _checkCommitments(task, record, taskId, commitments);
    }

    /// @dev Reverts unless these are the commitments of the record's round.
    function _checkCommitments(
        Task storage task,
        RoundRecord storage record,
        uint32 taskId,
        Commitment[] calldata commitments
    ) internal view {
        // where there are keys, they come before the commitments
        bytes32 start =
            task.rules.keyWindowS != 0
                ? record.keysAccumulator
                : _startAccumulator(taskId, record.state, record.baseModelRoot);
        RoundProof.checkCommitments(start, record.accumulator, commitments);
    }
}
