// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Phase} from "./TaskTypes.sol";

/// @notice A task's newest round in one storage slot, from the lowest bit: phase 3, anyExpelled 1, attempt 4, drawn 7,
/// deadline 33, totalWeight 38, enrolled 18, aggregators 6, accepted 16, round 32, committed 64, idle 32. `accepted`
/// and `idle` outlive a round.
/// @dev The widths follow from the rules: 64 weights below 2^32 sum to less than 2^38, attempts are at most 16, drawn
/// at most 64, aggregators at most 32, accepted rounds at most 65535. A deadline of 33 bits lasts until the year 2242.
/// Storing it whole is what keeps a commitment at two slot updates.
type RoundState is uint256;

using RoundStateLibrary for RoundState global;

/// @title RoundStateLibrary
/// @notice Reads and builds {RoundState} values.
library RoundStateLibrary {
    /// @notice Greatest number of participants' places a state can hold.
    uint256 internal constant MAX_ENROLLED = (1 << 18) - 1;

    uint256 private constant EXPELLED_AT = 3;
    uint256 private constant ATTEMPT_AT = 4;
    uint256 private constant DRAWN_AT = 8;
    uint256 private constant DEADLINE_AT = 15;
    uint256 private constant WEIGHT_AT = 48;
    uint256 private constant ENROLLED_AT = 86;
    uint256 private constant AGGREGATORS_AT = 104;
    uint256 private constant ACCEPTED_AT = 110;
    uint256 private constant ROUND_AT = 126;
    uint256 private constant COMMITTED_AT = 158;
    uint256 private constant IDLE_AT = 222;
    uint256 private constant DEADLINE_MASK = ((1 << 33) - 1) << DEADLINE_AT;
    uint256 private constant ATTEMPT_MASK = 0xf << ATTEMPT_AT;
    uint256 private constant ACCEPTED_MASK = 0xffff << ACCEPTED_AT;
    /// @dev What the next round takes over.
    uint256 private constant KEPT_MASK = ACCEPTED_MASK | (0xffffffff << IDLE_AT);

    /// @notice The state of a round that begins, in the phase Drawing, with the accepted rounds and idle aggregators of
    /// the one before.
    /// @param round_ Its number, above that of the one before.
    /// @param enrolled_ At most MAX_ENROLLED.
    /// @param drawn_ At most 64.
    /// @param aggregators_ At most 32.
    function next(
        RoundState self,
        uint32 round_,
        uint256 enrolled_,
        uint256 drawn_,
        uint256 aggregators_
    ) internal pure returns (RoundState) {
        uint256 kept = RoundState.unwrap(self) & KEPT_MASK;
        uint256 counts = (enrolled_ << ENROLLED_AT) | (drawn_ << DRAWN_AT) | (aggregators_ << AGGREGATORS_AT);
        return RoundState.wrap(kept | counts | uint256(Phase.Drawing) | (uint256(round_) << ROUND_AT));
    }

    /// @notice The state in another phase.
    function inPhase(RoundState self, Phase phase_) internal pure returns (RoundState) {
        return RoundState.wrap((RoundState.unwrap(self) & ~uint256(7)) | uint256(phase_));
    }

    /// @notice The state with this deadline, in seconds since 1970 and below 2^33.
    function withDeadline(RoundState self, uint256 deadline_) internal pure returns (RoundState) {
        return RoundState.wrap((RoundState.unwrap(self) & ~DEADLINE_MASK) | (deadline_ << DEADLINE_AT));
    }

    /// @notice The state with another number of accepted rounds.
    function withAccepted(RoundState self, uint16 accepted_) internal pure returns (RoundState) {
        return RoundState.wrap((RoundState.unwrap(self) & ~ACCEPTED_MASK) | (uint256(accepted_) << ACCEPTED_AT));
    }

    /// @notice The state with another attempt, below 16.
    function withAttempt(RoundState self, uint256 attempt_) internal pure returns (RoundState) {
        return RoundState.wrap((RoundState.unwrap(self) & ~ATTEMPT_MASK) | (attempt_ << ATTEMPT_AT));
    }

    /// @notice The state with one more commitment.
    /// @param slot Below 64, not committed yet.
    function withCommitment(RoundState self, uint256 slot, uint256 weight) internal pure returns (RoundState) {
        return RoundState.wrap((RoundState.unwrap(self) | (1 << (slot + COMMITTED_AT))) + (weight << WEIGHT_AT));
    }

    /// @notice The state that says that one which committed was expelled.
    function withExpelled(RoundState self) internal pure returns (RoundState) {
        return RoundState.wrap(RoundState.unwrap(self) | (1 << EXPELLED_AT));
    }

    /// @notice The state with the aggregator at this place, below 32, idle or not.
    function withIdle(RoundState self, uint256 place, bool idle) internal pure returns (RoundState) {
        uint256 bit = 1 << (IDLE_AT + place);
        uint256 word = RoundState.unwrap(self);
        return RoundState.wrap(idle ? word | bit : word & ~bit);
    }

    /// @notice The phase of the round; None before the first.
    function phase(RoundState self) internal pure returns (Phase) {
        return Phase(RoundState.unwrap(self) & 7);
    }

    /// @notice Whether the round has begun and not ended.
    function inFlight(RoundState self) internal pure returns (bool) {
        uint256 phase_ = RoundState.unwrap(self) & 7;
        return phase_ != uint256(Phase.None) && phase_ < uint256(Phase.Accepted);
    }

    /// @notice Whether one that committed in the round was expelled since.
    function anyExpelled(RoundState self) internal pure returns (bool) {
        return (RoundState.unwrap(self) >> EXPELLED_AT) & 1 != 0;
    }

    /// @notice Which assignment is current, from 0.
    function attempt(RoundState self) internal pure returns (uint8) {
        return uint8((RoundState.unwrap(self) >> ATTEMPT_AT) & 0xf);
    }

    /// @notice Number of participants drawn.
    function drawn(RoundState self) internal pure returns (uint8) {
        return uint8((RoundState.unwrap(self) >> DRAWN_AT) & 0x7f);
    }

    /// @notice Last second of the current step: of commitments, of the assignment, or of attestations.
    function deadline(RoundState self) internal pure returns (uint40) {
        return uint40((RoundState.unwrap(self) & DEADLINE_MASK) >> DEADLINE_AT);
    }

    /// @notice Sum of the committed weights.
    function totalWeight(RoundState self) internal pure returns (uint64) {
        return uint64((RoundState.unwrap(self) >> WEIGHT_AT) & ((1 << 38) - 1));
    }

    /// @notice Number of participants' places when the round opened.
    function enrolled(RoundState self) internal pure returns (uint32) {
        return uint32((RoundState.unwrap(self) >> ENROLLED_AT) & MAX_ENROLLED);
    }

    /// @notice Number of aggregators' places when the round opened.
    function aggregators(RoundState self) internal pure returns (uint8) {
        return uint8((RoundState.unwrap(self) >> AGGREGATORS_AT) & 0x3f);
    }

    /// @notice Number of accepted rounds that are not void.
    function accepted(RoundState self) internal pure returns (uint16) {
        return uint16(RoundState.unwrap(self) >> ACCEPTED_AT);
    }

    /// @notice Number of the round, from 1; 0 before the first.
    function round(RoundState self) internal pure returns (uint32) {
        return uint32(RoundState.unwrap(self) >> ROUND_AT);
    }

    /// @notice Bitmap of the slots that have committed.
    function committed(RoundState self) internal pure returns (uint64) {
        return uint64(RoundState.unwrap(self) >> COMMITTED_AT);
    }

    /// @notice Whether any aggregator is idle.
    function anyIdle(RoundState self) internal pure returns (bool) {
        return uint32(RoundState.unwrap(self) >> IDLE_AT) != 0;
    }

    /// @notice Whether the aggregator at this place, below 32, has missed a turn and sent nothing since.
    function isIdle(RoundState self, uint256 place) internal pure returns (bool) {
        return (RoundState.unwrap(self) >> (IDLE_AT + place)) & 1 != 0;
    }
}
