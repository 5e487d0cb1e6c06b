import type { Address, Bytes32, Hex, PeerIdText, RoundNumber, TaskId } from "./ids.ts";

/** What a task's members and the world may see of an update. */
export type Mode = "transparent" | "masked" | "encrypted";
/** How the updates of a round become one. */
export type Rule = "weighted-mean" | "coordinate-median" | "trimmed-mean";
/** Where a round stands. */
export type Phase = "none" | "drawing" | "open" | "aggregating" | "proposed" | "accepted" | "invalid";
/** Why a round is invalid, or why another aggregator was assigned. */
export type Reason =
  | "none"
  | "too-few-updates"
  | "no-proposal"
  | "not-attested"
  | "proven-wrong"
  | "rolled-back"
  | "no-aggregator"
  | "no-draw";
/** What a proof proves. */
export type ProofKind = "wrong-chunk" | "wrong-weight" | "invalid-update" | "false-opening" | "equivocation";
/** A role of the federation. */
export type Role = "admin" | "task-creator" | "participant" | "aggregator";

/** The rules of a task, fixed on the chain. Meaning, units and ranges: contracts/types/TaskTypes.sol. */
export interface TaskRules {
  readonly mode: Mode;
  readonly rule: Rule;
  readonly fractionBits: number;
  readonly attempts: number;
  readonly parameterCount: number;
  readonly clipLanes: number;
  readonly maxWeight: number;
  readonly serverRateQ16: number;
  readonly rounds: number;
  readonly minUpdates: number;
  readonly maxUpdates: number;
  readonly participationBps: number;
  readonly roundsPerParticipant: number;
  readonly trim: number;
  /** Masked: 51 to 100; 0 in other modes. */
  readonly thresholdPercent: number;
  readonly attestationQuorum: number;
  readonly commitWindowS: number;
  readonly aggregateWindowS: number;
  /** Seconds from a proposal until the next attempt. */
  readonly attestWindowS: number;
  /** Seconds for which an accepted round can be proven wrong. */
  readonly challengeWindowS: number;
  /** Seconds for keys, before those for commitments; 0 in transparent tasks. */
  readonly keyWindowS: number;
  /** In 10^9 wei; 0 for none. */
  readonly aggregatorBondGwei: number;
  /** In 10^9 wei; 0 for none. */
  readonly participantBondGwei: number;
  /** Blocks from the opening to the one that draws; 0: everybody enrolled is in every round. */
  readonly drawDelayBlocks: number;
  /** Whether who enrols must state its data. */
  readonly statementRequired: boolean;
}

/** What the chain holds of an update. */
export interface Commitment {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  readonly participant: Address;
  /** Place in the round, from 0. */
  readonly slot: number;
  /** 1 to the task's maxWeight. */
  readonly weight: number;
  readonly updateRoot: Bytes32;
  /** SHA-256 digest of the blob's CIDv1. */
  readonly contentId: Bytes32;
}

/**
 * What a drawn participant says of a round's keys before anyone commits, in a masked or encrypted task
 * (docs/protocol/record.md).
 */
export interface Advertisement {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  readonly participant: Address;
  /** Place in the round, from 0. */
  readonly slot: number;
  /** Masked: x of its public key on secp256k1. Encrypted: hash of the round's public key. */
  readonly maskKey: Bytes32;
  /** Of its self seed; in encrypted tasks of the round's secret key. */
  readonly seedHash: Bytes32;
  /** Content id of the blob with its fellows' shares; in encrypted tasks of the key blob. */
  readonly sharesId: Bytes32;
  /** X25519 key to which others seal its shares in its next round; zero in encrypted tasks. */
  readonly shareKey: Bytes32;
}

/** An advertisement that its participant signed over the round's start value. Slots are the contract's to tell. */
export interface SignedAdvertisement extends Omit<Advertisement, "slot"> {
  /** The round's start value. */
  readonly start: Bytes32;
  /** EIP-712 signature, 65 bytes. */
  readonly signature: Hex;
}

/** A commitment that its participant signed for others to bring to the chain. */
export interface SignedCommitment extends Pick<Commitment, "participant" | "weight" | "updateRoot" | "contentId"> {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  /** The round's start value, extended by its advertisements. */
  readonly anchor: Bytes32;
  /** EIP-712 signature, 65 bytes. */
  readonly signature: Hex;
}

/** A member's one signed word on which updates a masked round has: over its accumulator behind the last commitment. */
export interface ClosingWord {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  readonly accumulator: Bytes32;
  readonly participant: Address;
  /** EIP-712 signature, 65 bytes. */
  readonly signature: Hex;
}

