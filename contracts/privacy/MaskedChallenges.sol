// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RoundRecord, Task} from "../FederationState.sol";
import {Strikes} from "../court/Strikes.sol";
import {IAdvertisements} from "../interfaces/IAdvertisements.sol";
import {IChallenges} from "../interfaces/IChallenges.sol";
import {IMaskedChallenges} from "../interfaces/IMaskedChallenges.sol";
import {ChunkTree} from "../libraries/ChunkTree.sol";
import {MaskGraph} from "../libraries/MaskGraph.sol";
import {MaskKeys} from "../libraries/MaskKeys.sol";
import {MaskedRound, MaskedSum} from "../libraries/MaskedSum.sol";
import {RoundProof} from "../libraries/RoundProof.sol";
import {ChallengeKind, ChunkProof} from "../types/ChallengeTypes.sol";
import {Advertisement} from "../types/PrivacyTypes.sol";
import {RoundState} from "../types/RoundState.sol";
import {Commitment, Mode, Phase, Proposal} from "../types/TaskTypes.sol";

/// @title MaskedChallenges
/// @notice Strikes proposals of masked rounds that are proven wrong.
/// @dev Attacks considered (those of the proofs themselves: {RoundProof}, {MaskedSum}):
/// - other keys are given than those that the masks were made with: they hash to the accumulator at the first commitment;
/// - other openings are given than the proposer's: their hash is on record;
/// - a proposer fits the openings to its model: each has one right value, that of its hash or its key, and {challengeOpening} proves
///   any other wrong, whatever the model;
/// - an opening that nothing depends on strikes an honest proposal: those without a surviving neighbour are passed over.
abstract contract MaskedChallenges is Strikes, IMaskedChallenges {
    /// @inheritdoc IMaskedChallenges
    function challengeMaskedChunk(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Advertisement[] calldata advertisements,
        Commitment[] calldata commitments,
        bytes calldata openings,
        ChunkProof calldata proof,
        bytes32 salt
    ) external {
        (Task storage task, RoundRecord storage record) = _opened(taskId, round, proposal, advertisements, openings);
        RoundProof.checkCommitments(record.keysAccumulator, record.accumulator, commitments);
        _checkWrongChunk(task, record, proposal.modelRoot, taskId, advertisements, commitments, openings, proof);
        _strike(taskId, round, proposal, ChallengeKind.WrongChunk, proof.chunkIndex, salt, address(0));
    }

    /// @inheritdoc IMaskedChallenges
    function challengeOpening(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Advertisement[] calldata advertisements,
        bytes calldata openings,
        uint8 slot,
        bytes32 salt
    ) external {
        (Task storage task, RoundRecord storage record) = _opened(taskId, round, proposal, advertisements, openings);
        uint256 position = 0;
        while (position < advertisements.length && advertisements[position].slot != slot) ++position;
        if (position == advertisements.length) revert IChallenges.MalformedProof();
        MaskedRound memory masked = _maskedRound(task, record, taskId);
        bytes32 opening = MaskedSum.openingOf(masked.keyed, masked.survivors, slot, openings);
        if (_isRight(masked, advertisements[position], opening)) revert OpeningIsRight(slot);
        _strike(taskId, round, proposal, ChallengeKind.FalseOpening, slot, salt, address(0));
    }

    /// @dev A proposal on record of a masked round, with its keys and openings.
    function _opened(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Advertisement[] calldata advertisements,
        bytes calldata openings
    ) private view returns (Task storage task, RoundRecord storage record) {
        task = _tasks[taskId];
        (record, ) = _record(task, round, Phase.Proposed);
        _proposalOnRecord(record, taskId, round, proposal);
        if (task.rules.mode != Mode.Masked) revert IAdvertisements.WrongMode(task.rules.mode);
        bytes32 accumulator = _startAccumulator(taskId, record.state, record.baseModelRoot);
        for (uint256 i = 0; i < advertisements.length; ++i) {
            Advertisement calldata one = advertisements[i];
            // what abi.encode of the accumulator, 1 and the advertisement would be, without new memory for each
            assembly ("memory-safe") {
                let buffer := mload(0x40)
                mstore(buffer, accumulator)
                mstore(add(buffer, 32), 1)
                calldatacopy(add(buffer, 64), one, 160)
                accumulator := keccak256(buffer, 224)
            }
        }
        if (accumulator != record.keysAccumulator) revert WrongAdvertisements();
        if (keccak256(openings) != record.openingsHash) revert WrongOpenings();
    }

    /// @dev Reverts unless the chunk shown is not what the openings make of the updates.
    function _checkWrongChunk(
        Task storage task,
        RoundRecord storage record,
        bytes32 modelRoot,
        uint32 taskId,
        Advertisement[] calldata advertisements,
        Commitment[] calldata commitments,
        bytes calldata openings,
        ChunkProof calldata proof
    ) private view {
        uint32 count = task.rules.parameterCount;
        RoundProof.checkPlaces(count, record.baseModelRoot, modelRoot, proof);
        (bytes memory updates, ) = RoundProof.includedUpdates(count, 0, commitments, proof);
        bytes memory right = MaskedSum.chunk(
            task.rules,
            _maskedRound(task, record, taskId),
            proof.chunkIndex,
            proof.base,
            updates,
            advertisements,
            openings
        );
        if (ChunkTree.leafOf(proof.chunkIndex, right, 0) == proof.leaf) revert IChallenges.ChunkIsRight();
    }

    function _maskedRound(
        Task storage task,
        RoundRecord storage record,
        uint32 taskId
    ) private view returns (MaskedRound memory) {
        RoundState state = record.state;
        return
            MaskedRound({
                taskId: taskId,
                round: state.round(),
                seed: state.seed(),
                drawn: state.drawn(),
                neighbours: task.rules.neighbours,
                keyed: record.keyed,
                survivors: state.committed(),
                totalWeight: state.totalWeight()
            });
    }

    /// @dev Whether an opening is the one that was advertised, or one that no mask depends on.
    function _isRight(
        MaskedRound memory masked,
        Advertisement calldata advertised,
        bytes32 opening
    ) private view returns (bool) {
        uint8 slot = advertised.slot;
        if ((masked.survivors >> slot) & 1 != 0) {
            return keccak256(abi.encodePacked(uint8(5), opening)) == advertised.seedHash;
        }
        if (MaskKeys.isSecretOf(opening, advertised.maskKey)) return true;
        uint256[] memory ring = MaskGraph.places(masked.seed, masked.drawn, masked.neighbours);
        for (uint256 other = 0; other < masked.drawn; ++other) {
            if ((masked.survivors >> other) & 1 == 0) continue;
            if (MaskGraph.areNeighbours(ring, masked.neighbours, slot, other)) return false;
        }
        return true;
    }
}
