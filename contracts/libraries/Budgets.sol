// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Enrolment, Task} from "../types/TaskStorage.sol";
import {Mode} from "../types/TaskTypes.sol";

/// @title Budgets
/// @notice In how many rounds a participant may still commit, where its task limits that.
/// @dev Attacks considered:
/// - rounds that end without a model use up budgets, though nothing was seen in them: a masked round that ended while
/// Open is not counted, as nobody has opened anything then;
/// - a budget counts only what the chain has opened, while seeds were shown to others off it: a closed round counts,
/// and a void one too.
library Budgets {
    /// @notice Whether a round is left.
    function isLeft(Task storage task, Enrolment storage enrolment) internal view returns (bool) {
        uint16 most = enrolment.roundsPerParticipant;
        return most == 0 || _spent(task, enrolment) < most;
    }

    /// @notice Spends `round`, of a participant whose task limits its rounds; false where none is left.
    function spend(Task storage task, Enrolment storage enrolment, uint32 round) internal returns (bool) {
        uint16 spent = _spent(task, enrolment);
        if (spent >= enrolment.roundsPerParticipant) return false;
        bool masked = enrolment.keyed && task.rules.mode == Mode.Masked;
        enrolment.roundsCommitted = masked ? spent : spent + 1;
        if (masked) enrolment.pendingRound = round;
        return true;
    }

    function _spent(Task storage task, Enrolment storage enrolment) private view returns (uint16 spent) {
        spent = enrolment.roundsCommitted;
        uint32 pending = enrolment.pendingRound;
        if (pending != 0 && (task.endedOpen[pending >> 8] >> (pending & 255)) & 1 == 0) ++spent;
    }
}
