// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Phase, RoundInfo, TaskRules} from "../types/TaskTypes.sol";

/// @title ITaskViews
/// @notice What tools read of tasks, places and rounds.
interface ITaskViews {
    /// @notice The rules of a task.
    function taskRules(uint32 taskId) external view returns (TaskRules memory);

    /// @notice The least bond of a task: three times what the dearest proof against it costs at 100 gwei a gas, so that
    /// half of it pays the challenger even then.
    /// @param parameterCount Number of lanes of the model, at least 1.
    /// @param maxUpdates Most updates of a round.
    function leastBondWei(uint32 parameterCount, uint16 maxUpdates) external pure returns (uint256);

    /// @notice The same of a masked task, where a proof computes masks, too.
    /// @param neighbours As in the task's rules.
    function leastMaskedBondWei(
        uint32 parameterCount,
        uint16 maxUpdates,
        uint8 neighbours
    ) external pure returns (uint256);

    /// @notice A participant's enrolment in a task; all zero when it has none.
    /// @return enrolled Whether it has a place.
    /// @return index Its place, from 0.
    /// @return leaving Whether it is leaving: it can no longer commit or attest.
    /// @return roundsCommitted Rounds it has committed in, counted only where the task has roundsPerParticipant.
    /// @return bonded Whether the task's participant bond is locked for it.
    /// @return expelled Whether it was expelled for misconduct.
    function enrolment(
        uint32 taskId,
        address participant
    )
        external
        view
        returns (bool enrolled, uint32 index, bool leaving, uint16 roundsCommitted, bool bonded, bool expelled);

    /// @notice The participants of a task by place, leaving ones included. Its cost grows with their number: for calls, not
    /// for transactions.
    function participants(uint32 taskId) external view returns (address[] memory);

    /// @notice The state of a task's newest round.
    /// @return round Its number; 0 before the first.
    /// @return phase Its phase.
    /// @return modelRoot Root of the task's last final model.
    /// @return accumulator Accumulator of the round's commitments.
    /// @return historyHead Head of the task's history chain.
    function taskState(
        uint32 taskId
    ) external view returns (uint32 round, Phase phase, bytes32 modelRoot, bytes32 accumulator, bytes32 historyHead);

    /// @notice What the contract holds of one of a task's two newest rounds.
    /// @param round Its number; 0 for the newest.
    ///
    /// Requirements: it is one of the two newest ({IRounds.WrongRound}).
    function roundInfo(uint32 taskId, uint32 round) external view returns (RoundInfo memory);

    /// @notice The slot of a participant in the newest round, and whether it is drawn; slot is 0 when it is not.
    function slotOf(uint32 taskId, address participant) external view returns (uint8 slot, bool drawn);
}
