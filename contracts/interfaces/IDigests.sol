// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Commitment, SignedCommitment} from "../types/TaskTypes.sol";

/// @title IDigests
/// @notice EIP-712 digests of what members sign, for those who would compare theirs.
interface IDigests {
    /// @notice What an attester signs: Attestation(uint32 taskId,uint32 round,bytes32 proposalHash,uint32 samples,int64 metricQ24,uint64 lossQ24).
    /// @param evaluation Packed as in {Attestation}.
    function attestationDigest(
        uint32 taskId,
        uint32 round,
        bytes32 proposalHash,
        uint256 evaluation
    ) external view returns (bytes32);

    /// @notice What a participant signs for {IRounds.commitBatch}: Commitment(uint32 taskId,uint32 round,bytes32 baseModelRoot,bytes32
    /// updateRoot,bytes32 contentId,uint32 weight). The signature in the argument is not looked at.
    function commitmentDigest(
        uint32 taskId,
        uint32 round,
        bytes32 baseModelRoot,
        SignedCommitment calldata signed
    ) external view returns (bytes32);

    /// @notice What a participant signs for {IRounds.propose}: Availability(uint32 taskId,uint32 round,bytes32 accumulator,uint64 slots).
    function availabilityDigest(
        uint32 taskId,
        uint32 round,
        bytes32 accumulator,
        uint64 slots
    ) external view returns (bytes32);

    /// @notice What an aggregator signs when it takes an update into its keeping: Custody(uint32 taskId,uint32 round,address
    /// participant,bytes32 updateRoot,bytes32 contentId). Slot and weight of the argument are not looked at.
    function custodyDigest(uint32 taskId, uint32 round, Commitment calldata commitment) external view returns (bytes32);
}
