// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Bitmap} from "../../../contracts/libraries/Bitmap.sol";
import {Commitment, Mode, Phase, Proposal, Reason, RoundInfo, TaskRules} from "../../../contracts/types/TaskTypes.sol";
import {ChallengeFixture} from "./ChallengeFixture.sol";

/// @dev What the rules of docs/protocol.md make of the accepted calls, for one round.
struct RoundBook {
    Phase phase;
    uint8 attempt;
    bool excluding;
    uint256 deadline;
    uint256 drawn;
    uint64 committed;
    uint256 weight;
    address assigned;
    bytes32 base;
    bytes32 accumulator;
    bytes32 proposalHash;
    Proposal proposal;
    uint72 seed;
    uint64 keyed;
    uint256 keyDeadline;
}

/// @dev The same for a task.
struct TaskBook {
    uint32 newest;
    uint256 leaving;
    bytes32 finalRoot;
    bytes32 head;
}

/// @title FederationBooks
/// @notice A second state machine beside the federation, kept from the accepted calls alone, and what must agree with it.
abstract contract FederationBooks is ChallengeFixture {
    uint32 internal constant TASKS = 4;

    /// @notice Why an invariant is broken; empty while none is.
    string public violation;
    /// @notice Accepted calls, by kind, to see that the run reaches every phase.
    mapping(string kind => uint256 times) public accepted;

    /// @dev The task that was acted on last.
    uint32 internal _touched = 1;
    mapping(uint32 taskId => TaskRules) internal _rulesOf;
    mapping(uint32 taskId => TaskBook) internal _tasks;
    mapping(uint32 taskId => mapping(uint32 round => RoundBook)) internal _rounds;
    mapping(uint32 taskId => mapping(uint32 round => Commitment[])) internal _commitments;
    mapping(uint32 taskId => mapping(address participant => bool)) internal _active;
    mapping(uint32 taskId => mapping(address participant => bool)) internal _leaving;
    mapping(uint32 taskId => mapping(address participant => bool)) internal _expelled;
    mapping(uint32 taskId => mapping(address participant => uint256 rounds)) internal _spent;
    mapping(uint32 taskId => mapping(uint32 round => uint256)) private _rank;

    /// @notice What differs between the federation and the books; empty when nothing does. Of every task its rounds are compared, the
    /// places only of the one that was acted on, as they take the longest.
    function mismatch() external view returns (string memory found) {
        for (uint32 taskId = 1; taskId <= TASKS && bytes(found).length == 0; ++taskId) {
            found = _taskMismatch(taskId);
        }
        if (bytes(found).length == 0) found = _placesMismatch(_touched);
    }

    /// @dev Calls, and holds the answer against what the books say that it must be.
    function _try(address sender, bytes memory call, bool mayBe, string memory kind) internal returns (bool ok) {
        vm.prank(sender);
        (ok, ) = address(federation).call(call);
        _judge(ok, mayBe, kind);
    }

    function _judge(bool ok, bool mayBe, string memory kind) internal {
        if (ok) ++accepted[kind];
        if (ok != mayBe) violation = string.concat(ok ? "accepted: " : "refused: ", kind);
    }

    function _inFlight(RoundBook storage book) internal view returns (bool) {
        return book.phase == Phase.Open || book.phase == Phase.Aggregating || book.phase == Phase.Proposed;
    }

    function _activeCount(uint32 taskId) internal view returns (uint256 count) {
        for (uint256 i = 0; i < participants.length; ++i) {
            if (_active[taskId][participants[i]]) ++count;
        }
    }

    function _mayOpen(uint32 taskId) internal view returns (bool) {
        TaskBook storage task = _tasks[taskId];
        TaskRules storage rules = _rulesOf[taskId];
        RoundBook storage newest = _rounds[taskId][task.newest];
        if (task.newest > 1 && _inFlight(_rounds[taskId][task.newest - 1])) return false;
        if (_inFlight(newest)) {
            if (!rules.pipelined || newest.phase != Phase.Proposed || newest.excluding || task.leaving != 0)
                return false;
        }
        return task.newest < rules.rounds && _activeCount(taskId) >= rules.minUpdates;
    }

    /// @dev The next round's books; the number of drawn is the contract's (see RoundsOpening), the rest follows from the rules.
    function _noteOpening(uint32 taskId, uint256 randomness) internal {
        TaskBook storage task = _tasks[taskId];
        RoundBook storage former = _rounds[taskId][task.newest];
        bytes32 base = _inFlight(former) ? former.proposal.modelRoot : task.finalRoot;
        if (!_inFlight(former)) _noteFreed(taskId);
        uint32 round = ++task.newest;
        RoundBook storage book = _rounds[taskId][round];
        if (book.phase != Phase.None) violation = "a number was used twice";
        uint256 enrolled = _activeCount(taskId);
        uint256 drawn = federation.roundInfo(taskId, round).drawn;
        uint72 seed = uint72(uint256(keccak256(abi.encode(randomness, address(federation), taskId, round, task.head))));
        book.phase = Phase.Open;
        book.keyDeadline = block.timestamp + _rulesOf[taskId].keyWindowS;
        book.deadline = book.keyDeadline + _rulesOf[taskId].commitWindowS;
        book.seed = seed;
        book.drawn = drawn;
        book.base = base;
        book.accumulator = keccak256(
            abi.encode(block.chainid, address(federation), taskId, round, base, seed, enrolled, drawn)
        );
    }

    function _noteFreed(uint32 taskId) internal {
        _tasks[taskId].leaving = 0;
        for (uint256 i = 0; i < participants.length; ++i) {
            _leaving[taskId][participants[i]] = false;
        }
    }

    function _noteLeaving(uint32 taskId, address participant) internal {
        if (!_active[taskId][participant]) return;
        _active[taskId][participant] = false;
        _leaving[taskId][participant] = true;
        ++_tasks[taskId].leaving;
    }

    /// @dev Whether this participant's commitment with valid fields is to be taken now, unless it has committed.
    function _mayCommit(uint32 taskId, uint32 round, address participant) internal view returns (bool) {
        RoundBook storage book = _rounds[taskId][round];
        if (book.phase != Phase.Open || block.timestamp > book.deadline || !_active[taskId][participant]) return false;
        (uint8 slot, bool drawn) = federation.slotOf(taskId, participant);
        if (_isMasked(taskId) && (!_keysOver(book) || (book.keyed >> slot) & 1 == 0)) return false;
        uint256 budget = _rulesOf[taskId].roundsPerParticipant;
        return drawn && (budget == 0 || _spent[taskId][participant] < budget);
    }

    function _hasCommitted(uint32 taskId, uint32 round, address participant) internal view returns (bool) {
        Commitment[] storage list = _commitments[taskId][round];
        for (uint256 i = 0; i < list.length; ++i) {
            if (list[i].participant == participant) return true;
        }
        return false;
    }

    function _noteCommitment(uint32 taskId, uint32 round, Commitment memory made) internal {
        RoundBook storage book = _rounds[taskId][round];
        if ((book.committed >> made.slot) & 1 != 0) violation = "two updates in one slot";
        book.committed |= uint64(1 << made.slot);
        book.weight += made.weight;
        book.accumulator = keccak256(abi.encode(book.accumulator, made));
        _commitments[taskId][round].push(made);
        ++_spent[taskId][made.participant];
    }

    function _mayClose(uint32 taskId, uint32 round) internal view returns (bool) {
        RoundBook storage book = _rounds[taskId][round];
        if (book.phase != Phase.Open) return false;
        if (_isMasked(taskId) && _keysOver(book)) {
            if (book.committed == book.keyed || Bitmap.count(book.keyed) < _least(taskId, book)) return true;
        }
        if (_isMasked(taskId)) return block.timestamp > book.deadline;
        return block.timestamp > book.deadline || _commitments[taskId][round].length == book.drawn;
    }

    function _noteClosing(uint32 taskId, uint32 round) internal {
        if (_commitments[taskId][round].length < _least(taskId, _rounds[taskId][round])) {
            _noteEnd(taskId, round, Phase.Invalidated, Reason.TooFewUpdates);
        } else {
            _noteAssignment(taskId, round, 0, Reason.None);
        }
    }

    function _isMasked(uint32 taskId) internal view returns (bool) {
        return _rulesOf[taskId].mode == Mode.Masked;
    }

    /// @dev Whether no key can come any more.
    function _keysOver(RoundBook storage book) internal view returns (bool) {
        return block.timestamp > book.keyDeadline || Bitmap.count(book.keyed) == book.drawn;
    }

    /// @dev The fewest commitments that make a round; of masked ones 51 % of those with keys, rounded up.
    function _least(uint32 taskId, RoundBook storage book) internal view returns (uint256 least) {
        least = _rulesOf[taskId].minUpdates;
        uint256 share = (Bitmap.count(book.keyed) * 51 + 99) / 100;
        if (share > least) least = share;
    }

    /// @dev The first in the rotation that did not lose a challenge in the round; without one, or an attempt, the round ends.
    function _noteAssignment(uint32 taskId, uint32 round, uint8 attempt, Reason reason) internal {
        RoundBook storage book = _rounds[taskId][round];
        bytes32 role = federation.AGGREGATOR_ROLE();
        uint256 count = federation.getRoleMemberCount(role);
        book.excluding = false;
        book.proposalHash = 0;
        for (uint256 i = 0; i < count && attempt < _rulesOf[taskId].attempts; ++i) {
            address next = federation.getRoleMember(role, (round + attempt + i) % count);
            if (attempt != 0 && federation.isBarred(taskId, round, next)) continue;
            book.phase = Phase.Aggregating;
            book.attempt = attempt;
            book.assigned = next;
            book.deadline = block.timestamp + _rulesOf[taskId].aggregateWindowS;
            return;
        }
        _noteEnd(taskId, round, Phase.Invalidated, reason);
    }

    function _mayReassign(uint32 taskId, uint32 round) internal view returns (bool) {
        RoundBook storage book = _rounds[taskId][round];
        bool waiting = book.phase == Phase.Aggregating || (book.phase == Phase.Proposed && book.excluding);
        return waiting && block.timestamp > book.deadline;
    }

    /// @dev Whether a round may be final now, by whatever road: it is Proposed, and the one before has ended.
    function _mayBeFinal(uint32 taskId, uint32 round) internal view returns (bool) {
        return _rounds[taskId][round].phase == Phase.Proposed && (round == 1 || !_inFlight(_rounds[taskId][round - 1]));
    }

    function _noteFinal(uint32 taskId, uint32 round) internal {
        RoundBook storage book = _rounds[taskId][round];
        _noteEnd(taskId, round, Phase.Finalized, Reason.None);
        _tasks[taskId].finalRoot = book.proposal.modelRoot;
    }

    /// @dev A struck proposal takes what was built on it with it, and then finds another aggregator.
    function _noteStrike(uint32 taskId, uint32 round) internal {
        if (_inFlight(_rounds[taskId][round + 1])) {
            _noteEnd(taskId, round + 1, Phase.Invalidated, Reason.AncestorInvalid);
            ++accepted["fall"];
        }
        _noteAssignment(taskId, round, _rounds[taskId][round].attempt + 1, Reason.ChallengeWon);
    }

    function _noteEnd(uint32 taskId, uint32 round, Phase phase, Reason reason) internal {
        RoundBook storage book = _rounds[taskId][round];
        TaskBook storage task = _tasks[taskId];
        bytes32 hash = phase == Phase.Finalized ? book.proposalHash : bytes32(0);
        task.head = keccak256(abi.encode(task.head, round, phase, book.base, book.accumulator, hash, reason));
        book.phase = phase;
        book.proposalHash = 0;
    }

    /// @dev Whatever the books say: within a round attempt and phase only grow, and an ended round stays as it is.
    function _checkRank(uint32 taskId) internal {
        uint32 newest = _tasks[taskId].newest;
        for (uint32 round = newest > 1 ? newest - 1 : 1; round <= newest; ++round) {
            RoundInfo memory info = federation.roundInfo(taskId, round);
            bool ended = info.phase == Phase.Finalized || info.phase == Phase.Invalidated;
            uint256 rank = uint256(info.phase) | (ended ? 1 << 16 : uint256(info.attempt) << 8);
            uint256 before = _rank[taskId][round];
            if (rank < before || (before >> 16 != 0 && rank != before)) violation = "a round went back";
            _rank[taskId][round] = rank;
        }
    }

    function _taskMismatch(uint32 taskId) private view returns (string memory) {
        TaskBook storage task = _tasks[taskId];
        (uint32 newest, Phase phase, bytes32 root, bytes32 accumulator, bytes32 head) = federation.taskState(taskId);
        if (newest != task.newest) return "the newest round is not that of the openings";
        if (root != task.finalRoot) return "a final root changed";
        if (head != task.head) return "the history is not that of the rounds' ends";
        RoundBook storage last = _rounds[taskId][newest];
        if (phase != last.phase || accumulator != last.accumulator) return "the newest round's state";
        for (uint32 round = newest > 1 ? newest - 1 : 1; round <= newest; ++round) {
            string memory found = _roundMismatch(federation.roundInfo(taskId, round), _rounds[taskId][round]);
            if (bytes(found).length != 0) return found;
        }
        return "";
    }

    function _roundMismatch(RoundInfo memory info, RoundBook storage book) private view returns (string memory) {
        if (info.phase != book.phase) return "a phase";
        if (info.attempt != book.attempt) return "an attempt";
        if (info.committed != book.committed) return "the committed set does not add up";
        if (info.totalWeight != book.weight) return "the weight does not add up";
        if (info.keyed != book.keyed) return "who has keys";
        if (info.accumulator != book.accumulator) return "the accumulator is not that of the commitments";
        if (info.baseModelRoot != book.base) return "a base model";
        if (info.proposalHash != book.proposalHash) return "the proposal on record";
        if (!_inFlight(book)) return "";
        if (info.deadline != book.deadline) return "a deadline";
        if (info.excluding != book.excluding) return "whether a quorum is needed";
        if (book.phase == Phase.Aggregating && info.assigned != book.assigned) return "the assigned aggregator";
        return "";
    }

    /// @dev The list of places and the participants' enrolments agree with each other and with the books.
    function _placesMismatch(uint32 taskId) private view returns (string memory) {
        address[] memory places = federation.participants(taskId);
        if (places.length != _activeCount(taskId) + _tasks[taskId].leaving) return "the number of places";
        for (uint256 i = 0; i < participants.length; ++i) {
            address one = participants[i];
            (bool enrolled, uint32 index, bool leaving, uint16 spent, , bool expelled) = federation.enrolment(
                taskId,
                one
            );
            if (enrolled != (_active[taskId][one] || _leaving[taskId][one])) return "who has a place";
            if (leaving != _leaving[taskId][one]) return "who is leaving";
            if (expelled != _expelled[taskId][one]) return "who was expelled";
            if (enrolled && places[index] != one) return "a place is not its participant's";
            uint256 counted = _rulesOf[taskId].roundsPerParticipant == 0 ? 0 : _spent[taskId][one];
            if (spent != counted) return "the rounds a participant has committed in";
        }
        return "";
    }
}
