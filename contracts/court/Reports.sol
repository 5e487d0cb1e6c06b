// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {RoundRecord, Task} from "../FederationState.sol";
import {IChallenges} from "../interfaces/IChallenges.sol";
import {IReports} from "../interfaces/IReports.sol";
import {IRounds} from "../interfaces/IRounds.sol";
import {RoundProof} from "../libraries/RoundProof.sol";
import {SignedStructs} from "../libraries/SignedStructs.sol";
import {MisconductKind, UpdateProof} from "../types/ChallengeTypes.sol";
import {Commitment, Phase, Proposal, SignedCommitment} from "../types/TaskTypes.sol";
import {Challenges} from "./Challenges.sol";

/// @title Reports
/// @notice Expels participants that are proven to have broken the rules.
/// @dev Attacks considered:
/// - an honest participant is reported: what it signed or committed must itself break the rules; one that signs again after a
///   reorganisation signs the same, or for another base model, which is no contradiction;
/// - a participant is reported as withholding though its update was there: what is left out without a checked reason
///   is no ground for it;
/// - misconduct is proven after the participant left: it answers until its place is freed.
abstract contract Reports is Challenges, IReports {
    /// @inheritdoc IReports
    function reportUpdate(
        uint32 taskId,
        uint32 round,
        Commitment[] calldata commitments,
        UpdateProof calldata proof,
        bytes32 salt
    ) external {
        (Task storage task, ) = _closed(taskId, round, commitments);
        address account = RoundProof.checkInvalidUpdate(task.rules, commitments, proof).participant;
        _expel(task, taskId, round, account, MisconductKind.InvalidUpdate, salt);
    }

    /// @inheritdoc IReports
    function reportEquivocation(
        uint32 taskId,
        uint32 round,
        bytes32 baseModelRoot,
        SignedCommitment calldata one,
        SignedCommitment calldata other,
        bytes32 salt
    ) external {
        address account = _signer(taskId, round, baseModelRoot, one);
        if (
            account != _signer(taskId, round, baseModelRoot, other) ||
            (one.updateRoot == other.updateRoot && one.contentId == other.contentId && one.weight == other.weight)
        ) revert NoEquivocation();
        _expel(_tasks[taskId], taskId, round, account, MisconductKind.Equivocation, salt);
    }

    /// @inheritdoc IReports
    function reportDoubleCommitment(
        uint32 taskId,
        uint32 round,
        Commitment[] calldata commitments,
        uint32 position,
        SignedCommitment calldata signed,
        bytes32 salt
    ) external {
        (Task storage task, RoundRecord storage record) = _closed(taskId, round, commitments);
        if (position >= commitments.length) revert IChallenges.MalformedProof();
        Commitment calldata made = commitments[position];
        if (
            made.participant != _signer(taskId, round, record.baseModelRoot, signed) ||
            (made.updateRoot == signed.updateRoot && made.contentId == signed.contentId && made.weight == signed.weight)
        ) revert NoEquivocation();
        _expel(task, taskId, round, made.participant, MisconductKind.Equivocation, salt);
    }

    /// @inheritdoc IReports
    function reportWithheld(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Commitment[] calldata commitments,
        uint32 position,
        bytes32 salt
    ) external {
        (Task storage task, RoundRecord storage record) = _closed(taskId, round, commitments);
        Phase phase = record.state.phase();
        if (phase != Phase.Proposed && phase != Phase.Finalized) revert IRounds.WrongPhase(phase);
        _proposalOnRecord(record, taskId, round, proposal);
        if (record.state.excluding()) revert IRounds.InvalidExclusion();
        if (position >= commitments.length) revert IChallenges.MalformedProof();
        Commitment calldata made = commitments[position];
        if (RoundProof.isIncluded(proposal.excluded, made)) revert IChallenges.NotLeftOut(made.slot);
        _expel(task, taskId, round, made.participant, MisconductKind.Withheld, salt);
    }

    /// @dev A round whose commitments are frozen and given.
    function _closed(
        uint32 taskId,
        uint32 round,
        Commitment[] calldata commitments
    ) private view returns (Task storage task, RoundRecord storage record) {
        task = _tasks[taskId];
        record = _record(task, round);
        if (record.state.phase() == Phase.Open) revert IRounds.WrongPhase(Phase.Open);
        _checkCommitments(task, record, taskId, commitments);
    }

    function _signer(
        uint32 taskId,
        uint32 round,
        bytes32 baseModelRoot,
        SignedCommitment calldata signed
    ) private view returns (address) {
        bytes32 digest = _digest(SignedStructs.commitment(taskId, round, baseModelRoot, signed));
        return ECDSA.recover(digest, signed.r, signed.vs);
    }
}
