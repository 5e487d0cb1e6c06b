// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RoundState} from "../../../contracts/types/RoundState.sol";
import {Phase} from "../../../contracts/types/TaskTypes.sol";
import {Book, Head, Member} from "./WalkBook.sol";
import {WalkModel} from "./WalkModel.sol";

/// @title WalkMirror
/// @notice Whether the chain has what the rules say, and the books add up.
abstract contract WalkMirror is WalkModel {
    /// @dev Number of steps, and the task of the newest.
    uint256 internal steps;
    uint32 internal stepped;

    /// @notice What does not hold, of the task of the newest step and, in turn, of another; empty where all does.
    function mismatch() external view returns (string memory found) {
        found = _books();
        for (uint32 taskId = 1; taskId <= taskCount && bytes(found).length == 0; ++taskId) {
            if (taskId != stepped && steps % MAX_TASKS != taskId - 1) continue;
            found = _roundOf(taskId);
            for (uint256 i = 0; i < ACCOUNTS && bytes(found).length == 0; ++i) found = _memberOf(taskId, i);
        }
    }

    /// @dev Bonds, credits and what was burnt are the balance; nobody honest has lost anything, no liars have gained.
    function _books() private view returns (string memory) {
        uint256 held = _wordAt(4) + _creditOf(outsider);
        uint256 liars = 0;
        uint256 count = 0;
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            uint256 own = _creditOf(accounts[i]);
            for (uint32 taskId = 1; taskId <= taskCount; ++taskId) {
                if (members[taskId][i].bonded) own += _bondWei(taskId, i);
            }
            held += own;
            own += accounts[i].balance;
            if (_isHonest(i)) {
                if (own < PURSE) return "somebody honest has lost something";
            } else {
                liars += own;
                ++count;
            }
        }
        if (held != address(federation).balance) return "bonds, credits and what was burnt are not the balance";
        if (liars > count * PURSE) return "liars have gained";
        return "";
    }

    function _roundOf(uint32 taskId) private view returns (string memory) {
        Head storage head = heads[taskId];
        RoundState state = _stateOf(taskId);
        if (state.round() != head.newest || state.accepted() != head.accepted)
            return "rounds are not counted as they must be";
        if (bytes32(_word(taskId, 2)) != head.root) {
            return "the model is not that of the last round that is accepted and not void";
        }
        Book storage book = _newest(taskId);
        if (state.phase() != book.phase) return "another phase";
        if (!state.inFlight()) return "";
        if (state.drawn() != book.drawn || state.enrolled() != book.enrolled) return "another draw";
        if (book.phase == Phase.Drawing) return "";
        if (state.deadline() != book.deadline) return "another deadline";
        if (state.committed() != _slotsOf(book, book.committed)) return "others have committed";
        if (state.totalWeight() != book.weight) return "another weight";
        if (state.attempt() != book.attempt) return "another attempt";
        if (rulesOf[taskId].keyWindowS != 0 && uint64(_word(taskId, 10)) != _slotsOf(book, book.keyed)) {
            return "others have advertised";
        }
        if (book.phase != Phase.Aggregating) return "";
        address assigned = book.assigned == ACCOUNTS ? address(0) : accounts[book.assigned];
        return address(uint160(_word(taskId, 7))) == assigned ? "" : "another aggregator";
    }

    function _memberOf(uint32 taskId, uint256 i) private view returns (string memory) {
        Member storage member = members[taskId][i];
        uint256 enrolment = _enrolmentOf(taskId, i);
        uint256 place = uint32(enrolment);
        if ((place != 0) != member.inside) return "another has a place";
        if (_in(enrolment, 176) != member.leaving) return "another is leaving";
        if (_in(enrolment, 184) != member.bonded) return "another has its bond here";
        if (_in(enrolment, 192) != member.expelled) return "another is expelled";
        if (member.bonded && !member.inside && uint40(enrolment >> 128) != member.freeFrom)
            return "free at another time";
        if (place == 0) return "";
        uint256 list = uint256(
            keccak256(abi.encode(uint256(keccak256(abi.encode(taskId, 1))) + (i < PARTICIPANTS ? 11 : 12)))
        );
        if (_wordAt(list + place - 1) != uint160(accounts[i])) return "another stands in its place";
        if (i >= PARTICIPANTS && _stateOf(taskId).isIdle(place - 1) != member.idle) return "another is idle";
        return "";
    }
}
