// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    Attestation,
    Availability,
    Commitment,
    Phase,
    Proposal,
    Reason,
    SignedCommitment
} from "../../../contracts/types/TaskTypes.sol";
import {IChallenges} from "../../../contracts/interfaces/IChallenges.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {RoundBook} from "./FederationBooks.sol";
import {MemberActions} from "./MemberActions.sol";

/// @title FederationHandler
/// @notice What anybody may try, right or wrong, on four tasks: a plain one, one that draws half of its participants for a few
/// rounds each, a pipelined one with holders, and a masked one. Each answer is held against the books.
abstract contract FederationHandler is MemberActions {
    /// @dev The pipelined one, with holders.
    uint32 private constant HELD = 3;
    /// @dev What {_aRound} makes the newest round and the one before of.
    uint256 private constant NEWEST = 0;
    uint256 private constant BEFORE = 1;

    function open(uint256 task, uint256 randomness) public onTask(task) {
        uint32 taskId = _task(task);
        bool may = _mayOpen(taskId);
        bool early = _inFlight(_rounds[taskId][_tasks[taskId].newest]);
        vm.prevrandao(bytes32(randomness));
        vm.prank(outsider, outsider);
        (bool ok, ) = address(federation).call(abi.encodeCall(IRounds.openRound, (taskId)));
        _judge(ok, may, early ? "open early" : "open");
        if (ok) _noteOpening(taskId, randomness);
    }

    /// @notice Commits, mostly in the newest round, sometimes in another, from another base or with a weight out of range.
    function commit(uint256 who, uint256 task, uint256 kind, uint32 weight) public onTask(task) {
        (uint32 taskId, address one) = (_task(task), _participant(who));
        uint32 round = _aRound(taskId, kind);
        bytes32 base = kind % 8 == 3 ? keccak256("other") : _rounds[taskId][round].base;
        weight = uint32(bound(weight, 0, 1001));
        bool may = kind % 8 != 3 && weight != 0 && weight <= 1000 && _mayCommit(taskId, round, one);
        may = may && !_hasCommitted(taskId, round, one);
        (uint8 slot, ) = federation.slotOf(taskId, one);
        Commitment memory made = Commitment(one, slot, weight, keccak256(abi.encode(who)), keccak256("content"));
        bytes memory call = abi.encodeCall(
            IRounds.commit,
            (taskId, round, base, made.updateRoot, made.contentId, weight)
        );
        if (_try(one, call, may, "commit")) _noteCommitment(taskId, round, made);
    }

    /// @notice The signed commitments of one to four participants, one time in four one of them over another base model.
    function commitBatch(uint256 task, uint256 who, uint256 kind) public onTask(task) {
        uint32 taskId = _task(task);
        uint32 round = _aRound(taskId, kind);
        SignedCommitment[] memory signed = _batch(taskId, round, who, kind % 4 == 3);
        bool may = kind % 4 != 3;
        uint256 fresh;
        for (uint256 i = 0; i < signed.length; ++i) {
            address one = _participant(who / 4 + i);
            may = may && _mayCarry(taskId, round, one);
            if (!_hasCommitted(taskId, round, one)) ++fresh;
        }
        bytes memory call = abi.encodeCall(IRounds.commitBatch, (taskId, round, signed));
        if (!_try(outsider, call, may && fresh != 0, "batch")) return;
        for (uint256 i = 0; i < signed.length; ++i) {
            address one = _participant(who / 4 + i);
            if (_hasCommitted(taskId, round, one)) continue;
            (uint8 slot, ) = federation.slotOf(taskId, one);
            _noteCommitment(taskId, round, Commitment(one, slot, 10, signed[i].updateRoot, signed[i].contentId));
        }
    }

    function close(uint256 task, uint256 kind) public onTask(task) {
        uint32 taskId = _task(task);
        uint32 round = _aRound(taskId, kind);
        bool may = _mayClose(taskId, round);
        if (_try(outsider, abi.encodeCall(IRounds.closeRound, (taskId, round)), may, "close")) {
            _noteClosing(taskId, round);
        }
    }

    /// @notice Proposes as the assigned aggregator: all, or without slot 0 for a reason that the words give or for none; sometimes with a
    /// wrong sum, as another, once more what is on record, or with too few words.
    function propose(uint256 task, uint256 who, uint256 kind) public onTask(task) {
        uint32 taskId = _task(task);
        uint32 round = _aRound(taskId, who);
        if (_isMasked(taskId)) return _proposeOpened(taskId, round, who, kind);
        RoundBook storage book = _rounds[taskId][round];
        Proposal memory proposal = _aProposal(taskId, round, kind);
        uint256 left = kind % 8 == 5 ? 1 : participants.length;
        Availability[] memory words =
            taskId == HELD ? _wordsOf(taskId, round, left, book.committed & ~proposal.excluded) : new Availability[](0);
        address sender = kind % 8 == 6 ? aggregators[who % aggregators.length] : book.assigned;
        bool may = _mayPropose(taskId, round, proposal, sender) && (taskId != HELD || left != 1);
        bytes memory call = abi.encodeCall(IRounds.propose, (taskId, round, proposal, words));
        if (!_try(sender, call, may, "propose")) return;
        book.excluding = proposal.excluded != 0 && taskId != HELD;
        _noteProposal(taskId, round, proposal);
    }

    function _mayPropose(
        uint32 taskId,
        uint32 round,
        Proposal memory proposal,
        address sender
    ) internal view returns (bool) {
        RoundBook storage book = _rounds[taskId][round];
        return
            book.phase == Phase.Aggregating &&
            block.timestamp <= book.deadline &&
            sender == book.assigned &&
            proposal.aggregator == sender &&
            proposal.attempt == book.attempt &&
            federation.hasRole(federation.AGGREGATOR_ROLE(), sender) &&
            _isWellFormed(taskId, round, proposal);
    }

    function _noteProposal(uint32 taskId, uint32 round, Proposal memory proposal) internal {
        RoundBook storage book = _rounds[taskId][round];
        book.phase = Phase.Proposed;
        book.deadline = block.timestamp + 900;
        book.proposal = proposal;
        book.proposalHash = keccak256(abi.encode(taskId, round, proposal));
    }

    /// @dev What a masked round's aggregator does.
    function _proposeOpened(uint32 taskId, uint32 round, uint256 who, uint256 kind) internal virtual;

    /// @dev Challenges the first opening of a masked round.
    function _challengeFirst(uint256 task, uint256 which) internal virtual;

    /// @dev What a masked round begins with.
    function _advertiseAll(uint256 task, uint256 which) internal virtual;

    function reassign(uint256 task, uint256 kind) public onTask(task) {
        uint32 taskId = _task(task);
        uint32 round = _aRound(taskId, kind);
        bool may = _mayReassign(taskId, round);
        bytes memory call = abi.encodeCall(IRounds.reassign, (taskId, round));
        if (!_try(outsider, call, may, "reassign")) return;
        RoundBook storage book = _rounds[taskId][round];
        Reason reason = book.phase == Phase.Proposed ? Reason.NotAttested : Reason.NoProposal;
        _noteAssignment(taskId, round, book.attempt + 1, reason);
    }

    /// @notice Finalizes with the attestations of a pair of participants, sometimes a forged proposal.
    function finalize(uint256 task, uint256 first, uint256 kind) public onTask(task) {
        uint32 taskId = _task(task);
        uint32 round = _aRound(taskId, kind);
        Proposal memory proposal = _rounds[taskId][round].proposal;
        if (kind % 8 == 4) proposal.modelRoot = keccak256("forged");
        uint256 a = first % participants.length;
        uint256 b = (first / 8) % participants.length;
        Attestation[] memory attestations = new Attestation[](2);
        attestations[0] = _attest(taskId, round, a);
        attestations[1] = _attest(taskId, round, b);
        bool may =
            kind % 8 != 4 &&
                a < b &&
                _active[taskId][participants[a]] &&
                _active[taskId][participants[b]] &&
                _mayBeFinal(taskId, round);
        bytes memory call = abi.encodeCall(IRounds.finalize, (taskId, round, proposal, attestations));
        if (_try(outsider, call, may, "finalize")) _noteFinal(taskId, round);
    }

    function finalizeUnchallenged(uint256 task, uint256 kind) public onTask(task) {
        uint32 taskId = _task(task);
        uint32 round = _aRound(taskId, kind);
        RoundBook storage book = _rounds[taskId][round];
        bool may = _mayBeFinal(taskId, round) && !book.excluding && block.timestamp > book.deadline;
        bytes memory call = abi.encodeCall(IRounds.finalizeUnchallenged, (taskId, round, book.proposal));
        if (_try(outsider, call, may, "finalizeUnchallenged")) _noteFinal(taskId, round);
    }

    /// @notice Challenges the weight of a proposal, right or wrong.
    function challenge(uint256 task, uint256 kind) public onTask(task) {
        uint32 taskId = _task(task);
        uint32 round = _aRound(taskId, kind);
        RoundBook storage book = _rounds[taskId][round];
        bool may =
            book.phase == Phase.Proposed &&
                _included(taskId, round, book.proposal.excluded) != book.proposal.totalWeight;
        bytes memory call = abi.encodeCall(
            IChallenges.challengeWeight,
            (taskId, round, book.proposal, _commitments[taskId][round], bytes32(0))
        );
        if (_try(outsider, call, may, "challenge")) _noteStrike(taskId, round);
    }

    function wait(uint256 seconds_) public {
        vm.warp(block.timestamp + bound(seconds_, 1, 700));
    }

    /// @notice One to six times a step that is due, so that rounds get further than chance would take them: they are opened on proposals
    /// that are wrong, and fall.
    function advance(uint256 task, uint256 kinds) external {
        for (uint256 times = (kinds % 6) + 1; times != 0; --times) {
            kinds /= 6;
            open(task, kinds);
            uint32 newest = _tasks[_task(task)].newest;
            if (newest > 1) _advance(task, BEFORE, newest - 1, kinds);
            _advance(task, NEWEST, newest, kinds);
            if ((kinds >> 3) % 4 == 3) wait(700);
        }
    }

    function _advance(uint256 task, uint256 which, uint32 round, uint256 kind) private {
        Phase phase = _rounds[_task(task)][round].phase;
        if (phase == Phase.Open) {
            if (_isMasked(_task(task))) _advertiseAll(task, which);
            for (uint256 i = 0; i < participants.length; ++i) commit(i, task, which, 10);
            close(task, which);
        } else if (phase == Phase.Aggregating) {
            reassign(task, which);
            propose(task, which, kind % 4);
        } else if (phase == Phase.Proposed && kind % 2 == 0) {
            finalizeUnchallenged(task, which);
            challenge(task, which);
            if (_isMasked(_task(task))) _challengeFirst(task, which);
        }
    }

    /// @dev Mostly the newest round, else the one before or the one that is not there yet.
    function _aRound(uint32 taskId, uint256 kind) internal view returns (uint32) {
        uint32 newest = _tasks[taskId].newest;
        if (kind % 8 == 1 && newest > 1) return newest - 1;
        return kind % 8 == 2 ? newest + 1 : newest;
    }

    function _aProposal(uint32 taskId, uint32 round, uint256 kind) internal view returns (Proposal memory proposal) {
        RoundBook storage book = _rounds[taskId][round];
        if (kind % 8 == 7) return book.proposal;
        proposal.attempt = book.attempt;
        proposal.aggregator = book.assigned;
        proposal.modelRoot = keccak256(abi.encode(taskId, round, book.attempt, kind));
        proposal.contentId = keccak256("blob");
        if (kind % 8 > 1 && kind % 8 < 4 && book.committed != 0) {
            proposal.excluded = book.committed & (~book.committed + 1);
        }
        proposal.totalWeight = uint64(_included(taskId, round, proposal.excluded));
        // a wrong sum of a part is for others to challenge
        if (kind % 8 == 3 && proposal.totalWeight > 1) --proposal.totalWeight;
        if (kind % 8 == 4) ++proposal.totalWeight;
    }

    /// @dev What the contract can check of a proposal by itself.
    function _isWellFormed(uint32 taskId, uint32 round, Proposal memory proposal) private view returns (bool) {
        RoundBook storage book = _rounds[taskId][round];
        if (proposal.excluded == 0) return proposal.totalWeight == book.weight;
        uint256 left = _commitments[taskId][round].length - 1;
        return left >= _rulesOf[taskId].minUpdates && proposal.totalWeight != 0 && proposal.totalWeight < book.weight;
    }

    /// @dev Words of the first `most` of those who committed and still have a place, in their order.
    function _wordsOf(
        uint32 taskId,
        uint32 round,
        uint256 most,
        uint64 slots
    ) private view returns (Availability[] memory words) {
        uint256[] memory from = new uint256[](participants.length);
        uint256 count;
        for (uint256 i = 0; i < participants.length && count < most; ++i) {
            if (_hasCommitted(taskId, round, participants[i])) from[count++] = i;
        }
        words = new Availability[](count);
        bytes32 accumulator = _rounds[taskId][round].accumulator;
        for (uint256 i = 0; i < count; ++i) {
            words[i].slots = slots;
            bytes32 digest = federation.availabilityDigest(taskId, round, accumulator, slots);
            (words[i].r, words[i].vs) = _sign(keys[from[i]], digest);
        }
    }

    function _batch(
        uint32 taskId,
        uint32 round,
        uint256 who,
        bool spoiled
    ) private view returns (SignedCommitment[] memory signed) {
        signed = new SignedCommitment[](1 + (who % 4));
        bytes32 base = spoiled ? keccak256("other") : _rounds[taskId][round].base;
        for (uint256 i = 0; i < signed.length; ++i) {
            SignedCommitment memory one = SignedCommitment(10, keccak256(abi.encode(who, i)), keccak256("c"), 0, 0);
            uint256 key = keys[(who / 4 + i) % keys.length];
            (one.r, one.vs) = _sign(key, federation.commitmentDigest(taskId, round, base, one));
            signed[i] = one;
            base = _rounds[taskId][round].base;
        }
    }

    function _attest(uint32 taskId, uint32 round, uint256 i) internal view returns (Attestation memory attestation) {
        attestation.evaluation = _evaluation(50, -3, 9);
        bytes32 hash = _rounds[taskId][round].proposalHash;
        bytes32 digest = federation.attestationDigest(taskId, round, hash, attestation.evaluation);
        (attestation.r, attestation.vs) = _sign(keys[i], digest);
    }

    /// @dev Whether a batch with this signer is taken: it may commit, or has committed and may still be admitted.
    function _mayCarry(uint32 taskId, uint32 round, address one) private view returns (bool) {
        if (_mayCommit(taskId, round, one)) return true;
        RoundBook storage book = _rounds[taskId][round];
        bool takes = book.phase == Phase.Open && block.timestamp <= book.deadline && _active[taskId][one];
        return takes && _hasCommitted(taskId, round, one);
    }

    function _included(uint32 taskId, uint32 round, uint64 excluded) private view returns (uint256 weight) {
        Commitment[] storage list = _commitments[taskId][round];
        for (uint256 i = 0; i < list.length; ++i) {
            if ((excluded >> list[i].slot) & 1 == 0) weight += list[i].weight;
        }
    }
}
