// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Phase} from "./TaskTypes.sol";

/// @notice A task's current round in one storage slot, from the lowest bit:
/// phase 3, excluding 1, attempt 4, drawn 7, deadline 33, totalWeight 38, enrolled 18, round 16, seed 72, committed 64.
/// @dev The widths follow from the rules: 64 weights below 2^32 sum to less than 2^38, attempts are at most 16, drawn at
/// most 64, rounds at most 65535. A deadline of 33 bits lasts until the year 2242. Storing it whole is what keeps a
/// commitment at two slot updates.
type RoundState is uint256;

using RoundStateLibrary for RoundState global;

/// @title RoundStateLibrary
/// @notice Reads and builds {RoundState} values.
library RoundStateLibrary {
    /// @notice Greatest number of enrolled places a state can hold.
    uint256 internal constant MAX_ENROLLED = (1 << 18) - 1;

    uint256 private constant EXCLUDING = 1 << 3;
    uint256 private constant ATTEMPT_AT = 4;
    uint256 private constant DRAWN_AT = 8;
    uint256 private constant DEADLINE_AT = 15;
    uint256 private constant WEIGHT_AT = 48;
    uint256 private constant ENROLLED_AT = 86;
    uint256 private constant ROUND_AT = 104;
    uint256 private constant SEED_AT = 120;
    uint256 private constant COMMITTED_AT = 192;
    /// @dev phase, excluding, attempt and deadline: the fields that an assignment or a proposal replaces.
    uint256 private constant STEP_MASK = 0xff | (((1 << 33) - 1) << DEADLINE_AT);

    /// @notice The state of a round just opened.
    /// @param enrolled_ At most MAX_ENROLLED.
    /// @param drawn_ At most 64.
    /// @param deadline_ Seconds since 1970, below 2^33.
    function opened(
        uint256 round_,
        uint72 seed_,
        uint256 enrolled_,
        uint256 drawn_,
        uint256 deadline_
    ) internal pure returns (RoundState) {
        return
            RoundState.wrap(
                uint256(Phase.Open) |
                    (drawn_ << DRAWN_AT) |
                    (deadline_ << DEADLINE_AT) |
                    (enrolled_ << ENROLLED_AT) |
                    (round_ << ROUND_AT) |
                    (uint256(seed_) << SEED_AT)
            );
    }

    /// @notice The state with one more commitment.
    /// @param slot Below 64, not committed yet.
    function withCommitment(RoundState self, uint256 slot, uint256 weight) internal pure returns (RoundState) {
        return RoundState.wrap((RoundState.unwrap(self) | (1 << (slot + COMMITTED_AT))) + (weight << WEIGHT_AT));
    }

    /// @notice The state with an aggregator assigned.
    function assigned(RoundState self, uint256 attempt_, uint256 deadline_) internal pure returns (RoundState) {
        return
            RoundState.wrap(
                (RoundState.unwrap(self) & ~STEP_MASK) |
                    uint256(Phase.Aggregating) |
                    (attempt_ << ATTEMPT_AT) |
                    (deadline_ << DEADLINE_AT)
            );
    }

    /// @notice The state with a proposal on record.
    function proposed(RoundState self, bool excluding_, uint256 deadline_) internal pure returns (RoundState) {
        return
            RoundState.wrap(
                (RoundState.unwrap(self) & ~STEP_MASK) |
                    uint256(Phase.Proposed) |
                    (excluding_ ? EXCLUDING : 0) |
                    (uint256(self.attempt()) << ATTEMPT_AT) |
                    (deadline_ << DEADLINE_AT)
            );
    }

    /// @notice The state in a phase that ends the round.
    function ended(RoundState self, Phase phase_) internal pure returns (RoundState) {
        return RoundState.wrap((RoundState.unwrap(self) & ~uint256(7)) | uint256(phase_));
    }

    /// @notice The phase of the round; None before the first.
    function phase(RoundState self) internal pure returns (Phase) {
        return Phase(RoundState.unwrap(self) & 7);
    }

    /// @notice Whether the proposal on record leaves out committed updates.
    function excluding(RoundState self) internal pure returns (bool) {
        return RoundState.unwrap(self) & EXCLUDING != 0;
    }

    /// @notice Which assignment is current, from 0.
    function attempt(RoundState self) internal pure returns (uint8) {
        return uint8((RoundState.unwrap(self) >> ATTEMPT_AT) & 0xf);
    }

    /// @notice Number of participants drawn.
    function drawn(RoundState self) internal pure returns (uint8) {
        return uint8((RoundState.unwrap(self) >> DRAWN_AT) & 0x7f);
    }

    /// @notice Last second of the current step: of commitments, of the assignment, or of the challenge window.
    function deadline(RoundState self) internal pure returns (uint40) {
        return uint40((RoundState.unwrap(self) >> DEADLINE_AT) & ((1 << 33) - 1));
    }

    /// @notice Sum of the committed weights.
    function totalWeight(RoundState self) internal pure returns (uint64) {
        return uint64((RoundState.unwrap(self) >> WEIGHT_AT) & ((1 << 38) - 1));
    }

    /// @notice Number of places when the round opened.
    function enrolled(RoundState self) internal pure returns (uint32) {
        return uint32((RoundState.unwrap(self) >> ENROLLED_AT) & MAX_ENROLLED);
    }

    /// @notice Number of the round, from 1; 0 before the first.
    function round(RoundState self) internal pure returns (uint32) {
        return uint16(RoundState.unwrap(self) >> ROUND_AT);
    }

    /// @notice Randomness of the draw.
    function seed(RoundState self) internal pure returns (uint72) {
        return uint72(RoundState.unwrap(self) >> SEED_AT);
    }

    /// @notice Bitmap of the slots that have committed.
    function committed(RoundState self) internal pure returns (uint64) {
        return uint64(RoundState.unwrap(self) >> COMMITTED_AT);
    }
}
