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
    ChallengeWon
}

/// @notice What a challenge proves against a proposal.
enum ChallengeKind {
    WrongChunk,
    InvalidUpdate,
    WrongWeight
}

/// @notice The rules of a task, fixed at its creation.
/// @param mode What is hidden from whom. Version 1: Transparent only.
/// @param rule How updates become one. Version 1: WeightedMean only.
/// @param fractionBits Fraction bits of a lane: value = lane / 2^fractionBits. 1 to 30.
/// @param attempts How many aggregators may be tried in one round. 1 to 16.
/// @param parameterCount Number of lanes P of the model. 1 to 2^30.
/// @param clipLanes Greatest absolute value of an update's lane, in lanes. 1 to 2^31 - 1.
/// @param maxWeight Greatest weight of one update. At least 1; maxUpdates * maxWeight * clipLanes < 2^52.
/// @param serverRateQ16 Server learning rate in 1/65536. 1 to 2^20.
/// @param rounds Number of rounds of the task. 1 to 65535.
/// @param minUpdates Fewest commitments that make a round. 1 to maxUpdates.
/// @param maxUpdates Most participants drawn for a round. 1 to 64.
/// @param participationBps Share of the enrolled participants drawn per round, in 1/10000, rounded up. 1 to 10000.
/// @param attestationQuorum Attestations that finalize a round at once. At least 1.
/// @param roundsPerParticipant Most rounds one participant may commit in; 0 is no limit.
/// @param commitWindowS Seconds from opening to the end of commitments. 1 to 31536000 (365 days).
/// @param aggregateWindowS Seconds each assigned aggregator has to propose. 1 to 31536000.
/// @param challengeWindowS Seconds from proposal until it may be finalized without a quorum. 1 to 31536000.
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
    uint16 attestationQuorum;
    uint16 roundsPerParticipant;
    uint32 commitWindowS;
    uint32 aggregateWindowS;
    uint32 challengeWindowS;
}

/// @notice An aggregator's result of a round.
/// @param attempt Which assignment of the round this answers, from 0.
/// @param aggregator Who proposes.
/// @param modelRoot Chunk tree root of the new global model.
/// @param contentId SHA-256 digest of the CIDv1 of the new global model's blob.
/// @param totalWeight Sum of the weights of the included updates.
/// @param excluded Bitmap of the slots whose committed update is left out; not zero only with a quorum's consent.
struct Proposal {
    uint8 attempt;
    address aggregator;
    bytes32 modelRoot;
    bytes32 contentId;
    uint64 totalWeight;
    uint64 excluded;
}

/// @notice Where a task's current round stands, for tools.
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
/// @param excluding Whether the proposal on record leaves out committed updates.
/// @param proposalHash Hash of the proposal while Proposed, else zero.
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
/// @param evaluation What it measured.
/// @param signature EIP-712 signature, 65 bytes, over Attestation (see docs/protocol.md).
struct Attestation {
    Evaluation evaluation;
    bytes signature;
}

/// @notice A commitment as its event states it.
/// @param participant Who committed.
/// @param slot Its place in the round.
/// @param weight Weight of the update.
/// @param updateRoot Chunk tree root of the update.
/// @param contentId SHA-256 digest of the CIDv1 of the update's blob.
struct Commitment {
    address participant;
    uint8 slot;
    uint32 weight;
    bytes32 updateRoot;
    bytes32 contentId;
}

/// @notice Shows that one chunk of a proposed model is not what the rule makes of the included updates. Paths are siblings
/// from the leaf upward, ceil(log2(chunk count)) of them each.
/// @param chunkIndex Which chunk.
/// @param leaf The leaf that the proposed model has at this place, as its committer stated it; its bytes are not needed.
/// @param leafPath Its path to the proposal's modelRoot.
/// @param base The chunk of the base model, 256 bytes.
/// @param basePath Its path to the base model's root.
/// @param updates The chunk of each included update in the order of the commitments, 256 bytes each, joined; each lane q
/// written zigzag, as the uint32 (q << 1) ^ (q >> 31), little-endian: bytes of small lanes are then zero, and cheap.
/// @param updatePaths Their paths to their updateRoots, in the same order, joined.
struct ChunkProof {
    uint32 chunkIndex;
    bytes32 leaf;
    bytes32[] leafPath;
    bytes base;
    bytes32[] basePath;
    bytes updates;
    bytes32[] updatePaths;
}

/// @notice Shows that an included update breaks the task's rules: a lane beyond clipLanes, or padding that is not zero.
/// @param position Which of the commitments given, from 0.
/// @param chunkIndex Which chunk of the update.
/// @param chunk Its 256 bytes, as committed (not zigzag).
/// @param path Its path to the updateRoot, from the leaf upward.
struct UpdateProof {
    uint32 position;
    uint32 chunkIndex;
    bytes chunk;
    bytes32[] path;
}
