// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Commitment, SignedCommitment} from "../types/TaskTypes.sol";

/// @title SignedStructs
/// @notice EIP-712 struct hashes of what members sign (docs/protocol.md, section 7).
/// @dev Each binds task and round, and what makes it worthless elsewhere: the proposal, the base model, the accumulator.
library SignedStructs {
    bytes32 private constant ATTESTATION = keccak256(
        "Attestation(uint32 taskId,uint32 round,bytes32 proposalHash,uint32 samples,int64 metricQ24,uint64 lossQ24)"
    );
    bytes32 private constant COMMITMENT = keccak256(
        "Commitment(uint32 taskId,uint32 round,bytes32 baseModelRoot,bytes32 updateRoot,bytes32 contentId,uint32 weight)"
    );
    bytes32 private constant AVAILABILITY = keccak256(
        "Availability(uint32 taskId,uint32 round,bytes32 accumulator,uint64 slots)"
    );
    bytes32 private constant CUSTODY = keccak256(
        "Custody(uint32 taskId,uint32 round,address participant,bytes32 updateRoot,bytes32 contentId)"
    );

    /// @param evaluation Packed as in {Attestation}; bits above the samples' are to be zero, and are not signed.
    function attestation(
        uint32 taskId,
        uint32 round,
        bytes32 proposalHash,
        uint256 evaluation
    ) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    ATTESTATION,
                    taskId,
                    round,
                    proposalHash,
                    uint32(evaluation >> 128),
                    int64(uint64(evaluation >> 64)),
                    uint64(evaluation)
                )
            );
    }

    function commitment(
        uint32 taskId,
        uint32 round,
        bytes32 baseModelRoot,
        SignedCommitment calldata signed
    ) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(COMMITMENT, taskId, round, baseModelRoot, signed.updateRoot, signed.contentId, signed.weight)
            );
    }

    function availability(
        uint32 taskId,
        uint32 round,
        bytes32 accumulator,
        uint64 slots
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(AVAILABILITY, taskId, round, accumulator, slots));
    }

    function custody(uint32 taskId, uint32 round, Commitment calldata held) internal pure returns (bytes32) {
        return keccak256(abi.encode(CUSTODY, taskId, round, held.participant, held.updateRoot, held.contentId));
    }
}
