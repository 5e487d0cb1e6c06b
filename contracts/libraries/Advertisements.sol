// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IRounds} from "../interfaces/IRounds.sol";
import {Advertisement, SignedAdvertisement} from "../types/PrivacyTypes.sol";
import {RoundState} from "../types/RoundState.sol";
import {Enrolment, Task} from "../types/TaskStorage.sol";
import {Mode, Phase, Signature} from "../types/TaskTypes.sol";
import {Budgets} from "./Budgets.sol";
import {MaskKeys} from "./MaskKeys.sol";
import {Records} from "./Records.sol";
import {SignedStructs} from "./SignedStructs.sol";

/// @title Advertisements
/// @notice Takes the keys of a round.
/// @dev Attacks considered:
/// - keys are put into a participant's mouth, or shares reach others than they were made for: it signs them over the
/// start value, which binds chain, history, base and draw;
/// - somebody keeps a round from closing by keys that no mask can be made with: a mask key is a point of the curve;
/// - keys come when others have masked already: no commitment is taken before the last key could come;
/// - an advertisement passes for a commitment: eight words are hashed, of which the second is 1, not six;
/// - one that does not count (any more) makes the others fail: it is passed over.
library Advertisements {
    using Records for Task;

    function advertise(
        Task storage task,
        uint32 taskId,
        uint32 round,
        bytes32 domain,
        SignedAdvertisement[] calldata signed
    ) internal {
        RoundState state = task.requirePhase(round, Phase.Open);
        Mode mode = task.rules.mode;
        if (mode == Mode.Transparent) revert IRounds.WrongMode(mode);
        uint256 keyDeadline = state.deadline() - task.rules.commitWindowS;
        if (block.timestamp > keyDeadline) revert IRounds.TooLate(keyDeadline);
        bytes32 start = task.start;
        bytes32 anchor = task.anchor;
        uint64 keyed = task.marks.keyed;
        for (uint256 i = 0; i < signed.length; ++i) {
            SignedAdvertisement calldata one = signed[i];
            if (!_isWellFormed(mode, one)) continue;
            Advertisement memory made = _read(one);
            bytes32 digest = MessageHashUtils.toTypedDataHash(
                domain,
                SignedStructs.advertisement(taskId, round, start, one)
            );
            // zero where the signature is none: nobody's place
            // slither-disable-next-line unused-return
            (made.participant, , ) = ECDSA.tryRecover(digest, one.signature.r, one.signature.vs);
            uint256 slot = _slot(task, state, made.participant);
            if (slot == Records.NO_SLOT || (keyed >> slot) & 1 != 0) continue;
            made.slot = uint8(slot);
            keyed |= uint64(1 << slot);
            anchor = keccak256(abi.encode(anchor, uint256(1), made));
            _emit(taskId, round, made, one.signature);
        }
        if (keyed == task.marks.keyed) revert IRounds.NothingAdded();
        task.marks.keyed = keyed;
        task.anchor = anchor;
    }

    function _read(SignedAdvertisement calldata one) private pure returns (Advertisement memory made) {
        made.maskKey = one.maskKey;
        made.seedHash = one.seedHash;
        made.sharesId = one.sharesId;
        made.shareKey = one.shareKey;
    }

    function _isWellFormed(Mode mode, SignedAdvertisement calldata one) private view returns (bool) {
        if (one.maskKey == 0 || one.seedHash == 0 || one.sharesId == 0) return false;
        return mode == Mode.Masked ? one.shareKey != 0 && MaskKeys.isKey(one.maskKey) : one.shareKey == 0;
    }

    /// @dev The slot of an account that may commit in this round.
    function _slot(Task storage task, RoundState state, address account) private view returns (uint256) {
        Enrolment storage enrolment = task.enrolments[account];
        if (enrolment.leaving || enrolment.aggregator || !Budgets.isLeft(task, enrolment)) return Records.NO_SLOT;
        return task.slotOf(state, enrolment.place);
    }

    function _emit(uint32 taskId, uint32 round, Advertisement memory made, Signature calldata signature) private {
        emit IRounds.Advertised(
            taskId,
            round,
            made.participant,
            made.slot,
            made.maskKey,
            made.seedHash,
            made.sharesId,
            made.shareKey,
            signature.r,
            signature.vs
        );
    }
}
