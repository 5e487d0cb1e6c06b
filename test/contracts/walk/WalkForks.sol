// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RoundState} from "../../../contracts/types/RoundState.sol";
import {Phase, Signature, SignedCommitment, WalletWord} from "../../../contracts/types/TaskTypes.sol";
import {Calls} from "./Calls.sol";
import {Book} from "./WalkBook.sol";
import {Draft} from "./WalkProposals.sol";
import {WalkTurns} from "./WalkTurns.sol";

/// @notice What was signed on the side of a fork that is gone.
struct Signed {
    uint32 round;
    bytes32 anchor;
    bytes32 accumulator;
    bytes32 proposalHash;
    bool stood;
    bool byHonest;
    uint256 set;
    Signature[] attestations;
    SignedCommitment[] words;
    Draft draft;
}

/// @title WalkForks
/// @notice Reorganisations, and the end of it all, on top of what rounds and members do.
abstract contract WalkForks is WalkTurns {
    /// @notice Takes some steps and undoes them, as a reorganisation does, takes others, and brings what was signed
    /// before: it is worth nothing but where the chain has the very same.
    function _reorganise(uint32 taskId, uint256 seed) internal {
        uint256 fork = vm.snapshotState();
        _advance(taskId, seed % 4 == 0 ? 3 : 1, seed);
        string memory found = violation;
        Signed memory gone = _signed(taskId, seed);
        vm.revertToState(fork);
        if (bytes(found).length != 0) violation = found;
        // the same steps, others, or none
        if (seed % 4 == 0) _advance(taskId, 3, seed);
        if (seed % 4 == 1) _advance(taskId, 1, uint256(keccak256(abi.encode("others", seed))));
        ++done["reorganise"];
        Book storage book = _newest(taskId);
        if (heads[taskId].newest != gone.round) return;
        _replayWords(taskId, gone);
        if (gone.stood && gone.byHonest) _replayProposal(taskId, gone);
        if (!gone.stood || book.phase != Phase.Proposed) return;
        // honest ones among those who signed: a lie that stands in its place must not be accepted by their words
        bool same = _proposalHash(taskId, gone.round) == gone.proposalHash;
        WalletWord[] memory none = new WalletWord[](0);
        bytes memory call = abi.encodeCall(Calls.accept, (taskId, gone.round, book.proposal, gone.attestations, none));
        ++done[same ? "replay the same attestations" : "replay other attestations"];
        _acceptBy(taskId, gone.round, call, same ? _counted(taskId, book, gone.set) : 0, true);
    }

    function _signed(uint32 taskId, uint256 seed) private view returns (Signed memory gone) {
        Book storage book = _newest(taskId);
        gone.round = heads[taskId].newest;
        gone.anchor = bytes32(_word(taskId, 5));
        gone.words = _wordsOver(taskId, gone.round, gone.anchor);
        gone.stood = book.phase == Phase.Proposed;
        if (!gone.stood) return gone;
        gone.byHonest = book.wrongs == 0 && book.proposal.aggregator == accounts[8];
        gone.accumulator = book.inputs.accumulator;
        gone.proposalHash = _proposalHash(taskId, gone.round);
        gone.set =
            (
                book.wrongs != 0
                    ? 255 & ~HONEST
                    : seed % 2 == 0
                        ? 255
                        : 7
            ) & ((1 << SIGNERS) - 1);
        gone.attestations = _signatures(taskId, gone.round, gone.proposalHash, gone.set, 0);
        (gone.draft.proposal, gone.draft.openings, gone.draft.model) = (book.proposal, book.openings, book.proposed);
    }

    /// @dev What honest ones would commit to over an anchor.
    function _wordsOver(
        uint32 taskId,
        uint32 round,
        bytes32 anchor
    ) private view returns (SignedCommitment[] memory words) {
        words = new SignedCommitment[](3);
        for (uint256 i = 0; i < 3; ++i) {
            uint32 weight = _weightOf(i, 0);
            bytes32 root = keccak256(abi.encode(anchor, i));
            words[i] = _word(taskId, round, anchor, i, weight, root);
        }
    }

    /// @dev Signed commitments over an anchor that may be gone: they add nothing, and are no equivocation.
    function _replayWords(uint32 taskId, Signed memory gone) private {
        bytes32 anchor = bytes32(_word(taskId, 5));
        if (anchor == gone.anchor) return;
        ++done["replay words"];
        bytes memory call = abi.encodeCall(Calls.commitBatch, (taskId, gone.round, gone.words));
        _expect(_try(outsider, address(federation), call, 0), false, "committing over another anchor");
        SignedCommitment[] memory words = _wordsOver(taskId, gone.round, anchor);
        call = abi.encodeCall(
            Calls.proveEquivocation,
            (federation, taskId, gone.round, anchor, gone.words[0], words[0])
        );
        _expect(_try(outsider, address(proofs), call, 0), false, "equivocation over two anchors");
    }

    /// @dev An honest aggregator's transaction lands on the other side: it is right there, or refused.
    function _replayProposal(uint32 taskId, Signed memory gone) private {
        Book storage book = _newest(taskId);
        Draft memory draft = gone.draft;
        bytes32 accumulator = _inputs(taskId, gone.round, 0).accumulator;
        bool must = book.phase == Phase.Aggregating && block.timestamp <= book.deadline && book.assigned == 8;
        must = must && accumulator == gone.accumulator && draft.proposal.attempt == book.attempt;
        bytes memory call = abi.encodeCall(
            Calls.propose,
            (taskId, gone.round, gone.accumulator, draft.proposal, draft.openings)
        );
        if (!_step(accounts[8], call, must, "replay a proposal")) return;
        _expect(_isRight(taskId, gone.round, draft), true, "a proposal that lands is right");
        book.inputs = _inputs(taskId, gone.round, keccak256(draft.openings));
        _proposed(taskId, book, 8, draft);
    }

    /// @notice Nobody does anything any more, nobody has a role, the admin neither: still every round ends and every
    /// bond leaves, pushed by one that has nothing to do with it. All of it is undone behind.
    function _drain(uint32 taskId) internal {
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
            _pass(uint256(state.deadline()) + 1);
            if (state.phase() == Phase.Drawing) vm.roll(block.number + 12_288);
            bytes memory push =
                state.phase() == Phase.Open || state.phase() == Phase.Drawing
                    ? abi.encodeCall(Calls.closeRound, (taskId, state.round()))
                    : abi.encodeCall(Calls.reassign, (taskId, state.round()));
            if (!_try(outsider, address(federation), push, 0)) return "a round cannot be pushed";
        }
        if (_stateOf(taskId).inFlight()) return "a round does not end";
        if (!_try(outsider, address(federation), abi.encodeCall(Calls.freePlaces, (taskId)), 0)) return "not freed";
        _pass(block.timestamp + rulesOf[taskId].challengeWindowS + 1);
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            if (!members[taskId][i].bonded) continue;
            bytes memory call = abi.encodeCall(Calls.releaseBond, (taskId, accounts[i]));
            if (!_try(outsider, address(federation), call, 0)) return "a bond does not leave";
            if (!_try(accounts[i], address(federation), abi.encodeCall(Calls.withdraw, ()), 0)) return "not paid";
        }
        return "";
    }
}
