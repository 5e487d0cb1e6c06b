// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IFederation} from "../../../contracts/interfaces/IFederation.sol";
import {Attestation, Availability, RoundInfo, SignedCommitment} from "../../../contracts/types/TaskTypes.sol";
import {TestBase} from "./TestBase.sol";

/// @title SignatureFixture
/// @notice What participants sign for a federation.
abstract contract SignatureFixture is TestBase {
    IFederation internal federation;
    /// @dev Ascending by address, as attestations must be; keys in the same order.
    address[] internal participants;
    uint256[] internal keys;

    /// @notice What participant `i` signs for {IRounds.commitBatch}: the update of {_commit}, for this round.
    function _signed(
        uint32 taskId,
        uint32 round,
        uint256 i,
        uint32 weight
    ) internal view returns (SignedCommitment memory) {
        SignedCommitment memory signed = SignedCommitment(weight, keccak256("update"), keccak256("content"), 0, 0);
        return _signedBy(taskId, round, keys[i], signed);
    }

    /// @notice The commitment with a signature by `key`, over this round's base model.
    function _signedBy(
        uint32 taskId,
        uint32 round,
        uint256 key,
        SignedCommitment memory signed
    ) internal view returns (SignedCommitment memory) {
        bytes32 base = federation.roundInfo(taskId, round).baseModelRoot;
        (signed.r, signed.vs) = _sign(key, federation.commitmentDigest(taskId, round, base, signed));
        return signed;
    }

    /// @notice The word of participant `i` that it holds these slots of the round.
    function _word(uint32 taskId, uint32 round, uint256 i, uint64 slots) internal view returns (Availability memory) {
        return _wordBy(taskId, round, keys[i], slots);
    }

    function _wordBy(
        uint32 taskId,
        uint32 round,
        uint256 key,
        uint64 slots
    ) internal view returns (Availability memory word) {
        bytes32 accumulator = federation.roundInfo(taskId, round).accumulator;
        word.slots = slots;
        (word.r, word.vs) = _sign(key, federation.availabilityDigest(taskId, round, accumulator, slots));
    }

    /// @notice The words of the first `count` participants, each of which holds `slots`.
    function _words(
        uint32 taskId,
        uint32 round,
        uint256 count,
        uint64 slots
    ) internal view returns (Availability[] memory words) {
        words = new Availability[](count);
        for (uint256 i = 0; i < count; ++i) {
            words[i] = _word(taskId, round, i, slots);
        }
    }

    /// @notice A signature in two words (EIP-2098).
    function _sign(uint256 key, bytes32 digest) internal pure returns (bytes32 r, bytes32 vs) {
        uint8 v;
        bytes32 s;
        (v, r, s) = vm.sign(key, digest);
        vs = bytes32(uint256(s) | (uint256(v - 27) << 255));
    }

    /// @notice Whose signature over this digest the two words would be.
    function _recovered(bytes32 digest, bytes32 r, bytes32 vs) internal pure returns (address) {
        bytes32 s = vs & bytes32(type(uint256).max >> 1);
        return ecrecover(digest, uint8(uint256(vs) >> 255) + 27, r, s);
    }

    /// @notice The attestation of participant `i` to the proposal on record in the newest round.
    function _attestation(uint32 taskId, uint256 i) internal view returns (Attestation memory) {
        return _attestationBy(taskId, keys[i]);
    }

    function _attestationBy(uint32 taskId, uint256 key) internal view returns (Attestation memory) {
        return _attestationFor(taskId, 0, key);
    }

    /// @notice The attestation by `key` to the proposal on record in one of the two newest rounds; 0 for the newest.
    function _attestationFor(
        uint32 taskId,
        uint32 round,
        uint256 key
    ) internal view returns (Attestation memory attestation) {
        RoundInfo memory info = federation.roundInfo(taskId, round);
        attestation.evaluation = _evaluation(50, -3, 9);
        (attestation.r, attestation.vs) = _sign(
            key,
            federation.attestationDigest(taskId, info.round, info.proposalHash, attestation.evaluation)
        );
    }

    /// @notice An evaluation as attestations pack it.
    function _evaluation(uint32 samples, int64 metricQ24, uint64 lossQ24) internal pure returns (uint256) {
        return (uint256(samples) << 128) | (uint256(uint64(metricQ24)) << 64) | lossQ24;
    }

    /// @notice Attestations of the first `count` participants.
    function _attestations(uint32 taskId, uint256 count) internal view returns (Attestation[] memory attestations) {
        attestations = new Attestation[](count);
        for (uint256 i = 0; i < count; ++i) {
            attestations[i] = _attestation(taskId, i);
        }
    }
}
