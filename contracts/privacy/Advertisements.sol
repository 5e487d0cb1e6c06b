// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Enrolment, RoundRecord, Task} from "../FederationState.sol";
import {RoundSteps} from "../RoundSteps.sol";
import {IAdvertisements} from "../interfaces/IAdvertisements.sol";
import {IRounds} from "../interfaces/IRounds.sol";
import {ITasks} from "../interfaces/ITasks.sol";
import {MaskKeys} from "../libraries/MaskKeys.sol";
import {RoundState} from "../types/RoundState.sol";
import {Mode, Phase} from "../types/TaskTypes.sol";

/// @title Advertisements
/// @notice Takes the keys of a round.
/// @dev Attacks considered:
/// - shares reach other neighbours than they were made for, as a reorganisation gave the round another seed: the seed is named;
/// - somebody keeps a round from closing by keys that no mask can be made with: a mask key is a point of the curve;
/// - keys come when others have masked already: no commitment is taken before the last key could come;
/// - an advertisement passes for a commitment: seven words are hashed, of which the second is 1, not six.
abstract contract Advertisements is RoundSteps, IAdvertisements {
    /// @inheritdoc IAdvertisements
    function advertise(
        uint32 taskId,
        uint32 round,
        uint72 seed,
        bytes32 maskKey,
        bytes32 seedHash,
        bytes32 sharesId
    ) external {
        Task storage task = _tasks[taskId];
        (RoundRecord storage record, RoundState state) = _record(task, round, Phase.Open);
        Mode mode = task.rules.mode;
        if (mode == Mode.Transparent) revert WrongMode(mode);
        uint256 keyDeadline = state.deadline() - task.rules.commitWindowS;
        if (block.timestamp > keyDeadline) revert IRounds.TooLate(keyDeadline);
        if (state.seed() != seed) revert WrongSeed(state.seed());
        if (maskKey == 0 || seedHash == 0 || sharesId == 0) revert IRounds.InvalidRoot();
        if (mode == Mode.Masked && !MaskKeys.isKey(maskKey)) revert InvalidMaskKey();
        uint8 slot = _advertisingSlot(task, state);
        uint64 keyed = record.keyed;
        if ((keyed >> slot) & 1 != 0) revert AlreadyAdvertised(msg.sender);
        record.keyed = keyed | uint64(1 << slot);
        record.accumulator = keccak256(
            abi.encode(record.accumulator, uint256(1), msg.sender, slot, maskKey, seedHash, sharesId)
        );
        emit Advertised(taskId, round, msg.sender, slot, maskKey, seedHash, sharesId);
    }

    /// @dev The caller's slot, where it may commit in this round.
    function _advertisingSlot(Task storage task, RoundState state) private view returns (uint8 slot) {
        Enrolment storage enrolment_ = task.enrolments[msg.sender];
        if (enrolment_.place == 0 || enrolment_.leaving) revert ITasks.NotEnrolled(msg.sender);
        uint16 most = enrolment_.roundsPerParticipant;
        if (most != 0 && enrolment_.roundsCommitted >= most) revert IRounds.BudgetSpent(msg.sender);
        bool drawn;
        (slot, drawn) = _slot(state, enrolment_.place - 1);
        if (!drawn) revert IRounds.NotDrawn(msg.sender);
    }
}
