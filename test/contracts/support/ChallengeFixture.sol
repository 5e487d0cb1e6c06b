// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Commitment, Proposal} from "../../../contracts/types/TaskTypes.sol";
import {FederationFixture} from "./FederationFixture.sol";

/// @title ChallengeFixture
/// @notice Rounds that are challenged, with the commitments as the events state them.
abstract contract ChallengeFixture is FederationFixture {
    function _bond(address account, uint256 amountWei) internal {
        vm.deal(account, account.balance + amountWei);
        vm.prank(account);
        federation.bond{value: amountWei}();
    }

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

    /// @notice A proposal that leaves out slot 0 and weighs one too little.
    function _misweighed(uint32 taskId) internal view returns (Proposal memory lie) {
        lie = _proposal(taskId, 1);
        --lie.totalWeight;
    }
}
