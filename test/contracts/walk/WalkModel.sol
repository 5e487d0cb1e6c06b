// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Draw} from "../../../contracts/libraries/Draw.sol";
import {Mode, Phase, TaskRules} from "../../../contracts/types/TaskTypes.sol";
import {Book, Head, Member} from "./WalkBook.sol";
import {WalkVectors} from "./WalkVectors.sol";
import {WalkHeaders} from "./WalkWallet.sol";

/// @title WalkModel
/// @notice What the rules say of rounds and places, reckoned beside the contracts: who may do what until which second,
/// and what follows. Only the order of places is read from the chain.
abstract contract WalkModel is WalkVectors {
    uint256 private constant OPCODE_BLOCKS = 256;
    uint256 private constant REACH_BLOCKS = 8191;
    uint8 internal constant NO_SLOT = 64;

    function _newest(uint32 taskId) internal view returns (Book storage) {
        return books[taskId][heads[taskId].newest];
    }

    function _inFlight(uint32 taskId) internal view returns (bool) {
        Phase phase = _newest(taskId).phase;
        return phase != Phase.None && phase != Phase.Accepted && phase != Phase.Invalid;
    }

    /// @dev Whether an account has a place and is not leaving.
    function _isIn(uint32 taskId, uint256 i) internal view returns (bool) {
        Member storage member = members[taskId][i];
        return member.inside && !member.leaving;
    }

    /// @dev Those who committed and are not expelled.
    function _counting(uint32 taskId, Book storage book) internal view returns (uint256 set) {
        set = book.committed;
        for (uint256 i = 0; i < PARTICIPANTS; ++i) if (members[taskId][i].expelled) set &= ~(uint256(1) << i);
    }

    function _bondWei(uint32 taskId, uint256 i) internal view returns (uint256) {
        TaskRules storage rules = rulesOf[taskId];
        return uint256(i < PARTICIPANTS ? rules.participantBondGwei : rules.aggregatorBondGwei) * 1 gwei;
    }

    function _isBonded(TaskRules memory rules) internal pure returns (bool) {
        return rules.participantBondGwei != 0 || rules.aggregatorBondGwei != 0;
    }

    /// @dev Number of participants that would be there once those who leave have left.
    function _staying(uint32 taskId) internal view returns (uint256 count) {
        for (uint256 i = 0; i < PARTICIPANTS; ++i) if (_isIn(taskId, i)) ++count;
    }

    function _places(uint32 taskId, uint256 from, uint256 to) internal view returns (uint256 set) {
        for (uint256 i = from; i < to; ++i) if (members[taskId][i].inside) set |= uint256(1) << i;
    }

    /// @dev The least number above the newest whose place in the ring is free.
    function _nextNumber(uint32 taskId) internal view returns (uint32 number) {
        number = heads[taskId].newest + 1;
        while (_isTaken(taskId, number)) ++number;
    }

    function _isTaken(uint32 taskId, uint32 number) private view returns (bool) {
        uint256 acceptedAt = ring[taskId][number % 64];
        return acceptedAt != 0 && acceptedAt + rulesOf[taskId].challengeWindowS >= block.timestamp;
    }

    function _hasBudget(uint32 taskId, uint256 i) internal view returns (bool) {
        uint16 most = rulesOf[taskId].roundsPerParticipant;
        return most == 0 || members[taskId][i].spent < most;
    }

    /// @dev Whether an account may advertise in the newest round.
    function _mayAdvertise(uint32 taskId, Book storage book, uint256 i) internal view returns (bool) {
        return _isIn(taskId, i) && _in(book.members & ~book.keyed, i) && _hasBudget(taskId, i);
    }

    /// @dev Whether the newest round takes commitments.
    function _takesCommitments(uint32 taskId, Book storage book) internal view returns (bool) {
        if (book.phase != Phase.Open || block.timestamp > book.deadline) return false;
        return rulesOf[taskId].keyWindowS == 0 || _keysOver(book);
    }

    function _keysOver(Book storage book) private view returns (bool) {
        return _count(book.keyed) == book.drawn || block.timestamp > book.keysUntil;
    }

    /// @dev Whether an account's commitment counts in a round that takes some.
    function _mayCommit(uint32 taskId, Book storage book, uint256 i, uint256 weight) internal view returns (bool) {
        if (weight == 0 || weight > rulesOf[taskId].maxWeight) return false;
        if (rulesOf[taskId].mode == Mode.Masked && !_in(book.keyed, i)) return false;
        return _isIn(taskId, i) && _in(book.members & ~book.committed, i) && _hasBudget(taskId, i);
    }

    /// @dev Whether anyone may close the newest round now, and with how many commitments it goes on.
    function _mayClose(uint32 taskId, Book storage book) internal view returns (bool may, uint256 least) {
        if (book.phase == Phase.Drawing) return (_isOutOfReach(book), type(uint256).max);
        if (book.phase != Phase.Open) return (false, 0);
        TaskRules storage rules = rulesOf[taskId];
        least = rules.minUpdates;
        may = block.timestamp > book.deadline;
        if (rules.mode == Mode.Transparent) return (may || _count(book.committed) == book.drawn, least);
        if (rules.mode == Mode.Encrypted) {
            if (book.keyed == 0) return (may || _keysOver(book), type(uint256).max);
            return (may || (_keysOver(book) && _count(book.committed) == book.drawn), least);
        }
        uint256 share = rules.thresholdPercent * (uint256(book.drawn) - 1);
        uint256 others = share / 100 + (share % 100 == 0 ? 0 : 1);
        if (others + 1 > least) least = others + 1;
        bool enough = book.committed == book.keyed || _count(book.keyed) < least;
        return (may || (_keysOver(book) && enough), least);
    }

    function _isOutOfReach(Book storage book) private view returns (bool) {
        return block.number > book.drawBlock && block.number - book.drawBlock > REACH_BLOCKS;
    }

    /// @dev Whether the newest round's draw can be made, by the right header.
    function _mayDraw(Book storage book) internal view returns (bool) {
        return book.phase == Phase.Drawing && block.number > book.drawBlock && !_isOutOfReach(book);
    }

    /// @dev The chain has the header of a block, as far back as the opcode reaches.
    function _showHeader(uint256 number) internal {
        if (number < block.number && block.number - number <= OPCODE_BLOCKS) {
            vm.setBlockhash(number, keccak256(WalkHeaders.headerOf(number)));
        }
    }

    /// @dev A round begins, behind the number that was asked for.
    function _opened(uint32 taskId, uint32 number) internal {
        TaskRules storage rules = rulesOf[taskId];
        _freed(taskId);
        heads[taskId].newest = number;
        Book storage book = books[taskId][number];
        uint256 there = _places(taskId, 0, PARTICIPANTS);
        uint256 enrolled = _count(there);
        uint256 drawn = (enrolled * rules.participationBps + 9999) / 10_000;
        if (drawn < rules.minUpdates) drawn = rules.minUpdates;
        if (drawn > rules.maxUpdates) drawn = rules.maxUpdates;
        if (drawn > enrolled) drawn = enrolled;
        (book.enrolled, book.drawn) = (uint32(enrolled), uint8(drawn));
        book.aggregators = _places(taskId, PARTICIPANTS, ACCOUNTS);
        book.members = there;
        (book.phase, book.drawBlock) = (Phase.Drawing, block.number + rules.drawDelayBlocks);
        if (drawn == enrolled) _begun(taskId, number, 0);
    }

    /// @dev The participants are drawn, and the round takes keys or commitments.
    function _begun(uint32 taskId, uint32 round, uint64 seed) internal {
        TaskRules storage rules = rulesOf[taskId];
        Book storage book = books[taskId][round];
        (book.phase, book.seed) = (Phase.Open, seed);
        book.keysUntil = block.timestamp + rules.keyWindowS;
        book.deadline = book.keysUntil + rules.commitWindowS;
        book.start = bytes32(_word(taskId, 5));
        book.base = heads[taskId].model;
        uint256 drawn = 0;
        for (uint256 i = 0; i < PARTICIPANTS; ++i) {
            uint256 slot = NO_SLOT;
            if (_in(book.members, i)) {
                slot = Draw.slotOf(seed, uint32(_enrolmentOf(taskId, i)) - 1, book.enrolled, book.drawn);
            }
            book.slots[i] = slot < book.drawn ? uint8(slot) : NO_SLOT;
            if (slot < book.drawn) drawn |= uint256(1) << i;
            book.lanes[i] = int256(uint256(keccak256(abi.encode(book.start, i))) % 2001) - 1000;
        }
        _expect(_count(drawn) == book.drawn, true, "drawing as many as must be");
        book.members = drawn;
    }

    /// @dev The round has no result.
    function _ended(uint32 taskId) internal {
        Book storage book = _newest(taskId);
        // nothing was opened in it
        if (book.phase <= Phase.Open && rulesOf[taskId].mode == Mode.Masked) {
            for (uint256 i = 0; i < PARTICIPANTS; ++i) {
                if (_in(book.committed, i) && rulesOf[taskId].roundsPerParticipant != 0) --members[taskId][i].spent;
            }
        }
        book.phase = Phase.Invalid;
    }

    /// @dev Another aggregator is assigned, where there is one; else the round ends.
    function _assign(uint32 taskId, uint256 attempt) internal {
        uint32 round = heads[taskId].newest;
        Book storage book = books[taskId][round];
        uint256 count = _count(book.aggregators);
        for (uint256 k = 0; k < 2 * count; ++k) {
            uint256 i = _aggregatorAt(taskId, (round + attempt + k) % count);
            if (members[taskId][i].leaving || members[taskId][i].idle != k >= count) continue;
            (book.phase, book.attempt, book.assigned) = (Phase.Aggregating, uint8(attempt), i);
            book.deadline = block.timestamp + rulesOf[taskId].aggregateWindowS;
            return;
        }
        _ended(taskId);
    }

    /// @dev The next attempt over the same updates, if there is one.
    function _retried(uint32 taskId) internal {
        Book storage book = _newest(taskId);
        uint256 attempt = uint256(book.attempt) + 1;
        bool enough = _count(_counting(taskId, book)) >= rulesOf[taskId].minUpdates;
        if (enough && attempt < rulesOf[taskId].attempts) _assign(taskId, attempt);
        else _ended(taskId);
    }

    function _aggregatorAt(uint32 taskId, uint256 place) private view returns (uint256 i) {
        for (i = PARTICIPANTS; i < ACCOUNTS; ++i) {
            if (members[taskId][i].inside && uint32(_enrolmentOf(taskId, i)) == place + 1) return i;
        }
    }

    /// @dev Those who leave have left.
    function _freed(uint32 taskId) internal {
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            Member storage member = members[taskId][i];
            if (!member.inside || !member.leaving) continue;
            (member.inside, member.leaving, member.idle) = (false, false, false);
            if (member.bonded) member.freeFrom = block.timestamp + rulesOf[taskId].challengeWindowS + 1;
        }
    }

    /// @dev A member is to leave; an assignment of it is over.
    function _left(uint32 taskId, uint256 i) internal {
        members[taskId][i].leaving = true;
        Book storage book = _newest(taskId);
        if (book.phase == Phase.Aggregating && book.assigned == i) book.assigned = ACCOUNTS;
    }

    /// @dev A member is expelled; what it loses, in wei.
    function _expelled(uint32 taskId, uint256 i) internal returns (uint256 takenWei) {
        Member storage member = members[taskId][i];
        if (member.expelled || !member.everIn) return 0;
        _expect(_isHonest(i), false, "expelling somebody honest");
        if (member.bonded) takenWei = _bondWei(taskId, i);
        (member.expelled, member.bonded) = (true, false);
        if (member.inside && !member.leaving) _left(taskId, i);
    }

    /// @dev From a round on, all are void, and its base is the model again.
    function _rolledBack(uint32 taskId, uint32 round) internal {
        Head storage head = heads[taskId];
        Book storage book = books[taskId][round];
        if (_inFlight(taskId)) _ended(taskId);
        (head.root, head.model, head.accepted) = (book.inputs.baseModelRoot, book.base, book.inputs.acceptedBefore);
        for (uint32 r = round; r <= head.newest; ++r) books[taskId][r].isVoid = true;
    }
}
