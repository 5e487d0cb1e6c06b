// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Commitment, Proposal} from "../../../contracts/types/TaskTypes.sol";
import {FederationFixture} from "./FederationFixture.sol";

/// @title ChallengeFixture
/// @notice Rounds that are challenged, with the commitments as the events state them.
abstract contract ChallengeFixture is FederationFixture {
    /// @notice Everyone drawn commits as in {_commitAll}; returns what the events say.
    function _commitRecorded(uint32 taskId) internal returns (Commitment[] memory commitments) {
        _commitAll(taskId);
        commitments = _recorded(taskId);
    }

    /// @notice The commitments of a round in which everyone committed by {_commitAll}.
    function _recorded(uint32 taskId) internal view returns (Commitment[] memory commitments) {
        commitments = new Commitment[](participants.length);
        for (uint256 i = 0; i < participants.length; ++i) {
            (uint8 slot, ) = federation.slotOf(taskId, participants[i]);
            commitments[i] = Commitment(participants[i], slot, 10, keccak256("update"), keccak256("content"));
        }
    }

    /// @notice The aggregator's word that it keeps the update of this commitment.
    function _custody(
        uint32 taskId,
        uint32 round,
        address aggregator,
        Commitment memory commitment
    ) internal view returns (bytes32 r, bytes32 vs) {
        return _sign(aggregatorKeys[aggregator], federation.custodyDigest(taskId, round, commitment));
    }

    /// @notice What {IRewards} calls the case.
    function _caseHash(
        uint32 taskId,
        uint32 round,
        bytes32 subject,
        uint256 kind,
        uint256 index
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(taskId, round, subject, kind, index));
    }

    /// @notice A proposal that leaves out slot 0 and weighs one too little.
    function _misweighed(uint32 taskId) internal view returns (Proposal memory lie) {
        lie = _proposal(taskId, 1);
        --lie.totalWeight;
    }
}
