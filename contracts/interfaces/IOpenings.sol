// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ChunkProof} from "../types/ChallengeTypes.sol";
import {Advertisement} from "../types/PrivacyTypes.sol";
import {Availability, Commitment, Proposal} from "../types/TaskTypes.sol";

/// @title IOpenings
/// @notice Proposals of rounds whose updates are hidden, and the fraud proofs against those of masked rounds.
/// @dev The closing of a round fixes, once, which masks are opened: self seeds of those who committed (the surviving set), mask
/// secret keys of those who advertised and did not commit (the dropped set). Nothing is left out of a proposal: leaving an update out
/// would show the difference, which is that update.
interface IOpenings {
    /// @notice What the result of a round was opened with; just before Proposed.
    /// @param openings Masked: 32 bytes for each slot that advertised: of those that committed, ascending, their self seeds, then of the
    /// others, ascending, their mask secret keys, zero where no neighbour of theirs committed. Encrypted: content id of the sum's blob.
    event Opened(uint32 indexed taskId, uint32 indexed round, uint8 attempt, bytes openings);

    /// @notice Records the assigned aggregator's result of a masked or encrypted round, with what opens its sum.
    /// Encrypted: the proposal is final by a quorum only, as the contract cannot check a decryption.
    ///
    /// Requirements: those of {IRounds.propose}; the task is masked or encrypted ({IAdvertisements.WrongMode}); nothing is excluded
    /// ({IRounds.InvalidExclusion}); the openings are as long as they must be ({InvalidOpenings}).
    function proposeOpened(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Availability[] calldata words,
        bytes calldata openings
    ) external;

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
