// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Enrolment, RoundRecord, Task} from "../FederationState.sol";
import {IChallenges} from "../interfaces/IChallenges.sol";
import {IReports} from "../interfaces/IReports.sol";
import {ChallengeKind, MisconductKind} from "../types/ChallengeTypes.sol";
import {RoundState} from "../types/RoundState.sol";
import {Proposal, Reason} from "../types/TaskTypes.sol";
import {Slashing} from "./Slashing.sol";

/// @title Strikes
/// @notice What follows when a member is proven wrong.
/// @dev Attacks considered:
/// - a round goes on that was built on a struck proposal: it is invalidated in the same step;
/// - a liar is assigned anew in the same round: it is barred from it;
/// - the strike cannot go through for lack of another aggregator: then the round is invalidated instead;
/// - one offence is slashed again and again: a participant is expelled with the first.
abstract contract Strikes is Slashing {
    /// @dev Report kinds begin here in a case's hash.
    uint256 private constant REPORT_KINDS = 128;

    /// @dev Strikes the proposal on record: slashes, bars, invalidates what was built on it, assigns anew. The reward goes to
    /// `demander` where there is one, else by reservation.
    function _strike(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        ChallengeKind kind,
        uint32 index,
        bytes32 salt,
        address demander
    ) internal {
        Task storage task = _tasks[taskId];
        RoundRecord storage record = task.rounds[round & 1];
        address challenger = demander == address(0) ? msg.sender : demander;
        emit IChallenges.Challenged(taskId, round, challenger, proposal.aggregator, kind, index);
        uint256 amountGwei = task.rules.aggregatorBondGwei;
        if (amountGwei != 0) {
            bytes32 caseHash = _caseHash(taskId, round, record.pending, uint256(kind), index);
            record.bonded = address(0);
            if (demander == address(0)) _slash(taskId, round, proposal.aggregator, amountGwei, caseHash, salt);
            else _slashFor(taskId, round, proposal.aggregator, amountGwei, caseHash, demander);
        }
        _barred[taskId][round][proposal.aggregator] = true;
        if (task.rules.pipelined) _invalidateDescendant(task, taskId, round + 1);
        _retry(task, record, taskId, record.state, Reason.ChallengeWon);
    }

    /// @dev Expels a participant, and slashes its bond where the task has one.
    function _expel(
        Task storage task,
        uint32 taskId,
        uint32 round,
        address account,
        MisconductKind kind,
        bytes32 salt
    ) internal {
        Enrolment storage enrolment_ = task.enrolments[account];
        if (enrolment_.place == 0 || enrolment_.expelled) revert IReports.NotAnswerable(account);
        enrolment_.expelled = true;
        emit IReports.Misconduct(taskId, round, account, msg.sender, kind);
        if (enrolment_.bonded) {
            enrolment_.bonded = false;
            bytes32 subject = bytes32(uint256(uint160(account)));
            bytes32 caseHash = _caseHash(taskId, round, subject, REPORT_KINDS + uint256(kind), 0);
            _slash(taskId, round, account, task.rules.participantBondGwei, caseHash, salt);
        }
        if (!enrolment_.leaving) _leave(task, taskId, account);
    }

    function _invalidateDescendant(Task storage task, uint32 taskId, uint32 round) private {
        RoundRecord storage record = task.rounds[round & 1];
        RoundState state = record.state;
        if (state.round() != round || !_inFlight(state)) return;
        _releaseBond(task, record, taskId, round);
        _invalidate(task, record, taskId, state, Reason.AncestorInvalid);
    }
}
