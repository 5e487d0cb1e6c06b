// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What a task's members and the world may see of an update.
enum Mode {
    Transparent,
    Masked,
    Encrypted
}

/// @notice How the updates of a round become one.
enum Rule {
    WeightedMean,
    CoordinateMedian,
    TrimmedMean
}

/// @notice Where a round stands. Values only grow within a round.
enum Phase {
    None,
    Open,
    Aggregating,
    Proposed,
    Finalized,
    Invalidated
}

/// @notice Why a round was invalidated.
enum Reason {
    None,
    TooFewUpdates,
    NoProposal,
    NotAttested,
    ChallengeWon,
    AncestorInvalid
}

/// @notice The rules of a task, fixed at its creation. Two slots, both full: what a finalization reads stands in the second.
/// @param mode What is hidden from whom. Masked and Encrypted take the weighted mean only, and no pipeline.
/// @param rule How updates become one.
/// @param fractionBits Fraction bits of a lane: value = lane / 2^fractionBits. 1 to 30.
/// @param attempts How many aggregators may be tried in one round. 1 to 16.
/// @param parameterCount Number of lanes P of the model. 1 to 2^30.
/// @param clipLanes Greatest absolute value of an update's lane, in lanes. 1 to 2^31 - 1.
/// @param maxWeight Greatest weight of one update. At least 1; maxUpdates * maxWeight * clipLanes < 2^52, masked 2^31, encrypted 2^29.
/// @param serverRateQ16 Server learning rate in 1/65536. 1 to 2^20.
/// @param rounds Number of rounds of the task. 1 to 65535.
/// @param minUpdates Fewest commitments that make a round. 1 to maxUpdates; masked at least 3.
/// @param maxUpdates Most participants drawn for a round. 1 to 64.
/// @param participationBps Share of the enrolled participants drawn per round, in 1/10000, rounded up. 1 to 10000.
/// @param roundsPerParticipant Most rounds one participant may commit in; 0 is no limit.
/// @param trim Values that a trimmed mean drops at each end of every lane: 1 or more and 2 * trim < minUpdates; 0 for other rules.
/// @param thresholdPercent Masked: share of those who advertised keys that must commit, in percent, rounded up, and share of a
/// participant's neighbours that can open its mask. 51 to 100; 0 in other modes.
/// @param attestationQuorum Attestations that finalize a round at once. At least 1.
/// @param holders Committed participants that must have signed that they hold an update before it counts: f + 1, where f is the
/// number of them that may lie; minUpdates > 3 * f. 0 asks for none.
/// @param pipelined Whether the next round may open on a proposed model, before it is final.
/// @param commitWindowS Seconds for commitments: from the opening, or from the end of the key window. 1 to 31536000 (365 days).
/// @param aggregateWindowS Seconds each assigned aggregator has to propose. 1 to 31536000.
/// @param challengeWindowS Seconds from proposal until it may be finalized without a quorum. 1 to 31536000, and shorter than the
/// unbonding time (14 days) in a task with bonds.
/// @param aggregatorBondGwei What an assigned aggregator answers with, in 10^9 wei: 0, or at least {ITaskViews.leastBondWei}.
/// @param participantBondGwei What a participant answers with from its enrolment until its place is freed, likewise.
/// @param neighbours Masked: with how many others each participant shares masks: even and at least 2, or 0 for everybody. Else 0.
/// @param keyWindowS Masked and Encrypted: seconds from opening in which keys are advertised, at least 1. Transparent: 0.
struct TaskRules {
    Mode mode;
    Rule rule;
    uint8 fractionBits;
    uint8 attempts;
    uint32 parameterCount;
    uint32 clipLanes;
    uint32 maxWeight;
    uint32 serverRateQ16;
    uint16 rounds;
    uint16 minUpdates;
    uint16 maxUpdates;
    uint16 participationBps;
    uint16 roundsPerParticipant;
    uint8 trim;
    uint8 thresholdPercent;
    uint16 attestationQuorum;
    uint8 holders;
    bool pipelined;
    uint32 commitWindowS;
    uint32 aggregateWindowS;
    uint32 challengeWindowS;
    uint48 aggregatorBondGwei;
    uint48 participantBondGwei;
    uint8 neighbours;
    uint24 keyWindowS;
}

