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

/// @notice Where a round stands. Within a round they only grow, but for a further attempt, which leads from Proposed to
/// Aggregating.
enum Phase {
    None,
    Drawing,
    Open,
    Aggregating,
    Proposed,
    Accepted,
    Invalid
}

/// @notice Why a round is invalid, or why another aggregator was assigned.
enum Reason {
    None,
    TooFewUpdates,
    NoProposal,
    NotAttested,
    ProvenWrong,
    RolledBack,
    NoAggregator,
    NoDraw
}

/// @notice The rules of a task, fixed at its creation. Two slots, both full.
/// @param mode What is hidden from whom. Masked and Encrypted take the weighted mean only.
/// @param rule How updates become one.
/// @param fractionBits Fraction bits of a lane: value = lane / 2^fractionBits. 1 to 30.
/// @param attempts How many aggregators may be tried in one round. 1 to 16.
/// @param parameterCount Number of lanes P of the model. 1 to 2^30.
/// @param clipLanes Greatest absolute value of an update's lane, in lanes. 1 to 2^31 - 1.
/// @param maxWeight Greatest weight of one update. At least 1; maxUpdates * maxWeight * clipLanes < 2^52, masked 2^31,
/// encrypted 2^29.
/// @param serverRateQ16 Server learning rate in 1/65536. 1 to 2^20.
/// @param rounds Number of accepted rounds, void ones not counted, after which the task is complete. 1 to 65535.
/// @param minUpdates Fewest commitments that make a round, and fewest updates that a proposal includes. 1 to
/// maxUpdates; masked at least 3, encrypted at least 2.
/// @param maxUpdates Most participants drawn for a round. 1 to 64.
/// @param participationBps Share of the enrolled participants drawn per round, in 1/10000, rounded up. 1 to 10000.
/// @param roundsPerParticipant Most rounds one participant may commit in; 0 is no limit.
/// @param trim Values that a trimmed mean drops at each end of every lane: 1 or more and 2 * trim < minUpdates; 0 for
/// other rules.
/// @param thresholdPercent Masked: share of a member's fellows (of all others drawn), in percent, rounded up, that must
/// have signed the same closing before it opens anything, and whose shares open a secret; one more must commit. 51 to
/// 100; 0 in other modes.
/// @param attestationQuorum Fewest attestations that accept a proposal; half of the committed and one more are asked
/// for in any case. 1 to minUpdates.
/// @param commitWindowS Seconds for commitments: from the opening (or the draw), or from the end of the key window. 1
/// to 2^24 - 1.
/// @param aggregateWindowS Seconds each assigned aggregator has to propose. 1 to 2^24 - 1.
/// @param attestWindowS Seconds from a proposal until the next attempt. 1 to 2^24 - 1.
/// @param challengeWindowS Seconds for which an accepted round can be proven wrong: at least 60; in a task with bonds
/// 3600 to 1209600.
/// @param keyWindowS Masked and Encrypted: seconds from opening in which keys are advertised, at least 1. Transparent:
/// 0.
/// @param aggregatorBondGwei What an aggregator locks when it joins: 0, or at least {Proofs.leastBondWei}.
/// @param participantBondGwei What a participant locks when it enrols, likewise.
/// @param drawDelayBlocks Blocks from the opening to the one whose randomness draws: 4 to 4096. 0: everybody enrolled
/// is in every round; participationBps is 10000, and no more than maxUpdates can enrol.
/// @param statementRequired Whether who enrols must state its data ({Federation.enrol}).
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
    uint24 commitWindowS;
    uint24 aggregateWindowS;
    uint24 attestWindowS;
    uint24 challengeWindowS;
    uint24 keyWindowS;
    uint48 aggregatorBondGwei;
    uint48 participantBondGwei;
    uint16 drawDelayBlocks;
    bool statementRequired;
}

/// @notice An aggregator's result of a round.
/// @param attempt Which assignment of the round this answers, from 0.
/// @param aggregator Who proposes.
/// @param modelRoot Chunk tree root of the new global model.
/// @param contentId SHA-256 digest of the CIDv1 of the new global model's blob.
/// @param totalWeight Sum of the weights of the included updates.
/// @param excluded Bitmap of the slots whose committed update is left out; zero in masked and encrypted tasks.
struct Proposal {
    uint8 attempt;
    address aggregator;
    bytes32 modelRoot;
    bytes32 contentId;
    uint64 totalWeight;
    uint64 excluded;
}

