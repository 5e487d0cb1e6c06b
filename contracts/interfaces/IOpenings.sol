// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Availability, Proposal} from "../types/TaskTypes.sol";

/// @title IOpenings
/// @notice Proposals of rounds whose updates are hidden.
/// @dev The closing of a round fixes, once, which masks are opened: self seeds of those who committed (the surviving set), mask
/// secret keys of those who advertised and did not commit (the dropped set). Nothing is left out of a proposal: leaving an update out
/// would show the difference, which is that update.
interface IOpenings {
    /// @notice What the result of a round was opened with; just before Proposed.
    /// @param openings Masked: 32 bytes for each slot that advertised: of those that committed, ascending, their self seeds, then of the
    /// others, ascending, their mask secret keys, zero where no neighbour of theirs committed. Encrypted: content id of the sum's blob.
    event Opened(uint32 indexed taskId, uint32 indexed round, uint8 attempt, bytes openings);

    /// @notice The openings are not as long as they must be.
    error InvalidOpenings();
    /// @notice The sum of the round's updates might not fit the exact arithmetic (2^31).
    error SumTooLarge();

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
}
