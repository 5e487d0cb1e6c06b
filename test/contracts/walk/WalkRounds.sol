// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    Advertisement,
    Commitment,
    Mode,
    Phase,
    SignedAdvertisement,
    SignedCommitment
} from "../../../contracts/types/TaskTypes.sol";
import {Calls} from "./Calls.sol";
import {Book} from "./WalkBook.sol";
import {WalkMembers} from "./WalkMembers.sol";
import {WalkHeaders} from "./WalkWallet.sol";

/// @title WalkRounds
/// @notice The steps of a round up to its closing, right or wrong, by whoever may and whoever may not.
abstract contract WalkRounds is WalkMembers {
    bytes32 private constant COMMITMENT = keccak256(
        "Commitment(uint32 taskId,uint32 round,bytes32 anchor,bytes32 updateRoot,bytes32 contentId,uint32 weight)"
    );
    bytes32 private constant ADVERTISEMENT = keccak256(
        "Advertisement(uint32 taskId,uint32 round,bytes32 start,bytes32 maskKey,bytes32 seedHash,"
        "bytes32 sharesId,bytes32 shareKey)"
    );

    function _open(uint32 taskId, uint256 i, uint32 number) internal {
        bool must = i < ACCOUNTS && _isIn(taskId, i) && !_inFlight(taskId);
        must = must && heads[taskId].accepted < rulesOf[taskId].rounds;
        must = must && _staying(taskId) >= rulesOf[taskId].minUpdates && number == _nextNumber(taskId);
        address account = i >= ACCOUNTS ? outsider : accounts[i];
        if (_step(account, abi.encodeCall(Calls.openRound, (taskId, number)), must, "open")) _opened(taskId, number);
    }

    /// @notice Somebody gives the header of the block that draws, or another.
    function _draw(uint32 taskId, bool right) internal {
        uint32 round = heads[taskId].newest;
        Book storage book = books[taskId][round];
        uint256 number = book.drawBlock;
        _showHeader(number);
        bytes memory header = WalkHeaders.headerOf(right ? number : number + 1);
        bytes memory call = abi.encodeCall(Calls.drawRound, (taskId, round, header));
        if (!_step(outsider, call, right && _mayDraw(book), "draw")) return;
        bytes32 hash = keccak256(abi.encode(WalkHeaders.mixOf(number), federation, taskId, round));
        _begun(taskId, round, uint64(bytes8(hash)));
    }

    /// @notice The keys of a set of participants, brought by the outsider; of the bogus ones the word is over another
    /// start value, or the key is none.
    function _advertise(uint32 taskId, uint256 set, uint256 bogus) internal {
        uint32 round = heads[taskId].newest;
        Book storage book = books[taskId][round];
        SignedAdvertisement[] memory signed = new SignedAdvertisement[](SIGNERS + 1);
        uint256 added = 0;
        for (uint256 i = 0; i < SIGNERS; ++i) {
            if (!_in(set, i)) continue;
            signed[i] = _keys(taskId, round, _in(bogus, i) ? bytes32("another") : book.start, i);
            if (_in(bogus, i) && i % 2 == 1) signed[i] = _noKeys(taskId, round, book.start, i);
            // one is brought twice
            signed[SIGNERS] = signed[i];
            if (!_in(bogus, i) && _mayAdvertise(taskId, book, i)) added |= uint256(1) << i;
        }
        bool must = rulesOf[taskId].mode != Mode.Transparent && book.phase == Phase.Open;
        must = must && block.timestamp <= book.keysUntil && added != 0;
        if (!_step(outsider, abi.encodeCall(Calls.advertise, (taskId, round, signed)), must, "advertise")) return;
        book.keyed |= added;
        for (uint256 i = 0; i < SIGNERS; ++i) {
            if (!_in(added, i)) continue;
            bytes32 shareKey = signed[i].shareKey;
            advertisements[taskId][round].push(
                Advertisement(accounts[i], book.slots[i], GENERATOR, _seedHash(i), "shares", shareKey)
            );
        }
    }

    function _keys(
        uint32 taskId,
        uint32 round,
        bytes32 start,
        uint256 i
    ) private view returns (SignedAdvertisement memory made) {
        made.maskKey = GENERATOR;
        made.seedHash = _seedHash(i);
        made.sharesId = "shares";
        if (rulesOf[taskId].mode == Mode.Masked) made.shareKey = "next";
        _signKeys(taskId, round, start, i, made);
    }

    /// @dev No point has this x; without shares it is nothing in any mode.
    function _noKeys(
        uint32 taskId,
        uint32 round,
        bytes32 start,
        uint256 i
    ) private view returns (SignedAdvertisement memory made) {
        made = _keys(taskId, round, start, i);
        made.maskKey = bytes32(uint256(5));
        if (rulesOf[taskId].mode != Mode.Masked) made.sharesId = 0;
        _signKeys(taskId, round, start, i, made);
    }

    function _signKeys(
        uint32 taskId,
        uint32 round,
        bytes32 start,
        uint256 i,
        SignedAdvertisement memory made
    ) private view {
        bytes32 hash = keccak256(
            abi.encode(ADVERTISEMENT, taskId, round, start, made.maskKey, made.seedHash, made.sharesId, made.shareKey)
        );
        (made.signature.r, made.signature.vs) = _sign(_keyOf(i), hash);
    }

    function _seedHash(uint256 i) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(5), _seed(i)));
    }

    /// @dev The round's anchor, folded from what was advertised.
    function _anchorOf(uint32 taskId, uint32 round) internal view returns (bytes32 anchor) {
        anchor = books[taskId][round].start;
        Advertisement[] storage all = advertisements[taskId][round];
        for (uint256 k = 0; k < all.length; ++k) anchor = keccak256(abi.encode(anchor, uint256(1), all[k]));
    }

    /// @dev What a liar commits to is decided before it does: an update that breaks the rules, or, where nobody can
    /// see it, anything.
    function _decide(uint32 taskId, Book storage book, uint256 i, uint256 seed) private {
        if (_isHonest(i) || _in(book.committed, i)) return;
        Mode mode = rulesOf[taskId].mode;
        book.invalid &= ~(uint256(1) << i);
        book.lanes[i] = int256((seed >> 8) % 2001) - 1000;
        if (mode == Mode.Masked && seed % 4 == 0) book.lanes[i] = int32(uint32(seed >> 16));
        if (mode == Mode.Encrypted || seed % 5 != 1) return;
        if (mode == Mode.Transparent)
            book.lanes[i] = int256(1001 + ((seed >> 8) % 2)) * (seed % 2 == 0 ? int256(1) : -1);
        book.invalid |= uint256(1) << i;
    }

    /// @dev Honest ones always state the same.
    function _weightOf(uint256 i, uint256 seed) internal pure returns (uint32) {
        if (_isHonest(i)) return uint32(10 + i);
        if (seed % 16 == 0) return (seed >> 4) % 2 == 0 ? 0 : 1001;
        return seed % 16 == 1 ? 1000 : uint32(1 + ((seed >> 8) % 50));
    }

    /// @notice An account commits, over the round's anchor or another.
    function _commit(uint32 taskId, uint256 i, uint256 seed) internal {
        uint32 round = heads[taskId].newest;
        Book storage book = books[taskId][round];
        bool stale = seed % 16 == 3;
        uint32 weight = _weightOf(i, seed >> 64);
        bool must = i < PARTICIPANTS && !stale && _takesCommitments(taskId, book);
        must = must && _mayCommit(taskId, book, i, weight);
        bytes32 root = "root";
        if (must) {
            _decide(taskId, book, i, seed >> 128);
            root = _updateRoot(taskId, round, i, weight);
        }
        bytes32 anchor = stale ? bytes32("another") : bytes32(_word(taskId, 5));
        bytes memory call = abi.encodeCall(Calls.commit, (taskId, round, anchor, root, "content", weight));
        if (_step(i >= ACCOUNTS ? outsider : accounts[i], call, must, "commit")) {
            _committed(taskId, round, i, weight, root);
        }
    }

    /// @notice Signed commitments of a set of participants, brought by the outsider; the bogus ones are over another
    /// anchor.
    function _commitBatch(uint32 taskId, uint256 set, uint256 bogus, uint256 seed) internal {
        uint32 round = heads[taskId].newest;
        Book storage book = books[taskId][round];
        SignedCommitment[] memory signed = new SignedCommitment[](SIGNERS + 1);
        uint256 added = 0;
        for (uint256 i = 0; i < SIGNERS; ++i) {
            if (!_in(set, i)) continue;
            uint256 own = uint256(keccak256(abi.encode(seed, i)));
            bool counts = !_in(bogus, i) && _mayCommit(taskId, book, i, _weightOf(i, own));
            if (counts) added |= uint256(1) << i;
            signed[i] = _batched(taskId, i, own, counts, _in(bogus, i));
            // one is brought twice
            signed[SIGNERS] = signed[i];
        }
        bool must = added != 0 && _takesCommitments(taskId, book);
        if (!_step(outsider, abi.encodeCall(Calls.commitBatch, (taskId, round, signed)), must, "batch")) return;
        for (uint256 i = 0; i < SIGNERS; ++i) {
            if (_in(added, i)) _committed(taskId, round, i, signed[i].weight, signed[i].updateRoot);
        }
    }

    function _batched(
        uint32 taskId,
        uint256 i,
        uint256 seed,
        bool counts,
        bool isBogus
    ) private returns (SignedCommitment memory) {
        uint32 round = heads[taskId].newest;
        uint32 weight = _weightOf(i, seed);
        bytes32 root = "root";
        if (counts) {
            _decide(taskId, books[taskId][round], i, seed >> 128);
            root = _updateRoot(taskId, round, i, weight);
        }
        return _word(taskId, round, isBogus ? bytes32("another") : bytes32(_word(taskId, 5)), i, weight, root);
    }

    /// @dev A commitment that a participant signed.
    function _word(
        uint32 taskId,
        uint32 round,
        bytes32 anchor,
        uint256 i,
        uint32 weight,
        bytes32 root
    ) internal view returns (SignedCommitment memory made) {
        (made.weight, made.updateRoot, made.contentId) = (weight, root, "content");
        (made.signature.r, made.signature.vs) = _sign(
            _keyOf(i),
            keccak256(abi.encode(COMMITMENT, taskId, round, anchor, root, made.contentId, weight))
        );
    }

    function _committed(uint32 taskId, uint32 round, uint256 i, uint32 weight, bytes32 root) private {
        Book storage book = books[taskId][round];
        commitments[taskId][round].push(Commitment(accounts[i], book.slots[i], weight, root, "content"));
        book.committed |= uint256(1) << i;
        book.weight += weight;
        if (rulesOf[taskId].roundsPerParticipant != 0) ++members[taskId][i].spent;
    }

    function _close(uint32 taskId) internal {
        uint32 round = heads[taskId].newest;
        Book storage book = books[taskId][round];
        (bool may, uint256 least) = _mayClose(taskId, book);
        bool drawing = book.phase == Phase.Drawing;
        if (drawing) _showHeader(book.drawBlock);
        if (!_step(outsider, abi.encodeCall(Calls.closeRound, (taskId, round)), may, "close")) return;
        if (drawing) ++done["close without a draw"];
        if (drawing || _count(_counting(taskId, book)) < least) _ended(taskId);
        else _assign(taskId, 0);
    }

    function _reassign(uint32 taskId) internal {
        uint32 round = heads[taskId].newest;
        Book storage book = books[taskId][round];
        bool enough = _count(_counting(taskId, book)) >= rulesOf[taskId].minUpdates;
        bool must = book.phase == Phase.Aggregating || book.phase == Phase.Proposed;
        must = must && (!enough || block.timestamp > book.deadline);
        if (!_step(outsider, abi.encodeCall(Calls.reassign, (taskId, round)), must, "reassign")) return;
        bool missed = enough && book.phase == Phase.Aggregating && book.assigned != ACCOUNTS;
        if (missed) members[taskId][book.assigned].idle = true;
        _retried(taskId);
    }
}
