// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Phase, SignedCommitment} from "../../../contracts/types/TaskTypes.sol";
import {Calls} from "./Calls.sol";
import {Book} from "./WalkBook.sol";
import {Claim, Way, WalkProofs} from "./WalkProofs.sol";

/// @title WalkTrials
/// @notice What follows from proofs: every lie is struck while it stands or its window lasts, nothing right ever is,
/// and all that signed it lose their bonds.
abstract contract WalkTrials is WalkProofs {
    /// @notice Somebody accuses: of what is wrong with a proposal, mostly, or of anything.
    function _accuse(uint32 taskId, uint256 seed) internal {
        if (seed % 8 == 0) return _equivocation(taskId, seed >> 8);
        uint32 round;
        (taskId, round) = _suspect(taskId, seed >> 8);
        Book storage book = books[taskId][round];
        if (book.committed == 0) return;
        Claim memory claim = _claim(taskId, round, _wayFor(book, seed >> 16), seed >> 24);
        if (!claim.bare && book.proposal.aggregator == address(0)) return;
        _try(claim, (seed >> 4) % 4 == 0 ? accounts[(seed >> 6) % 2 == 0 ? 4 : 10] : outsider);
    }

    /// @dev Mostly a way that is true of the proposal, where one is.
    function _wayFor(Book storage book, uint256 seed) private view returns (Way) {
        if (seed % 4 == 0 || (book.wrongs & ~HIDDEN == 0 && book.invalid == 0)) return Way((seed >> 2) % 6);
        if (book.wrongs & (CHUNK | BEHIND) != 0) return book.keyed == 0 ? Way.Chunk : Way.MaskedChunk;
        if (book.wrongs & OPENING != 0) return (seed >> 2) % 4 == 0 ? Way.MaskedChunk : Way.Opening;
        return book.wrongs & WEIGHT != 0 ? Way.Weight : Way.Update;
    }

    /// @dev A round to be proven wrong: an accepted lie of any task where there is one and the seed is even, the oldest
    /// or the newest; else one of the newest rounds of a task.
    function _suspect(uint32 task, uint256 seed) private view returns (uint32 taskId, uint32 suspect) {
        if (seed % 2 == 0) {
            for (uint32 t = 1; t <= taskCount; ++t) {
                for (uint32 round = heads[t].newest; round != 0; --round) {
                    Book storage book = books[t][round];
                    if (book.wrongs & ~HIDDEN == 0 || !book.accepted) continue;
                    if (book.isVoid && (seed >> 4) % 4 == 0) continue;
                    if (block.timestamp > book.acceptedAt + rulesOf[t].challengeWindowS) continue;
                    (taskId, suspect) = (t, round);
                    if ((seed >> 3) % 2 == 0) return (taskId, suspect);
                }
            }
            if (suspect != 0) return (taskId, suspect);
        }
        taskId = task;
        uint32 newest = heads[taskId].newest;
        uint32 back = uint32((seed >> 1) % 4);
        suspect = back < newest ? newest - back : newest;
    }

    /// @dev Whether an account was ever in a task, and is not expelled.
    function _isLeft(uint32 taskId, uint256 i) private view returns (bool) {
        return i < ACCOUNTS && members[taskId][i].everIn && !members[taskId][i].expelled;
    }

    function _try(Claim memory claim, address prover) private {
        Book storage book = books[claim.taskId][claim.round];
        bool stands = claim.round == heads[claim.taskId].newest && book.phase == Phase.Proposed;
        uint256 offender = claim.way == Way.Update ? _ownerOf(claim) : ACCOUNTS;
        bool strikes = claim.way != Way.DoubleCommitment && !claim.bare;
        if (strikes && claim.way == Way.Update) strikes = _in(_includedIn(book), offender);
        if (claim.way == Way.DoubleCommitment) offender = _ownerOf(claim);
        bool must = _isTrue(claim) && _isOpen(claim);
        if (!strikes) must = must && _isLeft(claim.taskId, offender);
        else if (!stands && book.isVoid) must = must && _anybodyLeft(claim, offender);
        uint256 credit = _creditOf(prover);
        uint256 burnt = _wordAt(4);
        bool ok = _try(prover, address(proofs), _proofOf(claim), 0);
        _expect(ok, must, _nameOf(claim.way));
        if (!must) {
            ++done[claim.forged ? "refuse what is forged" : "refuse what is not so"];
            return;
        }
        ++done[_nameOf(claim.way)];
        uint256 takenWei = strikes ? _struck(claim, book, stands, offender) : _expelled(claim.taskId, offender);
        _checkReward(claim, prover, credit, burnt, takenWei);
    }

    function _nameOf(Way way) private pure returns (string memory) {
        string[7] memory names = [
            "prove a chunk",
            "prove a masked chunk",
            "prove an opening",
            "prove a weight",
            "prove an update",
            "prove a double commitment",
            "prove equivocation"
        ];
        return names[uint256(way)];
    }

    function _anybodyLeft(Claim memory claim, uint256 offender) private view returns (bool) {
        Book storage book = books[claim.taskId][claim.round];
        for (uint256 k = 0; k < book.attesters.length; ++k) {
            if (_isLeft(claim.taskId, _indexOf(book.attesters[k]))) return true;
        }
        return _isLeft(claim.taskId, offender) || _isLeft(claim.taskId, _indexOf(book.proposal.aggregator));
    }

    /// @dev What follows from a strike; what was taken, in wei.
    function _struck(
        Claim memory claim,
        Book storage book,
        bool stands,
        uint256 offender
    ) private returns (uint256 takenWei) {
        ++done[
            stands
                ? "strike"
                : book.isVoid
                    ? "strike of a void round"
                    : "roll-back"
        ];
        if (!stands && !book.isVoid) _rolledBack(claim.taskId, claim.round);
        takenWei = _expelled(claim.taskId, _indexOf(book.proposal.aggregator));
        for (uint256 k = 0; k < book.attesters.length; ++k) {
            takenWei += _expelled(claim.taskId, _indexOf(book.attesters[k]));
        }
        if (offender < ACCOUNTS) takenWei += _expelled(claim.taskId, offender);
        if (stands) _retried(claim.taskId);
    }

    /// @dev At most half of what was taken is the prover's; of a strike the least bond's half, if that is less.
    function _checkReward(Claim memory claim, address prover, uint256 credit, uint256 burnt, uint256 takenWei) private {
        uint256 rewardWei = _creditOf(prover) - credit;
        _expect(rewardWei + _wordAt(4) - burnt == takenWei, true, "taking bonds");
        _expect(rewardWei <= takenWei / 2 && (rewardWei != 0) == (takenWei != 0), true, "rewarding by half at most");
        if (uint256(claim.way) > uint256(Way.Weight)) return;
        uint256 most = proofs.leastBondWei(rulesOf[claim.taskId]) / 2;
        _expect(rewardWei == (takenWei / 2 < most ? takenWei / 2 : most), true, "rewarding a strike");
    }

    /// @notice A participant is said to have signed two words over one anchor; a liar has. An honest one's word is
    /// shown twice, or over two anchors, as it may have signed them on two sides of a fork.
    function _equivocation(uint32 taskId, uint256 seed) private {
        uint256 i = (seed >> 8) % SIGNERS;
        // a liar that is gone tells no more lies
        if (!_isHonest(i) && (seed >> 16) % 4 != 0) return;
        bytes32 anchor = bytes32(_word(taskId, 5));
        uint32 round = heads[taskId].newest;
        SignedCommitment memory one = _word(taskId, round, anchor, i, 10, "root");
        SignedCommitment memory other = one;
        if (!_isHonest(i)) other = _word(taskId, round, anchor, i, 10, "another");
        else if (seed % 3 == 1) other = _word(taskId, round, "another", i, 10, "another");
        else if (seed % 3 == 2) other = _word(taskId, round, anchor, 3, 10, "another");
        bool must = !_isHonest(i) && _isLeft(taskId, i);
        uint256 credit = _creditOf(outsider);
        bytes memory call = abi.encodeCall(Calls.proveEquivocation, (federation, taskId, round, anchor, one, other));
        _expect(_try(outsider, address(proofs), call, 0), must, "prove equivocation");
        if (!must) return;
        ++done["prove equivocation"];
        uint256 takenWei = _expelled(taskId, i);
        uint256 rewardWei = _creditOf(outsider) - credit;
        _expect(rewardWei <= takenWei / 2 && (rewardWei != 0) == (takenWei != 0), true, "rewarding by half at most");
    }
}
