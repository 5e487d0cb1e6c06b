// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChunkProof} from "../types/ChallengeTypes.sol";
import {Advertisement} from "../types/PrivacyTypes.sol";
import {Commitment, Proposal} from "../types/TaskTypes.sol";

/// @title IMaskedChallenges
/// @notice Fraud proofs against a proposal of a masked round: what {IChallenges} says of a won challenge holds of these.
/// @dev A model made with false openings is proven wrong by {challengeOpening}, one that is not what the recorded openings give by
/// {challengeMaskedChunk}: both need only what is on the record, and the chunks.
interface IMaskedChallenges {
    /// @notice The advertisements given are not those of the round, in their order.
    error WrongAdvertisements();
    /// @notice The openings given are not those on record.
    error WrongOpenings();
    /// @notice The opening of this slot is the one that was advertised, or opens nothing.
    error OpeningIsRight(uint8 slot);

    /// @notice Proves a chunk of the model proposed in a masked round wrong: ChallengeKind.WrongChunk.
    /// @param advertisements All of the round, in the order of the chain.
    /// @param commitments All of the round, in the order of the chain.
    /// @param openings As recorded with the proposal.
    /// @param proof As for {IChallenges.challengeChunk}, the updates being the masked ones; `bounds` is empty.
    ///
    /// Requirements: those of {IChallenges.challengeChunk}; the task is masked ({IAdvertisements.WrongMode}); the advertisements are the
    /// round's ({WrongAdvertisements}), the openings those on record ({WrongOpenings}).
    function challengeMaskedChunk(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Advertisement[] calldata advertisements,
        Commitment[] calldata commitments,
        bytes calldata openings,
        ChunkProof calldata proof,
        bytes32 salt
    ) external;

    /// @notice Proves that the recorded opening of a slot is false: ChallengeKind.FalseOpening, the index being the slot. The seed of
    /// one that committed does not hash to its seedHash; or the secret key of one that did not, and has a neighbour that did, is not the
    /// one of its maskKey (below the curve's order and with an even y).
    ///
    /// Requirements: the round is in flight and Proposed, and the proposal is on record ({IRounds.WrongRound}, {IRounds.WrongPhase},
    /// {IRounds.WrongProposal}); the task is masked ({IAdvertisements.WrongMode}); the advertisements are the round's
    /// ({WrongAdvertisements}), the openings those on record ({WrongOpenings}); the slot advertised
    /// ({IChallenges.MalformedProof}); its opening is false ({OpeningIsRight}).
    function challengeOpening(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Advertisement[] calldata advertisements,
        bytes calldata openings,
        uint8 slot,
        bytes32 salt
    ) external;
}
