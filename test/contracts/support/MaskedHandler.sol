// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAdvertisements} from "../../../contracts/interfaces/IAdvertisements.sol";
import {IMaskedChallenges} from "../../../contracts/interfaces/IMaskedChallenges.sol";
import {IOpenings} from "../../../contracts/interfaces/IOpenings.sol";
import {Bitmap} from "../../../contracts/libraries/Bitmap.sol";
import {Advertisement} from "../../../contracts/types/PrivacyTypes.sol";
import {Availability, Phase, Proposal} from "../../../contracts/types/TaskTypes.sol";
import {RoundBook} from "./FederationBooks.sol";
import {FederationHandler} from "./FederationHandler.sol";

/// @title MaskedHandler
/// @notice The handler of {FederationHandler} with what masked rounds add: keys, openings, and challenges of openings. All have the
/// generator as their mask key, so that the secret key is 1, and a self seed of zero.
abstract contract MaskedHandler is FederationHandler {
    bytes32 private constant KEY = 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798;

    mapping(uint32 taskId => mapping(uint32 round => Advertisement[])) private _advertisements;
    /// @dev Of the proposals on record: whether the first opening is false.
    mapping(uint32 taskId => mapping(uint32 round => bool)) private _false;

    /// @notice Advertises, mostly in the newest round, sometimes in another, for another seed, or a key that is no point.
    function advertise(uint256 who, uint256 task, uint256 kind) public onTask(task) {
        (uint32 taskId, address one) = (_task(task), _participant(who));
        uint32 round = _aRound(taskId, kind);
        RoundBook storage book = _rounds[taskId][round];
        (uint8 slot, bool drawn) = federation.slotOf(taskId, one);
        Advertisement memory made = Advertisement(
            one,
            slot,
            kind % 8 == 4 ? bytes32(uint256(5)) : KEY,
            keccak256(abi.encodePacked(uint8(5), bytes32(0))),
            keccak256(abi.encode(who))
        );
        bool may = _isMasked(taskId) && kind % 8 != 3 && kind % 8 != 4 && drawn && _active[taskId][one];
        may = may && book.phase == Phase.Open && block.timestamp <= book.keyDeadline && (book.keyed >> slot) & 1 == 0;
        uint72 seed = kind % 8 == 3 ? book.seed ^ 1 : book.seed;
        bytes memory call = abi.encodeCall(
            IAdvertisements.advertise,
            (taskId, round, seed, made.maskKey, made.seedHash, made.sharesId)
        );
        if (!_try(one, call, may, "advertise")) return;
        if (book.committed != 0) violation = "a key after a commitment";
        book.keyed |= uint64(1 << slot);
        book.accumulator = keccak256(abi.encode(book.accumulator, uint256(1), made));
        _advertisements[taskId][round].push(made);
    }

    /// @notice Challenges an opening of a masked round, right or wrong: that of its first survivor, or of any slot.
    function challengeOpening(uint256 task, uint256 kind, uint8 slot) public onTask(task) {
        uint32 taskId = _task(task);
        uint32 round = _aRound(taskId, kind);
        RoundBook storage book = _rounds[taskId][round];
        uint8 first = _first(book.committed);
        slot = kind % 2 == 0 ? first : slot % 8;
        bool may = book.phase == Phase.Proposed && _false[taskId][round] && slot == first;
        bytes memory openings = _openings(book, _false[taskId][round]);
        bytes memory call = abi.encodeCall(
            IMaskedChallenges.challengeOpening,
            (taskId, round, book.proposal, _advertisements[taskId][round], openings, slot, 0)
        );
        if (_try(outsider, call, may, "challengeOpening")) _noteStrike(taskId, round);
    }

    /// @dev As {propose}: all is right, or something is left out, or openings are missing, or one is false, which the contract takes.
    function _proposeOpened(uint32 taskId, uint32 round, uint256 who, uint256 kind) internal override {
        RoundBook storage book = _rounds[taskId][round];
        Proposal memory proposal = _aProposal(taskId, round, kind);
        address sender = kind % 8 == 6 ? aggregators[who % aggregators.length] : book.assigned;
        bytes memory openings = kind % 8 == 5 ? new bytes(1) : _openings(book, kind % 8 == 1);
        bool may = _mayPropose(taskId, round, proposal, sender) && proposal.excluded == 0 && kind % 8 != 5;
        bytes memory call = abi.encodeCall(
            IOpenings.proposeOpened,
            (taskId, round, proposal, new Availability[](0), openings)
        );
        if (!_try(sender, call, may, "proposeOpened")) return;
        _false[taskId][round] = kind % 8 == 1;
        _noteProposal(taskId, round, proposal);
    }

    function _advertiseAll(uint256 task, uint256 which) internal override {
        for (uint256 i = 0; i < participants.length; ++i) advertise(i, task, which);
    }

    function _challengeFirst(uint256 task, uint256 which) internal override {
        challengeOpening(task, which, 0);
    }

    /// @dev Zero for those who committed, 1 for those who dropped out; or with a first one that is false.
    function _openings(RoundBook storage book, bool lying) private view returns (bytes memory openings) {
        uint256 survivors = Bitmap.count(book.committed);
        openings = new bytes(32 * Bitmap.count(book.keyed));
        for (uint256 i = survivors; i < openings.length / 32; ++i) openings[32 * i + 31] = 0x01;
        if (lying && openings.length != 0) openings[7] = 0x01;
    }

    function _first(uint64 slots) private pure returns (uint8 first) {
        if (slots == 0) return 0;
        while ((slots >> first) & 1 == 0) ++first;
    }
}