/// @notice An aggregator's result of a round.
/// @param attempt Which assignment of the round this answers, from 0.
/// @param aggregator Who proposes.
/// @param modelRoot Chunk tree root of the new global model.
/// @param contentId SHA-256 digest of the CIDv1 of the new global model's blob.
/// @param totalWeight Sum of the weights of the included updates.
/// @param excluded Bitmap of the slots whose committed update is left out, for a reason ({IRounds.propose}).
struct Proposal {
    uint8 attempt;
    address aggregator;
    bytes32 modelRoot;
    bytes32 contentId;
    uint64 totalWeight;
    uint64 excluded;
}

/// @notice Where a round stands, for tools.
/// @param round Number of the round; 0 before the first.
/// @param phase Its phase.
/// @param seed Randomness of the draw.
/// @param enrolled Number of places when it opened.
/// @param drawn Number of participants drawn.
/// @param committed Bitmap of the slots that have committed.
/// @param totalWeight Sum of their weights.
/// @param attempt Which assignment is current, from 0.
/// @param deadline Last second of the current step: commitments while Open, the assignment while Aggregating, the
/// challenge window while Proposed.
/// @param assigned The assigned aggregator while Aggregating, else zero.
/// @param excluding Whether the proposal on record leaves out updates for no reason that the contract checked: it is final by a
/// quorum only.
/// @param proposalHash Hash of the proposal while Proposed, else zero.
/// @param baseModelRoot Root of the model that its updates start from.
/// @param accumulator Accumulator of its commitments.
/// @param withheld Bitmap of the slots whose update was demanded and not shown.
/// @param openDemands Number of unanswered demands.
/// @param keyed Bitmap of the slots that have advertised keys; 0 in transparent tasks.
/// @param openingsHash keccak256 of the openings on record while Proposed; zero in transparent tasks.
struct RoundInfo {
    uint32 round;
    Phase phase;
    uint72 seed;
    uint32 enrolled;
    uint8 drawn;
    uint64 committed;
    uint64 totalWeight;
    uint8 attempt;
    uint40 deadline;
    address assigned;
    bool excluding;
    bytes32 proposalHash;
    bytes32 baseModelRoot;
    bytes32 accumulator;
    uint64 withheld;
    uint8 openDemands;
    uint64 keyed;
    bytes32 openingsHash;
}

/// @notice What a member measured of a proposed model on its own held-out data.
/// @param samples Number of held-out examples; 0 when the member did not evaluate.
/// @param metricQ24 The task's metric (accuracy, or R squared) times 2^24.
/// @param lossQ24 The mean loss times 2^24.
struct Evaluation {
    uint32 samples;
    int64 metricQ24;
    uint64 lossQ24;
}

/// @notice A member's signed word that it holds the round's inputs and recomputed the proposal.
/// @param evaluation What it measured: samples * 2^128 + (metricQ24 modulo 2^64) * 2^64 + lossQ24 ({Evaluation}).
/// @param r First word of the EIP-712 signature over Attestation (see docs/protocol.md).
/// @param vs Second word, with the parity of v in its highest bit (EIP-2098).
struct Attestation {
    uint256 evaluation;
    bytes32 r;
    bytes32 vs;
}

/// @notice A participant's signed word on which committed updates of a round it holds whole, checked against their roots.
/// @param slots Bitmap of their slots.
/// @param r First word of the EIP-712 signature over Availability.
/// @param vs Second word (EIP-2098).
struct Availability {
    uint64 slots;
    bytes32 r;
    bytes32 vs;
}

/// @notice A commitment that its participant signed for others to bring to the chain.
/// @param weight Weight of the update.
/// @param updateRoot Chunk tree root of the update, bound to its participant (ChunkTree.updateRootOf).
/// @param contentId SHA-256 digest of the CIDv1 of the update's blob.
/// @param r First word of the EIP-712 signature over Commitment.
/// @param vs Second word (EIP-2098).
struct SignedCommitment {
    uint32 weight;
    bytes32 updateRoot;
    bytes32 contentId;
    bytes32 r;
    bytes32 vs;
}

/// @notice A commitment as its event states it.
/// @param participant Who committed.
/// @param slot Its place in the round.
/// @param weight Weight of the update.
/// @param updateRoot Chunk tree root of the update, bound to its participant (ChunkTree.updateRootOf).
/// @param contentId SHA-256 digest of the CIDv1 of the update's blob.
struct Commitment {
    address participant;
    uint8 slot;
    uint32 weight;
    bytes32 updateRoot;
    bytes32 contentId;
}
