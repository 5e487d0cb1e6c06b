// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Commitment, Mode, Phase, Proposal, RoundInputs} from "../../../contracts/types/TaskTypes.sol";
import {Calls} from "./Calls.sol";
import {Book, Vector} from "./WalkBook.sol";
import {WalkRounds} from "./WalkRounds.sol";

/// @notice A proposal in the making. `excluded` is a set of accounts.
struct Draft {
    uint256 excluded;
    uint256 wrongs;
    uint8 falseSlot;
    Vector model;
    Proposal proposal;
    bytes openings;
}

/// @title WalkProposals
/// @notice Proposals, right ones and lies of every kind.
abstract contract WalkProposals is WalkRounds {
    /// @notice An aggregator proposes: an honest one what is right, or nothing; a liar what it likes. Now and then it
    /// is not its turn, or it is over other updates.
    function _propose(uint32 taskId, uint256 i, uint256 seed) internal {
        uint32 round = heads[taskId].newest;
        Book storage book = books[taskId][round];
        if (_count(book.committed) < rulesOf[taskId].minUpdates) return;
        (Draft memory draft, bool any) = _draft(taskId, round, i, seed >> 8);
        if (!any) return;
        RoundInputs memory inputs = _inputs(taskId, round, keccak256(draft.openings));
        bytes32 accumulator = seed % 16 == 3 ? bytes32("another") : inputs.accumulator;
        if (seed % 16 == 4) draft.proposal.attempt += 1;
        // in the name of the one that is assigned
        if (seed % 16 == 5 && book.assigned < ACCOUNTS) draft.proposal.aggregator = accounts[book.assigned];
        bool must = book.phase == Phase.Aggregating && block.timestamp <= book.deadline && book.assigned == i;
        must = must && seed % 16 != 3 && seed % 16 != 4;
        bytes memory call = abi.encodeCall(Calls.propose, (taskId, round, accumulator, draft.proposal, draft.openings));
        if (!_step(accounts[i], call, must, "propose")) return;
        if (draft.wrongs != 0) ++done["propose a lie"];
        book.inputs = inputs;
        _proposed(taskId, book, i, draft);
    }

    function _proposed(uint32 taskId, Book storage book, uint256 i, Draft memory draft) internal {
        (book.proposal, book.proposed, book.openings) = (draft.proposal, draft.model, draft.openings);
        (book.wrongs, book.falseSlot, book.phase) = (draft.wrongs, draft.falseSlot, Phase.Proposed);
        book.deadline = block.timestamp + rulesOf[taskId].attestWindowS;
        members[taskId][i].idle = false;
        delete book.attesters;
    }

    /// @dev Whether a proposal is what the rule makes of the updates that it includes, none of which breaks the rules.
    function _isRight(uint32 taskId, uint32 round, Draft memory draft) internal view returns (bool) {
        Book storage book = books[taskId][round];
        uint256 excluded = 0;
        for (uint256 i = 0; i < PARTICIPANTS; ++i) {
            if (_in(book.committed, i) && _in(draft.proposal.excluded, book.slots[i])) excluded |= uint256(1) << i;
        }
        if (book.committed & ~excluded & book.invalid != 0) return false;
        Vector memory model = Vector(_rightLane(taskId, round, excluded), 0);
        uint256 count = rulesOf[taskId].parameterCount;
        return draft.proposal.modelRoot == _rootOf(count, _leavesOf(count, model));
    }

    /// @dev What an aggregator makes of a round; false where an honest one makes nothing.
    function _draft(
        uint32 taskId,
        uint32 round,
        uint256 i,
        uint256 seed
    ) private view returns (Draft memory draft, bool any) {
        Book storage book = books[taskId][round];
        Mode mode = rulesOf[taskId].mode;
        uint256 lie = _isHonest(i) ? 0 : seed % 6;
        // what the mode does not know
        if (lie == 5 && rulesOf[taskId].parameterCount <= 64) lie = mode == Mode.Masked ? 4 : 1;
        if (lie == 2 && mode == Mode.Masked) lie = 4;
        if (mode == Mode.Transparent) draft.excluded = _excluded(taskId, book, lie, seed >> 8);
        if (book.committed & ~draft.excluded & book.invalid != 0) draft.wrongs = INVALID;
        if (_isHonest(i) && draft.wrongs != 0) return (draft, false);
        Proposal memory made = draft.proposal;
        (made.attempt, made.aggregator, made.contentId) = (book.attempt, accounts[i], "blob");
        made.excluded = _slotsOf(book, draft.excluded);
        made.totalWeight = uint64(_weightWithout(taskId, round, draft.excluded));
        draft.model.lane = _rightLane(taskId, round, draft.excluded);
        if (mode == Mode.Masked) draft.openings = _openings(book);
        if (mode == Mode.Encrypted) draft.openings = abi.encode(bytes32("sum"));
        _falsify(taskId, book, draft, lie);
        uint256 count = rulesOf[taskId].parameterCount;
        made.modelRoot = _rootOf(count, _leavesOf(count, draft.model));
        return (draft, true);
    }

    /// @dev What breaks the rules is left out, where enough is left; now and then what could not be had, too.
    function _excluded(
        uint32 taskId,
        Book storage book,
        uint256 lie,
        uint256 seed
    ) private view returns (uint256 excluded) {
        if (lie != 3) excluded = book.invalid & book.committed;
        if (seed % 4 == 0 || lie == 2) excluded |= book.committed & (uint256(1) << ((seed >> 4) % PARTICIPANTS));
        if (_count(book.committed & ~excluded) >= rulesOf[taskId].minUpdates) return excluded;
        excluded = lie == 3 ? 0 : book.invalid & book.committed;
        if (_count(book.committed & ~excluded) < rulesOf[taskId].minUpdates) return 0;
    }

    function _weightWithout(uint32 taskId, uint32 round, uint256 excluded) private view returns (uint256 weight) {
        Commitment[] storage all = commitments[taskId][round];
        for (uint256 k = 0; k < all.length; ++k) {
            if (!_in(excluded, _indexOf(all[k].participant))) weight += all[k].weight;
        }
    }

    function _falsify(uint32 taskId, Book storage book, Draft memory draft, uint256 lie) private view {
        Mode mode = rulesOf[taskId].mode;
        Proposal memory made = draft.proposal;
        if (lie == 1) {
            draft.model.lane += 1;
            draft.wrongs |= mode == Mode.Encrypted ? HIDDEN : CHUNK;
        } else if (lie == 2 && made.excluded != 0) {
            uint64 claimed = made.totalWeight == 1 ? 2 : made.totalWeight - 1;
            if (claimed == 0 || claimed >= book.weight) return;
            made.totalWeight = claimed;
            draft.wrongs |= WEIGHT;
        } else if (lie == 4 && mode == Mode.Masked) {
            uint256 count = draft.openings.length / 32;
            uint256 place = uint256(book.start) % count;
            draft.falseSlot = _slotAt(book, place);
            draft.openings[32 * place + 31] ^= 0x40;
            draft.wrongs |= OPENING;
        } else if (lie == 5 && rulesOf[taskId].parameterCount > 64) {
            draft.model.behind = "anything";
            draft.wrongs |= BEHIND;
        }
    }

    /// @dev The seeds of those who committed, by slot, and behind them the secret keys of the others.
    function _openings(Book storage book) private view returns (bytes memory openings) {
        uint256 count = _count(book.keyed);
        for (uint256 place = 0; place < count; ++place) {
            uint8 slot = _slotAt(book, place);
            uint256 i = 0;
            while (book.slots[i] != slot) ++i;
            openings = bytes.concat(openings, _in(book.committed, i) ? _seed(i) : bytes32(uint256(1)));
        }
    }

    /// @dev The slot whose opening stands at a place.
    function _slotAt(Book storage book, uint256 place) private view returns (uint8) {
        uint256 committed = _slotsOf(book, book.committed);
        uint256 dropped = _slotsOf(book, book.keyed) & ~committed;
        uint256 first = _count(committed);
        uint256 set = place < first ? committed : dropped;
        for (uint256 rest = place < first ? place : place - first; rest != 0; --rest) set &= set - 1;
        uint8 slot = 0;
        while (!_in(set, slot)) ++slot;
        return slot;
    }

    /// @dev What a proof needs of the newest round, by what was noted.
    function _inputs(
        uint32 taskId,
        uint32 round,
        bytes32 openingsHash
    ) internal view returns (RoundInputs memory inputs) {
        Book storage book = books[taskId][round];
        (inputs.taskId, inputs.round, inputs.drawn) = (taskId, round, book.drawn);
        inputs.committed = _slotsOf(book, book.committed);
        inputs.keyed = _slotsOf(book, book.keyed);
        inputs.totalWeight = uint64(book.weight);
        inputs.acceptedBefore = heads[taskId].accepted;
        inputs.baseModelRoot = heads[taskId].root;
        inputs.anchor = _anchorOf(taskId, round);
        inputs.accumulator = inputs.anchor;
        Commitment[] storage all = commitments[taskId][round];
        for (uint256 k = 0; k < all.length; ++k) {
            inputs.accumulator = keccak256(abi.encode(inputs.accumulator, all[k]));
        }
        inputs.openingsHash = openingsHash;
    }

    function _proposalHash(uint32 taskId, uint32 round) internal view returns (bytes32) {
        return _hashOf(taskId, round, books[taskId][round].proposal);
    }

    function _hashOf(uint32 taskId, uint32 round, Proposal memory proposal) internal view returns (bytes32) {
        RoundInputs storage inputs = books[taskId][round].inputs;
        return keccak256(abi.encode(taskId, round, inputs.accumulator, inputs.openingsHash, proposal));
    }
}
