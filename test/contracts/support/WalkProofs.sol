// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RoundState} from "../../../contracts/types/RoundState.sol";
import {Mode, Phase, Signature, SignedCommitment} from "../../../contracts/types/TaskTypes.sol";
import {Calls} from "./Calls.sol";
import {Book} from "./WalkBook.sol";
import {WalkRounds} from "./WalkRounds.sol";

/// @title WalkProofs
/// @notice Proofs, reorganisations, and the end of it all, on top of what rounds and members do.
abstract contract WalkProofs is WalkRounds {
    /// @notice Proves a proposal wrong: that of the newest round, or one of the three before. Of a right one, no proof
    /// is taken; of a wrong one each is, while it stands or its window lasts.
    function prove(uint256 task, uint256 which, uint256 who) public {
        (uint32 taskId, uint32 round) = _suspect(task, which);
        if (round == 0) return;
        RoundState state = _stateOf(taskId);
        Book storage book = books[taskId][round];
        if (book.proposal.aggregator == address(0)) return;
        bool stands = round == state.round() && state.phase() == Phase.Proposed;
        bool provable = book.accepted && block.timestamp <= book.acceptedAt + rulesOf[taskId].challengeWindowS;
        bool anybody = _anybodyLeft(taskId, book);
        bool must = book.wrong && (stands || (provable && (!book.isVoid || anybody)));
        address prover = who % 4 == 0 ? accounts[3 + (who % 3)] : outsider;
        uint256 credit = _creditOf(prover);
        bool ok = _try(prover, address(proofs), _proof(taskId, round), 0);
        _expect(ok, must, ok ? "a right proposal was struck, or too late" : "a wrong proposal was not struck");
        if (!ok) return;
        ++done[
            stands
                ? "strike"
                : book.isVoid
                    ? "strike of a void round"
                    : "roll-back"
        ];
        _expect(_creditOf(prover) >= credit, true, "reward");
        _expect(_anybodyLeft(taskId, book), false, "somebody that signed a lie has its bond");
        if (stands) return;
        for (uint32 r = round; r <= state.round(); ++r) books[taskId][r].isVoid = true;
    }

    /// @dev A round to be proven wrong: an accepted lie of any task where there is one and the seed is even; the oldest
    /// or the newest.
    function _suspect(uint256 task, uint256 which) private view returns (uint32 taskId, uint32 suspect) {
        if (which % 2 == 0) {
            for (uint32 t = 1; t <= taskCount; ++t) {
                for (uint32 round = _stateOf(t).round(); round != 0; --round) {
                    Book storage book = books[t][round];
                    if (!book.wrong || !book.accepted || (book.isVoid && !_anybodyLeft(t, book))) continue;
                    if (block.timestamp > book.acceptedAt + rulesOf[t].challengeWindowS) continue;
                    (taskId, suspect) = (t, round);
                    if ((which >> 3) % 2 == 0) return (taskId, suspect);
                }
            }
            if (suspect != 0) return (taskId, suspect);
        }
        taskId = _task(task);
        uint32 newest = _stateOf(taskId).round();
        uint32 back = uint32((which >> 1) % 4);
        suspect = back < newest ? newest - back : newest;
    }

    function _proof(uint32 taskId, uint32 round) private view returns (bytes memory) {
        Book storage book = books[taskId][round];
        if (rulesOf[taskId].mode != Mode.Masked) {
            return
                abi.encodeCall(Calls.proveWeight, (federation, _evidenceOf(taskId, round), commitments[taskId][round]));
        }
        uint8 slot = 0;
        while ((book.inputs.committed >> slot) & 1 == 0) ++slot;
        return
            abi.encodeCall(
                Calls.proveOpening,
                (federation, _evidenceOf(taskId, round), book.start, advertisements[taskId][round], book.openings, slot)
            );
    }

    /// @dev Whether somebody that signed, and is or was in the task, is not expelled.
    function _anybodyLeft(uint32 taskId, Book storage book) private view returns (bool) {
        if (_isLeft(taskId, book.proposal.aggregator)) return true;
        for (uint256 i = 0; i < book.attesters.length; ++i) {
            if (_isLeft(taskId, book.attesters[i])) return true;
        }
        return false;
    }

    function _isLeft(uint32 taskId, address account) private view returns (bool) {
        uint256 enrolment = _enrolmentOf(taskId, account);
        // its greatest weight and its role stay
        return !_has(enrolment, 192) && (uint32(enrolment >> 32) != 0 || _has(enrolment, 168));
    }

    /// @notice A participant is said to have signed two words over one anchor; a liar has, an honest one's word is
    /// shown twice.
    function equivocate(uint256 task, uint256 who) public {
        uint32 taskId = _task(task);
        if (taskId == 0) return;
        uint256 i = who % PARTICIPANTS;
        // a liar that is gone tells no more lies
        if (_isLiar(i) && (who >> 8) % 8 != 0) return;
        bytes32 anchor = bytes32(_word(taskId, 5));
        uint32 round = _stateOf(taskId).round();
        SignedCommitment memory one = _signedCommitment(taskId, round, anchor, i, 10);
        SignedCommitment memory other = _signedCommitment(taskId, round, anchor, i, _isLiar(i) ? 11 : 10);
        bytes memory call = abi.encodeCall(Calls.proveEquivocation, (federation, taskId, round, anchor, one, other));
        bool must = _isLiar(i) && _isLeft(taskId, accounts[i]);
        bool ok = _try(outsider, address(proofs), call, 0);
        _expect(ok, must, "equivocation");
        if (ok) ++done["equivocation"];
    }

    /// @notice A step that is due, or a few of them, so that rounds get further than chance would take them.
    function advance(uint256 task, uint256 kinds) public {
        for (uint256 times = (kinds % 6) + 1; times != 0; --times) {
            kinds /= 6;
            _advance(task, kinds);
        }
    }

    function _advance(uint256 task, uint256 kinds) private {
        uint32 taskId = _task(task);
        if (taskId == 0) return create(kinds >> 8, kinds >> 32);
        Phase phase = _stateOf(taskId).phase();
        if (phase == Phase.Open) {
            // often one honest participant stays away: then three liars are a majority of five
            uint256 bits = 63 & ~(uint256(1) << (kinds % 3));
            if (kinds % 4 == 0) bits = 63;
            if (kinds % 4 == 1) bits = kinds >> 8;
            if (kinds % 4 == 2) bits = (kinds >> 8) & 57;
            if (rulesOf[taskId].mode == Mode.Masked) {
                advertise(task, kinds % 16 == 1 ? bits : 63);
                _passKeys(taskId);
            }
            for (uint256 i = 0; i < PARTICIPANTS && kinds % 8 == 3; ++i) commit(task, i, 10);
            commitBatch(task, bits);
            if (kinds % 8 != 5) waitFor(task, 1);
            close(task);
        } else if (phase == Phase.Aggregating) {
            if (kinds % 8 == 7) waitFor(task, 1);
            reassign(task);
            propose(task, kinds);
        } else if (phase == Phase.Proposed) {
            if (kinds % 8 == 7) waitFor(task, 1);
            if (kinds % 8 == 6) prove(task, 0, kinds);
            reassign(task);
            accept(task, kinds % 2 == 1 ? kinds >> 8 : 63);
        } else {
            _begin(task, taskId, kinds);
        }
    }

    /// @dev Whoever may comes (back), and one of them opens a round; now and then there is a new task instead.
    function _begin(uint256 task, uint32 taskId, uint256 kinds) private {
        if (kinds % 16 == 3) grantAll();
        free(task);
        for (uint256 i = 0; i < ACCOUNTS; ++i) if (!_isIn(taskId, accounts[i])) enter(i, task);
        uint256 opener = kinds % ACCOUNTS;
        for (uint256 i = 0; i < ACCOUNTS && !_isIn(taskId, accounts[opener]); ++i) opener = (opener + 1) % ACCOUNTS;
        // the next number, by that account
        open(task, opener + 26 * (ACCOUNTS + 1));
        if (!_stateOf(taskId).inFlight() && kinds % 5 == 0) create(kinds >> 8, kinds >> 32);
    }

    /// @dev To the first second at which no key comes any more.
    function _passKeys(uint32 taskId) private {
        uint256 time = uint256(_stateOf(taskId).deadline()) - rulesOf[taskId].commitWindowS + 1;
        if (time > block.timestamp) vm.warp(time);
    }

    /// @notice Takes some steps and undoes them, as a reorganisation does, takes others, and brings what was signed
    /// before: it is worth nothing but where the chain has the very same.
    function reorganise(uint256 task, uint256 kinds, uint256 others) public {
        uint32 taskId = _task(task);
        if (taskId == 0) return;
        uint256 fork = vm.snapshotState();
        advance(task, kinds);
        bool stood = _stateOf(taskId).phase() == Phase.Proposed;
        uint32 round = _stateOf(taskId).round();
        bytes32 proposalHash = bytes32(_word(taskId, 7));
        Signature[] memory words = _attestations(taskId, round, proposalHash, books[taskId][round].wrong ? 0 : 63);
        bytes32 anchor = bytes32(_word(taskId, 5));
        vm.revertToState(fork);
        advance(task, others);
        ++done["reorganise"];
        RoundState state = _stateOf(taskId);
        if (state.round() == round && state.phase() == Phase.Open) _replay(taskId, round, anchor);
        if (!stood || state.round() != round || state.phase() != Phase.Proposed) return;
        // honest ones among those who signed: a lie that stands in its place must not be accepted by their words
        bool same = bytes32(_word(taskId, 7)) == proposalHash;
        _accept(taskId, round, words, same ? 63 : 0);
    }

    /// @dev Signed commitments over an anchor that may be gone.
    function _replay(uint32 taskId, uint32 round, bytes32 anchor) private {
        if (bytes32(_word(taskId, 5)) == anchor) return;
        SignedCommitment[] memory signed = new SignedCommitment[](PARTICIPANTS);
        for (uint256 i = 0; i < PARTICIPANTS; ++i) signed[i] = _signedCommitment(taskId, round, anchor, i, 10);
        bool ok = _try(outsider, address(federation), abi.encodeCall(Calls.commitBatch, (taskId, round, signed)), 0);
        _expect(ok, false, "committed over another anchor");
    }

    /// @notice Nobody does anything any more, nobody has a role, the admin neither: still every round ends and every
    /// bond leaves, pushed by one that has nothing to do with it. All of it is undone behind.
    function drain(uint256 task) public {
        uint32 taskId = _task(task);
        if (taskId == 0) return;
        uint256 fork = vm.snapshotState();
        string memory found = _drained(taskId);
        vm.revertToState(fork);
        if (bytes(found).length != 0 && bytes(violation).length == 0) violation = found;
        ++done["drain"];
    }

    function _drained(uint32 taskId) private returns (string memory) {
        for (uint256 i = 0; i < ACCOUNTS; ++i) federation.revokeRole(_roleOf(i), accounts[i]);
        federation.renounceRole(0x00, address(this));
        for (uint256 step = 0; step < 10 && _stateOf(taskId).inFlight(); ++step) {
            RoundState state = _stateOf(taskId);
            if (block.timestamp <= state.deadline()) vm.warp(uint256(state.deadline()) + 1);
            bytes memory push =
                state.phase() == Phase.Open
                    ? abi.encodeCall(Calls.closeRound, (taskId, state.round()))
                    : abi.encodeCall(Calls.reassign, (taskId, state.round()));
            if (!_try(outsider, address(federation), push, 0)) return "a round cannot be pushed";
        }
        if (_stateOf(taskId).inFlight()) return "a round does not end";
        if (!_try(outsider, address(federation), abi.encodeCall(Calls.freePlaces, (taskId)), 0)) return "not freed";
        vm.warp(block.timestamp + rulesOf[taskId].challengeWindowS + 1);
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            if (!_has(_enrolmentOf(taskId, accounts[i]), 184)) continue;
            bytes memory call = abi.encodeCall(Calls.releaseBond, (taskId, accounts[i]));
            if (!_try(outsider, address(federation), call, 0)) return "a bond does not leave";
            if (!_try(accounts[i], address(federation), abi.encodeCall(Calls.withdraw, ()), 0)) return "not paid";
        }
        return "";
    }
}
