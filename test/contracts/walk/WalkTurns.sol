// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Mode, Phase, TaskRules} from "../../../contracts/types/TaskTypes.sol";
import {Book} from "./WalkBook.sol";
import {WalkTrials} from "./WalkTrials.sol";

/// @title WalkTurns
/// @notice Steps that are due, or nearly, so that rounds get further than chance would take them.
abstract contract WalkTurns is WalkTrials {
    /// @notice A step that is due, or a few of them, so that rounds get further than chance would take them.
    function _advance(uint32 taskId, uint256 times, uint256 seed) internal {
        for (; times != 0; --times) {
            seed = uint256(keccak256(abi.encode(seed)));
            if (taskId == 0) _create(seed);
            else _go(taskId, seed);
        }
    }

    function _go(uint32 taskId, uint256 seed) internal {
        Book storage book = _newest(taskId);
        uint256 kind = seed % 16;
        seed >>= 8;
        if (book.phase == Phase.Drawing) _toDraw(taskId, book, kind, seed);
        else if (book.phase == Phase.Open) _toClose(taskId, book, kind, seed);
        else if (book.phase == Phase.Aggregating) _toPropose(taskId, book, kind, seed);
        else if (book.phase == Phase.Proposed) _toAccept(taskId, book, kind, seed);
        else _begin(taskId, kind, seed);
    }

    function _toDraw(uint32 taskId, Book storage book, uint256 kind, uint256 seed) private {
        if (kind == 9) _close(taskId);
        if (block.number <= book.drawBlock) vm.roll(book.drawBlock + (kind == 3 ? 8192 : 1 + (seed % 400)));
        if (kind == 10) _close(taskId);
        if (kind == 11) _draw(taskId, false);
        _draw(taskId, true);
        _close(taskId);
    }

    function _toClose(uint32 taskId, Book storage book, uint256 kind, uint256 seed) private {
        _update(taskId, kind, seed);
        if (kind == 5) return _close(taskId);
        if (kind == 8) _pass(book.deadline);
        if (kind == 8) _close(taskId);
        _pass(book.deadline + 1);
        if (kind == 9) _commitBatch(taskId, 255, 0, seed);
        _close(taskId);
    }

    function _toPropose(uint32 taskId, Book storage book, uint256 kind, uint256 seed) private {
        if (kind > 6 && kind < 9) _pass(book.deadline + kind - 7);
        if (kind == 8 || kind == 9) _propose(taskId, book.assigned % ACCOUNTS, seed << 8);
        if (kind == 10) _propose(taskId, PARTICIPANTS + (seed % 3), (seed << 8) | (seed % 2 == 0 ? 5 : 0));
        if (kind == 11) _propose(taskId, book.assigned % ACCOUNTS, (seed << 8) | 3);
        if (book.assigned == ACCOUNTS) _pass(book.deadline + 1);
        _reassign(taskId);
        if (book.phase == Phase.Aggregating && book.assigned != ACCOUNTS) _propose(taskId, book.assigned, seed << 8);
    }

    function _toAccept(uint32 taskId, Book storage book, uint256 kind, uint256 seed) private {
        if (kind > 6 && kind < 9) _pass(book.deadline + kind - 7);
        if (kind == 6) _accuse(taskId, seed);
        // liars are convicted by words of theirs, so that few may be left
        for (uint256 times = 0; times < 8 && kind == 9; ++times) _accuse(taskId, (seed >> times) << 3);
        if (kind == 7 || kind == 10) _reassign(taskId);
        uint256 set = kind % 4 == 1 && kind != 9 ? seed >> 8 : 255;
        _accept(taskId, set, kind == 2 ? seed >> 16 : 0, kind == 11 ? 3 : (seed >> 24) << 4);
        _reassign(taskId);
    }

    /// @dev Keys and commitments. Often one honest participant stays away: then liars are a majority.
    function _update(uint32 taskId, uint256 kind, uint256 seed) private {
        uint256 set = 255 & ~(uint256(1) << (seed % 3));
        if (kind % 8 == 0) set = 255;
        if (kind % 8 == 1) set = seed >> 8;
        if (kind == 14) set = (seed >> 8) & (seed >> 16);
        if (rulesOf[taskId].mode != Mode.Transparent) {
            _advertise(taskId, kind == 9 ? seed >> 16 : 255, kind == 10 ? seed >> 16 : 0);
            _pass(_newest(taskId).keysUntil + 1);
        }
        if (kind == 11) for (uint256 i = 0; i < SIGNERS; ++i) _commit(taskId, i, seed >> i);
        for (uint256 i = SIGNERS; i < PARTICIPANTS; ++i) if (_in(set, i)) _commit(taskId, i, (seed >> 8) << 4);
        _commitBatch(taskId, set, kind == 12 ? seed >> 16 : 0, seed >> 32);
    }

    /// @dev Whoever may comes (back), and one of them opens a round; now and then there is a new task instead.
    function _begin(uint32 taskId, uint256 kind, uint256 seed) private {
        if (kind < 3) _grantAll();
        uint256 few = kind == 13 ? 3 : 0;
        _free(taskId);
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            // a wallet cannot advertise keys
            bool fits = rulesOf[taskId].mode != Mode.Masked || i < SIGNERS || i >= PARTICIPANTS;
            if (fits && (seed >> (4 * i)) % 16 > 4 * few && !_isIn(taskId, i)) _enter(taskId, i, 5);
        }
        uint256 opener = seed % ACCOUNTS;
        for (uint256 i = 0; i < ACCOUNTS && !_isIn(taskId, opener); ++i) opener = (opener + 1) % ACCOUNTS;
        _open(taskId, opener, _nextNumber(taskId));
        if (!_inFlight(taskId) && seed % 3 == 0) _create(seed >> 8);
    }

    /// @notice Rounds in which liars are many and nobody accuses them, until all come before the court at once.
    function _conspire(uint32 taskId, uint256 seed) internal {
        for (uint256 times = 0; times < 20; ++times) {
            seed = uint256(keccak256(abi.encode(seed)));
            if (times < 16) _go(taskId, (seed & ~uint256(15)) | 4);
            else _accuse(taskId, (seed & ~uint256(0x70f)) | 1);
        }
    }

    /// @notice Rounds that nobody answers, until the ring's places come again.
    function _spin(uint32 taskId, uint256 seed) internal {
        for (uint32 t = 1; t <= taskCount; ++t) if (_canSpin(t)) taskId = t;
        if (!_canSpin(taskId)) return;
        for (uint256 times = 0; times < 66; ++times) {
            uint256 opener = seed % ACCOUNTS;
            for (uint256 i = 0; i < ACCOUNTS && !_isIn(taskId, opener); ++i) opener = (opener + 1) % ACCOUNTS;
            uint32 number = _nextNumber(taskId);
            if (number != heads[taskId].newest + 1) {
                ++done["pass over a number"];
                if (seed % 3 == 0)
                    _pass(ring[taskId][(heads[taskId].newest + 1) % 64] + rulesOf[taskId].challengeWindowS);
                _open(taskId, opener, heads[taskId].newest + 1);
                number = _nextNumber(taskId);
            }
            _open(taskId, opener, number);
            Book storage book = _newest(taskId);
            if (!_inFlight(taskId)) return;
            if (book.phase == Phase.Drawing) _go(taskId, 0);
            _pass(book.deadline + 1);
            _close(taskId);
            if (_inFlight(taskId)) return;
        }
    }

    /// @dev Whether its rounds are short, and one that was accepted is in its ring.
    function _canSpin(uint32 taskId) private view returns (bool) {
        TaskRules storage rules = rulesOf[taskId];
        uint256 accepted = heads[taskId].accepted;
        if (_inFlight(taskId) || accepted == 0 || accepted >= rules.rounds || heads[taskId].newest > 200) return false;
        return 66 * (uint256(rules.commitWindowS) + rules.keyWindowS) < rules.challengeWindowS;
    }
}