/// @notice All that a proof needs of a round, as its word binds it ({IRounds}).
/// @param taskId The task.
/// @param round The round, from 1.
/// @param drawn Number of participants drawn.
/// @param committed Bitmap of the slots that committed.
/// @param keyed Bitmap of the slots that advertised keys; 0 in transparent tasks.
/// @param totalWeight Sum of all committed weights, left-out ones included.
/// @param acceptedBefore Number of accepted rounds, void ones not counted, before this one.
/// @param baseModelRoot Root of the model that its updates start from.
/// @param anchor The round's start value, extended by its advertisements; the commitments' accumulator begins with it.
/// @param accumulator Accumulator behind the last commitment.
/// @param openingsHash keccak256 of the proposal's openings (of no bytes in transparent tasks).
struct RoundInputs {
    uint32 taskId;
    uint32 round;
    uint8 drawn;
    uint64 committed;
    uint64 keyed;
    uint64 totalWeight;
    uint16 acceptedBefore;
    bytes32 baseModelRoot;
    bytes32 anchor;
    bytes32 accumulator;
    bytes32 openingsHash;
}

/// @notice A round with a proposal: what a proof is about. Of a proposal that stands and is not accepted yet,
/// `attesters` is empty.
struct Evidence {
    RoundInputs inputs;
    Proposal proposal;
    address[] attesters;
}

/// @notice A signature in two words.
/// @param r First word of the EIP-712 signature.
/// @param vs Second word, with the parity of v in its highest bit (EIP-2098).
struct Signature {
    bytes32 r;
    bytes32 vs;
}

/// @notice An attestation by a contract wallet.
/// @param account The wallet, a participant of the round.
/// @param signature What it takes as its signature of a WalletAttestation's digest (ERC-1271), which names the wallet.
struct WalletWord {
    address account;
    bytes signature;
}

/// @notice A commitment that its participant signed for others to bring to the chain.
/// @param weight Weight of the update.
/// @param updateRoot Chunk tree root of the update, bound to its participant (ChunkTree.updateRootOf).
/// @param contentId SHA-256 digest of the CIDv1 of the update's blob.
/// @param signature Over EIP-712 Commitment.
struct SignedCommitment {
    uint32 weight;
    bytes32 updateRoot;
    bytes32 contentId;
    Signature signature;
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

/// @notice Keys of a round that their participant signed for whoever brings them to the chain.
/// @param maskKey Masked: x coordinate of the secp256k1 point of its mask secret key. Encrypted: keccak256 of the
/// group's public key.
/// @param seedHash Masked: keccak256(0x05, self seed). Encrypted: keccak256(0x09, the group's secret key).
/// @param sharesId SHA-256 digest of the CIDv1 of the blob with its shares, or with the group's key.
/// @param shareKey Masked: X25519 public key to which others seal its shares in its next round. Encrypted: zero.
/// @param signature Over EIP-712 Advertisement.
struct SignedAdvertisement {
    bytes32 maskKey;
    bytes32 seedHash;
    bytes32 sharesId;
    bytes32 shareKey;
    Signature signature;
}

/// @notice An advertisement as its event states it, without its signature.
struct Advertisement {
    address participant;
    uint8 slot;
    bytes32 maskKey;
    bytes32 seedHash;
    bytes32 sharesId;
    bytes32 shareKey;
}

/// @notice What the admin says of a member.
/// @param organisation Text of at most 32 bytes, padded with zeros behind; zero for none.
/// @param region Likewise.
/// @param clearance 0 for none; who has more may do what less allows.
struct Attributes {
    bytes32 organisation;
    bytes32 region;
    uint8 clearance;
}

/// @notice Who may take part in a task: members that satisfy all three. Empty lists and 0: everybody.
/// @param organisations One of these; empty for any. At most 32.
/// @param regions One of these; empty for any. At most 32.
/// @param clearance At least this.
struct Access {
    bytes32[] organisations;
    bytes32[] regions;
    uint8 clearance;
}
