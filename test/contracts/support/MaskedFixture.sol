// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Advertisement} from "../../../contracts/types/PrivacyTypes.sol";
import {Availability, Commitment, Mode, Proposal, RoundInfo, TaskRules} from "../../../contracts/types/TaskTypes.sol";
import {FederationFixture} from "./FederationFixture.sol";

/// @title MaskedFixture
/// @notice Rounds with keys. The updates are not masked: what the contract knows of them is their roots.
abstract contract MaskedFixture is FederationFixture {
    /// @dev x of one, two and three times the generator, all with an even y.
    bytes32[3] internal maskKeys = [
        bytes32(0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798),
        bytes32(0xc6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5),
        bytes32(0xf9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9)
    ];
    /// @dev Of the newest round of the task that was advertised in last, in the order of the chain.
    Advertisement[] internal advertised;
    Commitment[] internal committed;

    function _maskedRules() internal pure returns (TaskRules memory rules) {
        rules = _rules();
        rules.mode = Mode.Masked;
        rules.clipLanes = 1 << 10;
        rules.minUpdates = 3;
        rules.thresholdPercent = 67;
        rules.keyWindowS = 100;
    }

    function _encryptedRules() internal pure returns (TaskRules memory rules) {
        rules = _rules();
        rules.mode = Mode.Encrypted;
        rules.clipLanes = 1 << 10;
        rules.maxWeight = 100;
        rules.minUpdates = 2;
        rules.keyWindowS = 100;
    }

    /// @notice A task of these rules with a round in phase Open, nobody having advertised.
    function _openedWith(TaskRules memory rules) internal returns (uint32 taskId) {
        taskId = _createWithAll(rules);
        _open(taskId);
        delete advertised;
        delete committed;
    }

    function _seed(uint32 taskId) internal view returns (uint72) {
        return federation.roundInfo(taskId, 0).seed;
    }

    /// @notice What participant `i` would have advertised in its slot.
    function _advertisement(uint32 taskId, uint256 i) internal view returns (Advertisement memory) {
        (uint8 slot, ) = federation.slotOf(taskId, participants[i]);
        return
            Advertisement({
                participant: participants[i],
                slot: slot,
                maskKey: maskKeys[slot % 3],
                seedHash: keccak256(abi.encodePacked(uint8(5), _selfSeed(slot))),
                sharesId: keccak256(abi.encode("shares", slot))
            });
    }

    function _selfSeed(uint256 slot) internal pure returns (bytes32) {
        return keccak256(abi.encode("self seed", slot));
    }

    function _advertise(uint32 taskId, uint256 i) internal {
        Advertisement memory one = _advertisement(taskId, i);
        (uint32 round, uint72 seed) = (_round(taskId), _seed(taskId));
        vm.prank(participants[i]);
        federation.advertise(taskId, round, seed, one.maskKey, one.seedHash, one.sharesId);
        advertised.push(one);
    }

    /// @notice The first `count` participants advertise.
    function _advertiseFirst(uint32 taskId, uint256 count) internal {
        for (uint256 i = 0; i < count; ++i) _advertise(taskId, i);
    }

    /// @notice Participant `i` commits with weight 10.
    function _commitBy(uint32 taskId, uint256 i) internal {
        _commit(taskId, participants[i], 10);
        (uint8 slot, ) = federation.slotOf(taskId, participants[i]);
        committed.push(Commitment(participants[i], slot, 10, keccak256("update"), keccak256("content")));
    }

    function _commitFirst(uint32 taskId, uint256 count) internal {
        for (uint256 i = 0; i < count; ++i) _commitBy(taskId, i);
    }

    /// @notice Moves the clock to the last second for keys.
    function _toKeyDeadline(uint32 taskId) internal {
        vm.warp(_keyDeadline(taskId));
    }

    function _passKeyDeadline(uint32 taskId) internal {
        vm.warp(uint256(_keyDeadline(taskId)) + 1);
    }

    function _keyDeadline(uint32 taskId) internal view returns (uint256) {
        return uint256(federation.roundInfo(taskId, 0).deadline) - federation.taskRules(taskId).commitWindowS;
    }

    /// @notice The right openings of the newest round.
    function _openings(uint32 taskId) internal view returns (bytes memory openings) {
        RoundInfo memory info = federation.roundInfo(taskId, 0);
        for (uint256 slot = 0; slot < info.drawn; ++slot) {
            if ((info.committed >> slot) & 1 != 0) openings = bytes.concat(openings, _selfSeed(slot));
        }
        uint64 dropped = info.keyed & ~info.committed;
        for (uint256 slot = 0; slot < info.drawn; ++slot) {
            if ((dropped >> slot) & 1 != 0) openings = bytes.concat(openings, bytes32((slot % 3) + 1));
        }
    }

    /// @notice A masked round in phase Aggregating, in which `keyed` of all participants advertised and `count` committed.
    function _aggregatingMasked(TaskRules memory rules, uint256 keyed, uint256 count) internal returns (uint32 taskId) {
        taskId = _openedWith(rules);
        _advertiseFirst(taskId, keyed);
        _passKeyDeadline(taskId);
        _commitFirst(taskId, count);
        if (count != keyed) _passDeadline(taskId);
        federation.closeRound(taskId, _round(taskId));
    }

    function _proposeOpened(uint32 taskId, Proposal memory proposal, bytes memory openings) internal {
        uint32 round = _round(taskId);
        vm.prank(proposal.aggregator);
        federation.proposeOpened(taskId, round, proposal, new Availability[](0), openings);
    }
}
