// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RoundState} from "../../../contracts/types/RoundState.sol";
import {
    Advertisement,
    Commitment,
    Mode,
    Phase,
    Proposal,
    RoundInputs,
    Signature,
    SignedAdvertisement,
    SignedCommitment,
    WalletWord
} from "../../../contracts/types/TaskTypes.sol";
import {Calls} from "./Calls.sol";
import {Book} from "./WalkBook.sol";
import {WalkMembers} from "./WalkMembers.sol";

/// @title WalkRounds
/// @notice The steps of a round, right or wrong, by whoever may and whoever may not.
abstract contract WalkRounds is WalkMembers {
    /// @dev The generator of secp256k1, whose secret key is 1: everybody's mask key.
    bytes32 private constant GENERATOR = 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798;
    bytes32 private constant COMMITMENT = keccak256(
        "Commitment(uint32 taskId,uint32 round,bytes32 anchor,bytes32 updateRoot,bytes32 contentId,uint32 weight)"
    );
    bytes32 private constant ATTESTATION = keccak256("Attestation(uint32 taskId,uint32 round,bytes32 proposalHash)");
    bytes32 private constant ADVERTISEMENT = keccak256(
        "Advertisement(uint32 taskId,uint32 round,bytes32 start,bytes32 maskKey,bytes32 seedHash,bytes32 sharesId,bytes32 shareKey)"
    );

    function open(uint256 task, uint256 who) public {
        uint32 taskId = _task(task);
        if (taskId == 0) return;
        uint256 i = who % (ACCOUNTS + 1);
        address account = i == ACCOUNTS ? outsider : accounts[i];
        RoundState former = _stateOf(taskId);
        bool must = _isIn(taskId, account) && !former.inFlight() && former.accepted() < rulesOf[taskId].rounds;
        // one time in eight another number than the next one, which is refused while no word is in its way
        uint32 number = former.round() + ((who >> 8) % 8 == 0 ? uint32((who >> 16) % 4) : 1);
        bool ok = _call(account, abi.encodeCall(Calls.openRound, (taskId, number)), "open");
        if (ok) _expect(must && number > former.round(), true, "opened by whom, or as what, it was not for");
        if (ok && former.round() < 63) _expect(number == former.round() + 1, true, "a number was passed over");
    }

    /// @notice The keys of some participants, brought by the outsider.
    function advertise(uint256 task, uint256 bits) public {
        uint32 taskId = _task(task);
        RoundState state = _stateOf(taskId);
        if (taskId == 0 || rulesOf[taskId].mode != Mode.Masked || state.phase() != Phase.Open) return;
        SignedAdvertisement[] memory signed = new SignedAdvertisement[](PARTICIPANTS);
        bytes32 start = bytes32(_word(taskId, 8));
        for (uint256 i = 0; i < PARTICIPANTS; ++i) {
            if ((bits >> i) & 1 != 0) signed[i] = _keys(taskId, state.round(), start, i);
        }
        uint64 before = uint64(_word(taskId, 10));
        if (!_call(outsider, abi.encodeCall(Calls.advertise, (taskId, state.round(), signed)), "advertise")) return;
        uint64 added = uint64(_word(taskId, 10)) & ~before;
        for (uint256 i = 0; i < PARTICIPANTS; ++i) {
            uint256 place = uint32(_enrolmentOf(taskId, accounts[i]));
            if (place == 0 || (added >> (place - 1)) & 1 == 0) continue;
            advertisements[taskId][state.round()].push(
                Advertisement(accounts[i], uint8(place - 1), GENERATOR, _seedHash(i), "shares", "next")
            );
        }
    }

    function _keys(
        uint32 taskId,
        uint32 round,
        bytes32 start,
        uint256 i
    ) private view returns (SignedAdvertisement memory made) {
        (made.maskKey, made.seedHash, made.sharesId, made.shareKey) = (GENERATOR, _seedHash(i), "shares", "next");
        bytes32 hash = keccak256(
            abi.encode(ADVERTISEMENT, taskId, round, start, GENERATOR, made.seedHash, made.sharesId, made.shareKey)
        );
        (made.signature.r, made.signature.vs) = _sign(_keyOf(i), hash);
    }

    function _seed(uint256 i) private pure returns (bytes32) {
        return keccak256(abi.encode("seed", i));
    }

    function _seedHash(uint256 i) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(5), _seed(i)));
    }

    function commit(uint256 task, uint256 who, uint32 weight) public {
        uint32 taskId = _task(task);
        RoundState state = _stateOf(taskId);
        address account = who % 11 == 10 ? outsider : accounts[who % ACCOUNTS];
        bytes32 anchor = bytes32(_word(taskId, 5));
        weight = uint32(bound(weight, 0, 1001));
        bytes memory call = abi.encodeCall(
            Calls.commit,
            (taskId, state.round(), anchor, keccak256(abi.encode(account)), "content", weight)
        );
        if (!_call(account, call, "commit")) return;
        _expect(_isIn(taskId, account) && weight != 0 && weight <= 1000, true, "committed by whom it was not for");
        _noteCommitment(taskId, state, account, weight);
    }

    /// @notice Signed commitments of some participants, brought by the outsider.
    function commitBatch(uint256 task, uint256 bits) public {
        uint32 taskId = _task(task);
        RoundState state = _stateOf(taskId);
        bytes32 anchor = bytes32(_word(taskId, 5));
        SignedCommitment[] memory signed = new SignedCommitment[](PARTICIPANTS);
        for (uint256 i = 0; i < PARTICIPANTS; ++i) {
            if ((bits >> i) & 1 != 0) signed[i] = _signedCommitment(taskId, state.round(), anchor, i, 10);
        }
        if (!_call(outsider, abi.encodeCall(Calls.commitBatch, (taskId, state.round(), signed)), "batch")) return;
        uint64 added = _stateOf(taskId).committed() & ~state.committed();
        for (uint256 i = 0; i < PARTICIPANTS; ++i) {
            uint256 place = uint32(_enrolmentOf(taskId, accounts[i]));
            if (place != 0 && (added >> (place - 1)) & 1 != 0) _noteCommitment(taskId, state, accounts[i], 10);
        }
    }

    function _signedCommitment(
        uint32 taskId,
        uint32 round,
        bytes32 anchor,
        uint256 i,
        uint32 weight
    ) internal view returns (SignedCommitment memory made) {
        (made.weight, made.updateRoot, made.contentId) = (weight, keccak256(abi.encode(accounts[i])), "content");
        (made.signature.r, made.signature.vs) = _sign(
            _keyOf(i),
            keccak256(abi.encode(COMMITMENT, taskId, round, anchor, made.updateRoot, made.contentId, weight))
        );
    }

    function _noteCommitment(uint32 taskId, RoundState state, address account, uint32 weight) private {
        uint8 slot = uint8(uint32(_enrolmentOf(taskId, account)) - 1);
        _expect((state.committed() >> slot) & 1 == 0, true, "committed twice");
        commitments[taskId][state.round()].push(
            Commitment(account, slot, weight, keccak256(abi.encode(account)), "content")
        );
    }

    function close(uint256 task) public {
        uint32 taskId = _task(task);
        _call(outsider, abi.encodeCall(Calls.closeRound, (taskId, _stateOf(taskId).round())), "close");
    }

    function reassign(uint256 task) public {
        uint32 taskId = _task(task);
        _call(outsider, abi.encodeCall(Calls.reassign, (taskId, _stateOf(taskId).round())), "reassign");
    }

    /// @notice The assigned aggregator proposes: an honest one what is right, a liar a wrong weight or opening as
    /// `kind` says.
    function propose(uint256 task, uint256 kind) public {
        uint32 taskId = _task(task);
        RoundState state = _stateOf(taskId);
        if (taskId == 0 || state.phase() != Phase.Aggregating) return;
        uint32 round = state.round();
        uint256 i = _assigned(taskId);
        if (i == ACCOUNTS) return;
        bool wrong = _isLiar(i) && kind % 2 == 0;
        bool masked = rulesOf[taskId].mode == Mode.Masked;
        bytes memory openings = masked ? _openings(taskId, round, state.committed(), wrong) : bytes("");
        Proposal memory proposal = _proposal(taskId, state, accounts[i], wrong && !masked, kind);
        if (!masked && wrong && proposal.excluded == 0) return;
        RoundInputs memory inputs = _inputs(taskId, state, keccak256(openings));
        bytes memory call = abi.encodeCall(Calls.propose, (taskId, round, inputs.accumulator, proposal, openings));
        bool must = block.timestamp <= state.deadline();
        bool ok = _call(accounts[i], call, wrong ? "lie" : "propose");
        _expect(ok, must, "proposing");
        if (!ok) return;
        Book storage book = books[taskId][round];
        book.inputs = inputs;
        book.proposal = proposal;
        book.openings = openings;
        book.start = bytes32(_word(taskId, 8));
        book.wrong = wrong;
        delete book.attesters;
    }

    /// @dev Which account is assigned; ACCOUNTS where it is none, as it has left.
    function _assigned(uint32 taskId) private view returns (uint256 i) {
        address assigned = address(uint160(_word(taskId, 7)));
        while (i < ACCOUNTS && accounts[i] != assigned) ++i;
    }

    /// @dev All included; a wrong one leaves out the first with a weight that is not the sum of the rest, where it can.
    function _proposal(
        uint32 taskId,
        RoundState state,
        address aggregator,
        bool wrong,
        uint256 kind
    ) private view returns (Proposal memory made) {
        (made.attempt, made.aggregator) = (state.attempt(), aggregator);
        made.modelRoot = keccak256(abi.encode(taskId, state.round(), made.attempt, kind));
        made.contentId = "blob";
        made.totalWeight = state.totalWeight();
        if (!wrong) return made;
        Commitment[] storage all = commitments[taskId][state.round()];
        if (all.length <= rulesOf[taskId].minUpdates) return made;
        made.excluded = uint64(1) << all[0].slot;
        made.totalWeight = all[0].weight == 1 ? made.totalWeight - 2 : made.totalWeight - 1;
    }

    function _openings(
        uint32 taskId,
        uint32 round,
        uint64 committed,
        bool wrong
    ) private view returns (bytes memory openings) {
        uint64 keyed = uint64(_word(taskId, 10));
        for (uint256 slot = 0; slot < PARTICIPANTS; ++slot) {
            if ((committed >> slot) & 1 == 0) continue;
            openings = bytes.concat(openings, wrong ? bytes32("wrong") : _seed(_ownerOf(taskId, round, slot)));
            wrong = false;
        }
        for (uint256 slot = 0; slot < PARTICIPANTS; ++slot) {
            if (((keyed & ~committed) >> slot) & 1 != 0) openings = bytes.concat(openings, bytes32(uint256(1)));
        }
    }

    /// @dev Which account advertised for a slot.
    function _ownerOf(uint32 taskId, uint32 round, uint256 slot) private view returns (uint256 i) {
        Advertisement[] storage all = advertisements[taskId][round];
        uint256 k = 0;
        while (all[k].slot != slot) ++k;
        while (accounts[i] != all[k].participant) ++i;
    }

    function _inputs(
        uint32 taskId,
        RoundState state,
        bytes32 openingsHash
    ) internal view returns (RoundInputs memory inputs) {
        inputs.taskId = taskId;
        inputs.round = state.round();
        inputs.drawn = state.drawn();
        inputs.committed = state.committed();
        inputs.keyed = rulesOf[taskId].keyWindowS == 0 ? 0 : uint64(_word(taskId, 10));
        inputs.totalWeight = state.totalWeight();
        inputs.acceptedBefore = state.accepted();
        inputs.baseModelRoot = bytes32(_word(taskId, 2));
        inputs.anchor = bytes32(_word(taskId, 5));
        inputs.accumulator = bytes32(_word(taskId, 6));
        inputs.openingsHash = openingsHash;
    }

    /// @notice Some participants attest; of a lie, liars only.
    function accept(uint256 task, uint256 bits) public {
        uint32 taskId = _task(task);
        RoundState state = _stateOf(taskId);
        if (taskId == 0 || state.phase() != Phase.Proposed) return;
        Book storage book = books[taskId][state.round()];
        if (book.wrong) bits &= ~uint256(7);
        Signature[] memory signatures = _attestations(taskId, state.round(), bytes32(_word(taskId, 7)), bits);
        _accept(taskId, state.round(), signatures, bits);
    }

    function _attestations(
        uint32 taskId,
        uint32 round,
        bytes32 proposalHash,
        uint256 bits
    ) internal view returns (Signature[] memory signatures) {
        signatures = new Signature[](PARTICIPANTS);
        for (uint256 i = 0; i < PARTICIPANTS; ++i) {
            if ((bits >> i) & 1 == 0) continue;
            bytes32 hash = keccak256(abi.encode(ATTESTATION, taskId, round, proposalHash));
            (signatures[i].r, signatures[i].vs) = _sign(_keyOf(i), hash);
        }
    }

    function _accept(uint32 taskId, uint32 round, Signature[] memory signatures, uint256 bits) internal {
        Book storage book = books[taskId][round];
        uint64 counting = _counting(taskId, round);
        WalletWord[] memory none = new WalletWord[](0);
        bytes memory call = abi.encodeCall(Calls.accept, (taskId, round, book.proposal, signatures, none));
        if (!_call(outsider, call, book.wrong ? "accept a lie" : "accept")) return;
        (book.accepted, book.acceptedAt) = (true, block.timestamp);
        for (uint256 i = 0; i < PARTICIPANTS; ++i) {
            if ((bits >> i) & (counting >> i) & 1 != 0) book.attesters.push(accounts[i]);
        }
        uint256 all = 0;
        for (uint64 rest = counting; rest != 0; rest &= rest - 1) ++all;
        _expect(book.attesters.length > all / 2, true, "accepted by fewer than a majority");
    }

    /// @dev Bitmap of the accounts that committed in a round and are not expelled.
    function _counting(uint32 taskId, uint32 round) private view returns (uint64 bitmap) {
        Commitment[] storage all = commitments[taskId][round];
        for (uint256 k = 0; k < all.length; ++k) {
            if (_has(_enrolmentOf(taskId, all[k].participant), 192)) continue;
            for (uint256 i = 0; i < PARTICIPANTS; ++i) {
                if (accounts[i] == all[k].participant) bitmap |= uint64(1 << i);
            }
        }
    }
}
