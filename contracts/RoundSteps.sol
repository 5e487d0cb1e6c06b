// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {FederationState, BondAccount, RoundRecord, Task} from "./FederationState.sol";
import {IBonds} from "./interfaces/IBonds.sol";
import {IRounds} from "./interfaces/IRounds.sol";
import {ITasks} from "./interfaces/ITasks.sol";
import {Draw} from "./libraries/Draw.sol";
import {Phase, Proposal, Reason} from "./types/TaskTypes.sol";
import {RoundState} from "./types/RoundState.sol";

/// @title RoundSteps
/// @notice What the federation, its court and {Privacy} do to rounds, places and bonds.
abstract contract RoundSteps is FederationState {
    using EnumerableSet for EnumerableSet.UintSet;

    uint256 internal constant GWEI = 1 gwei;

    /// @dev The record of a round that is one of the two newest. A task that does not exist has round 0 in phase None.
    function _record(Task storage task, uint32 round) internal view returns (RoundRecord storage record) {
        record = task.rounds[round & 1];
        if (round == 0 || record.state.round() != round) revert IRounds.WrongRound(_newest(task).round());
    }

    /// @dev The same, and its phase must be `phase`.
    function _record(
        Task storage task,
        uint32 round,
        Phase phase
    ) internal view returns (RoundRecord storage record, RoundState state) {
        record = _record(task, round);
        state = record.state;
        if (state.phase() != phase) revert IRounds.WrongPhase(state.phase());
    }

    /// @dev The state of the task's newest round.
    function _newest(Task storage task) internal view returns (RoundState) {
        RoundState even = task.rounds[0].state;
        RoundState odd = task.rounds[1].state;
        return even.round() > odd.round() ? even : odd;
    }

    /// @dev The slot of the participant at `index`. One that enrolled after the opening is not drawn.
    function _slot(RoundState state, uint256 index) internal pure returns (uint8, bool) {
        uint256 enrolled = state.enrolled();
        uint256 drawn = state.drawn();
        if (index >= enrolled) return (0, false);
        uint256 slot = Draw.slotOf(state.seed(), index, enrolled, drawn);
        // drawn is at most 64
        return slot < drawn ? (uint8(slot), true) : (0, false);
    }

    /// @dev Whether a round has begun and not ended.
    function _inFlight(RoundState state) internal pure returns (bool) {
        Phase phase = state.phase();
        return phase == Phase.Open || phase == Phase.Aggregating || phase == Phase.Proposed;
    }

    function _existing(uint32 taskId) internal view returns (Task storage task) {
        task = _tasks[taskId];
        if (task.rules.rounds == 0) revert ITasks.UnknownTask(taskId);
    }

    /// @dev Start value of a round's accumulator.
    function _startAccumulator(uint32 taskId, RoundState state, bytes32 modelRoot) internal view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    block.chainid,
                    address(this),
                    taskId,
                    state.round(),
                    modelRoot,
                    state.seed(),
                    state.enrolled(),
                    state.drawn()
                )
            );
    }

    function _proposalHash(uint32 taskId, uint32 round, Proposal calldata proposal) internal pure returns (bytes32) {
        return keccak256(abi.encode(taskId, round, proposal));
    }

    function _proposalOnRecord(
        RoundRecord storage record,
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal
    ) internal view returns (bytes32 proposalHash) {
        proposalHash = _proposalHash(taskId, round, proposal);
        if (proposalHash != record.pending) revert IRounds.WrongProposal(record.pending);
    }

    /// @dev Assigns the next aggregator over the same updates; with no attempt or nobody left, invalidates the round. Demands against
    /// the proposal that falls are open no more: their bonds go back.
    function _retry(
        Task storage task,
        RoundRecord storage record,
        uint32 taskId,
        RoundState state,
        Reason reason
    ) internal {
        record.openDemands = 0;
        uint256 attempt = uint256(state.attempt()) + 1;
        address aggregator = address(0);
        if (attempt < task.rules.attempts) aggregator = _nextAggregator(task, taskId, state.round(), attempt);
        if (aggregator == address(0)) {
            _invalidate(task, record, taskId, state, reason);
        } else {
            _assign(task, record, taskId, state, attempt, aggregator);
        }
    }

    /// @dev The first in the rotation that has not lost a challenge in this round and whose free bond covers the task's;
    /// zero when there is none. The number of aggregators, which the admin decides, bounds the search.
    function _nextAggregator(
        Task storage task,
        uint32 taskId,
        uint32 round,
        uint256 attempt
    ) internal view returns (address) {
        uint256 count = _aggregatorCount();
        uint256 bondWei = task.rules.aggregatorBondGwei * GWEI;
        for (uint256 i = 0; i < count; ++i) {
            address aggregator = _aggregatorAt((round + attempt + i) % count);
            // nobody can have lost a challenge before the first assignment
            if (attempt != 0 && _barred[taskId][round][aggregator]) continue;
            if (bondWei != 0 && _accounts[aggregator].freeWei < bondWei) continue;
            return aggregator;
        }
        return address(0);
    }

    function _assign(
        Task storage task,
        RoundRecord storage record,
        uint32 taskId,
        RoundState state,
        uint256 attempt,
        address aggregator
    ) internal {
        uint32 round = state.round();
        uint256 bondWei = task.rules.aggregatorBondGwei * GWEI;
        if (bondWei != 0) {
            record.bonded = aggregator;
            _lock(taskId, round, aggregator, bondWei);
        }
        uint256 deadline = block.timestamp + task.rules.aggregateWindowS;
        record.state = state.assigned(attempt, deadline);
        record.pending = bytes32(uint256(uint160(aggregator)));
        emit IRounds.AggregatorAssigned(taskId, round, uint8(attempt), aggregator, uint40(deadline));
    }

    function _invalidate(
        Task storage task,
        RoundRecord storage record,
        uint32 taskId,
        RoundState state,
        Reason reason
    ) internal {
        bytes32 head = _end(task, record, state, Phase.Invalidated, 0, reason);
        emit IRounds.RoundInvalidated(taskId, state.round(), reason, head);
    }

    /// @dev Ends the round and extends the history.
    function _end(
        Task storage task,
        RoundRecord storage record,
        RoundState state,
        Phase phase,
        bytes32 proposalHash,
        Reason reason
    ) internal returns (bytes32 head) {
        head = keccak256(
            abi.encode(
                task.historyHead,
                state.round(),
                phase,
                record.baseModelRoot,
                record.accumulator,
                proposalHash,
                reason
            )
        );
        task.historyHead = head;
        record.state = state.ended(phase);
    }

    /// @dev Ends the liability of the bonded aggregator, if there is one.
    function _releaseBond(Task storage task, RoundRecord storage record, uint32 taskId, uint32 round) internal {
        uint256 bondWei = task.rules.aggregatorBondGwei * GWEI;
        if (bondWei == 0) return;
        address account = record.bonded;
        if (account == address(0)) return;
        record.bonded = address(0);
        _release(taskId, round, account, bondWei);
    }

    /// @dev No more commitments from the participant; its place is freed at an opening. Only for one that has a place and is
    /// not leaving.
    function _leave(Task storage task, uint32 taskId, address participant) internal {
        task.enrolments[participant].leaving = true;
        task.leavers.push(participant);
        // it is there, as whoever has a place and is not leaving has it
        // slither-disable-next-line unused-return
        _tasksOf[participant].remove(taskId);
        emit ITasks.Leaving(taskId, participant);
    }

    /// @dev Only where the free bond covers the amount, which is below 2^96.
    function _lock(uint32 taskId, uint32 round, address account, uint256 amountWei) internal {
        BondAccount storage held = _accounts[account];
        held.freeWei -= uint96(amountWei);
        held.lockedWei += uint96(amountWei);
        emit IBonds.BondLocked(taskId, round, account, amountWei);
    }

    function _release(uint32 taskId, uint32 round, address account, uint256 amountWei) internal {
        BondAccount storage held = _accounts[account];
        held.lockedWei -= uint96(amountWei);
        held.freeWei += uint96(amountWei);
        emit IBonds.BondReleased(taskId, round, account, amountWei);
    }
}
