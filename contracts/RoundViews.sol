// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RoundRecord, Task} from "./FederationState.sol";
import {Rounds} from "./Rounds.sol";
import {IDigests} from "./interfaces/IDigests.sol";
import {IRounds} from "./interfaces/IRounds.sol";
import {SignedStructs} from "./libraries/SignedStructs.sol";
import {RoundState} from "./types/RoundState.sol";
import {Commitment, Phase, RoundInfo, SignedCommitment} from "./types/TaskTypes.sol";

/// @title RoundViews
/// @notice What tools read of rounds, and the digests that members sign.
abstract contract RoundViews is Rounds, IDigests {
    /// @inheritdoc IRounds
    function taskState(
        uint32 taskId
    ) external view returns (uint32 round, Phase phase, bytes32 modelRoot, bytes32 accumulator, bytes32 historyHead) {
        Task storage task = _existing(taskId);
        RoundState state = _newest(task);
        bytes32 accumulator_ = task.rounds[state.round() & 1].accumulator;
        return (state.round(), state.phase(), task.modelRoot, accumulator_, task.historyHead);
    }

    /// @inheritdoc IRounds
    function roundInfo(uint32 taskId, uint32 round) external view returns (RoundInfo memory) {
        Task storage task = _existing(taskId);
        RoundRecord storage record = task.rounds[(round == 0 ? _newest(task).round() : round) & 1];
        RoundState state = record.state;
        if (round != 0 && state.round() != round) revert WrongRound(_newest(task).round());
        Phase phase = state.phase();
        return
            RoundInfo({
                round: state.round(),
                phase: phase,
                seed: state.seed(),
                enrolled: state.enrolled(),
                drawn: state.drawn(),
                committed: state.committed(),
                totalWeight: state.totalWeight(),
                attempt: state.attempt(),
                deadline: state.deadline(),
                assigned: phase == Phase.Aggregating ? address(uint160(uint256(record.pending))) : address(0),
                excluding: state.excluding(),
                proposalHash: phase == Phase.Proposed ? record.pending : bytes32(0),
                baseModelRoot: record.baseModelRoot,
                accumulator: record.accumulator,
                withheld: record.withheld,
                openDemands: record.openDemands
            });
    }

    /// @inheritdoc IRounds
    function slotOf(uint32 taskId, address participant) external view returns (uint8 slot, bool drawn) {
        Task storage task = _existing(taskId);
        uint32 place = task.enrolments[participant].place;
        if (place != 0) return _slot(_newest(task), place - 1);
    }

    /// @inheritdoc IDigests
    function attestationDigest(
        uint32 taskId,
        uint32 round,
        bytes32 proposalHash,
        uint256 evaluation
    ) external view returns (bytes32) {
        return _digest(SignedStructs.attestation(taskId, round, proposalHash, evaluation));
    }

    /// @inheritdoc IDigests
    function commitmentDigest(
        uint32 taskId,
        uint32 round,
        bytes32 baseModelRoot,
        SignedCommitment calldata signed
    ) external view returns (bytes32) {
        return _digest(SignedStructs.commitment(taskId, round, baseModelRoot, signed));
    }

    /// @inheritdoc IDigests
    function availabilityDigest(
        uint32 taskId,
        uint32 round,
        bytes32 accumulator,
        uint64 slots
    ) external view returns (bytes32) {
        return _digest(SignedStructs.availability(taskId, round, accumulator, slots));
    }

    /// @inheritdoc IDigests
    function custodyDigest(
        uint32 taskId,
        uint32 round,
        Commitment calldata commitment
    ) external view returns (bytes32) {
        return _digest(SignedStructs.custody(taskId, round, commitment));
    }
}