/** A member's word on what it lets an auditor read of a sealed task. */
export interface GrantWord {
  readonly taskId: TaskId;
  /** Both included. */
  readonly fromRound: RoundNumber;
  readonly toRound: RoundNumber;
  /** X25519 public key. */
  readonly auditor: Bytes32;
  /** keccak256 of the sealed secrets. */
  readonly secrets: Bytes32;
}

/** An aggregator's result of a round. */
export interface Proposal {
  readonly attempt: number;
  readonly aggregator: Address;
  readonly modelRoot: Bytes32;
  readonly contentId: Bytes32;
  readonly totalWeight: bigint;
  /** Bitmap of the slots left out. */
  readonly excluded: bigint;
}

/** A member's signed word that it holds a round's inputs and recomputed the proposal. */
export interface Attestation {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  readonly proposalHash: Bytes32;
  readonly attester: Address;
  /** EIP-712 signature, 65 bytes. */
  readonly signature: Hex;
}

/** All that a proof needs of a round, as its word on the chain binds it (contracts/types/TaskTypes.sol). */
export interface RoundInputs {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  readonly drawn: number;
  /** Bitmap of the slots that committed. */
  readonly committed: bigint;
  /** Bitmap of the slots that advertised; 0 in transparent tasks. */
  readonly keyed: bigint;
  /** Of all that committed. */
  readonly totalWeight: bigint;
  /** Number of accepted rounds, void ones not counted, before this one. */
  readonly acceptedBefore: number;
  readonly baseModelRoot: Bytes32;
  readonly anchor: Bytes32;
  readonly accumulator: Bytes32;
  readonly openingsHash: Bytes32;
}

/** A round with a proposal: what a proof is about. `attesters` is empty while the proposal is not accepted. */
export interface Evidence {
  readonly inputs: RoundInputs;
  /**
   * Absent where a closed round's update is proven invalid apart from any proposal: all zero on the chain, and so is
   * openingsHash.
   */
  readonly proposal?: Proposal;
  readonly attesters: readonly Address[];
}

/** A chunk of a committed vector, with what proves its place. */
export interface ProvenChunk {
  /** 256 bytes. */
  readonly chunk: Uint8Array;
  /** Siblings from the leaf upward. */
  readonly proof: readonly Bytes32[];
}

/** What shows the contract that one chunk of a proposed model is not what the task's rule gives. */
export interface WrongChunk {
  /** From 0. */
  readonly chunkIndex: number;
  /** Of the model that the round started from. */
  readonly base: ProvenChunk;
  /** Of each included update, in the order of the chain. */
  readonly updates: readonly ProvenChunk[];
  /**
   * What the aggregator committed to in its place: the leaf's hash, and the siblings above it. The chunk itself is not
   * needed.
   */
  readonly resultLeaf: Bytes32;
  readonly resultProof: readonly Bytes32[];
  /**
   * Under a rule that sorts: the least and behind it the greatest kept lane of each place, 512 bytes; absent under
   * others.
   */
  readonly bounds?: Uint8Array;
}

/** What shows the contract that an included update breaks the task's rules. */
export interface InvalidUpdate {
  /** Which of the round's commitments, in the order of the chain, from 0. */
  readonly position: number;
  /** From 0. */
  readonly chunkIndex: number;
  /** Of the update, with a lane beyond the clip. */
  readonly update: ProvenChunk;
}

/**
 * What an admin has set of a member. Texts are at most 32 bytes of UTF-8, or a word of 32 bytes in hexadecimal where it
 * is no such text (core/word-text.ts); empty where nothing is said.
 */
export interface Attributes {
  readonly organisation: string;
  readonly region: string;
  /** 0 to 255; 0 is the least. */
  readonly clearance: number;
}

/** What an admin set of an account, and where in the chain: it counts for what stands behind. */
export interface AttributeChange {
  readonly account: Address;
  readonly attributes: Attributes;
  readonly blockNumber: number;
  readonly logIndex: number;
}

/**
 * Who may enrol in a restricted task: whoever has one of the organisations, one of the regions, and at least the
 * clearance. Texts as in {@link Attributes}.
 */
export interface Access {
  /** Any where empty. */
  readonly organisations: readonly string[];
  /** Any where empty. */
  readonly regions: readonly string[];
  /** 0 asks for none. */
  readonly clearance: number;
}

/** A member as the registry lists it. */
export interface Member {
  readonly account: Address;
  readonly roles: readonly Role[];
  /** Absent until an admin has set them. */
  readonly attributes?: Attributes;
  /** Absent until the member has registered. */
  readonly contact?: {
    readonly peerId: PeerIdText;
    /** X25519 public key. */
    readonly encryptionKey: Bytes32;
    readonly multiaddrs: readonly string[];
    /** The admin's signed grant of its role; absent where it registered none. */
    readonly grant?: Hex;
  };
}
