// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    BondAccount,
    CLAIM_S,
    Departure,
    Enrolment,
    HeldReward,
    OpenDemand,
    RoundRecord,
    Task
} from "../FederationState.sol";
import {RoundSteps} from "../RoundSteps.sol";
import {ICourtViews} from "../interfaces/ICourtViews.sol";
import {IDigests} from "../interfaces/IDigests.sol";
import {IRounds} from "../interfaces/IRounds.sol";
import {ITaskViews} from "../interfaces/ITaskViews.sol";
import {LeastBond} from "../libraries/LeastBond.sol";
import {SignedStructs} from "../libraries/SignedStructs.sol";
import {RoundState} from "../types/RoundState.sol";
import {Commitment, Phase, RoundInfo, SignedCommitment, TaskRules} from "../types/TaskTypes.sol";

/// @title Views
/// @notice What tools read: tasks, places, rounds, bonds, demands, rewards, and the digests that members sign. The federation's and the
/// court's views are here, where there is room for them.
abstract contract Views is RoundSteps, ITaskViews, IDigests, ICourtViews {
    /// @inheritdoc ITaskViews
    function taskRules(uint32 taskId) external view returns (TaskRules memory) {
        return _existing(taskId).rules;
    }

    /// @inheritdoc ITaskViews
    function leastBondWei(uint32 parameterCount, uint16 maxUpdates) external pure returns (uint256) {
        return LeastBond.plainWei(parameterCount, maxUpdates);
    }

    /// @inheritdoc ITaskViews
    function leastMaskedBondWei(
        uint32 parameterCount,
        uint16 maxUpdates,
        uint8 neighbours
    ) external pure returns (uint256) {
        return LeastBond.maskedWei(parameterCount, maxUpdates, neighbours);
    }

    /// @inheritdoc ITaskViews
    function enrolment(
        uint32 taskId,
        address participant
    )
        external
        view
        returns (bool enrolled, uint32 index, bool leaving, uint16 roundsCommitted, bool bonded, bool expelled)
    {
        Enrolment memory held = _existing(taskId).enrolments[participant];
        enrolled = held.place != 0;
        index = enrolled ? held.place - 1 : 0;
        return (enrolled, index, held.leaving, held.roundsCommitted, held.bonded, held.expelled);
    }

    /// @inheritdoc ITaskViews
    function participants(uint32 taskId) external view returns (address[] memory) {
        return _existing(taskId).participants;
    }

    /// @inheritdoc ITaskViews
    function taskState(
        uint32 taskId
    ) external view returns (uint32 round, Phase phase, bytes32 modelRoot, bytes32 accumulator, bytes32 historyHead) {
        Task storage task = _existing(taskId);
        RoundState state = _newest(task);
        bytes32 accumulator_ = task.rounds[state.round() & 1].accumulator;
        return (state.round(), state.phase(), task.modelRoot, accumulator_, task.historyHead);
    }

    /// @inheritdoc ITaskViews
    function roundInfo(uint32 taskId, uint32 round) external view returns (RoundInfo memory) {
        Task storage task = _existing(taskId);
        RoundRecord storage record = task.rounds[(round == 0 ? _newest(task).round() : round) & 1];
        RoundState state = record.state;
        if (round != 0 && state.round() != round) revert IRounds.WrongRound(_newest(task).round());
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
                openDemands: record.openDemands,
                keyed: record.keyed,
                openingsHash: phase == Phase.Proposed ? record.openingsHash : bytes32(0)
            });
    }

    /// @inheritdoc ITaskViews
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

    /// @inheritdoc ICourtViews
    function bondOf(
        address account
    ) external view returns (uint256 freeWei, uint256 lockedWei, uint256 unbondingWei, uint40 withdrawableFrom) {
        BondAccount memory held = _accounts[account];
        Departure memory leaving = _departures[account];
        return (held.freeWei, held.lockedWei, leaving.amountWei, leaving.withdrawableFrom);
    }

    /// @inheritdoc ICourtViews
    function creditOf(address account) external view returns (uint256) {
        return _credits[account];
    }

    /// @inheritdoc ICourtViews
    function burntWei() external view returns (uint256) {
        return _burntWei;
    }

    /// @inheritdoc ICourtViews
    function isBarred(uint32 taskId, uint32 round, address aggregator) external view returns (bool) {
        return _barred[taskId][round][aggregator];
    }

    /// @inheritdoc ICourtViews
    function openDemand(bytes32 demandId) external view returns (address demander, uint40 deadline) {
        OpenDemand memory open = _demands[demandId];
        if (open.demander != address(0)) return (open.demander, open.deadline);
    }

    /// @inheritdoc ICourtViews
    function heldReward(
        bytes32 caseHash
    ) external view returns (address challenger, uint256 amountWei, uint40 collectableFrom) {
        HeldReward memory held = _heldRewards[caseHash];
        if (held.challenger == address(0)) return (address(0), 0, 0);
        return (held.challenger, held.amountGwei * GWEI, uint40(held.wonAt + CLAIM_S));
    }
}
