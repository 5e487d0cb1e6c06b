import type { Address, Bytes32, Hex, PeerIdText, RoundNumber, TaskId } from "./ids.ts";

/** What a task's members and the world may see of an update. */
export type Mode = "transparent" | "masked" | "encrypted";
/** How the updates of a round become one. */
export type Rule = "weighted-mean" | "coordinate-median" | "trimmed-mean";
/** Where a round stands. */
export type Phase = "none" | "open" | "aggregating" | "proposed" | "finalized" | "invalidated";
/** Why a round was invalidated. */
export type InvalidReason = "none" | "too-few-updates" | "no-proposal" | "not-attested" | "challenge-won";
/** What a challenge proves against a proposal. */
export type ChallengeKind = "wrong-chunk" | "invalid-update" | "wrong-weight";
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
  readonly attestationQuorum: number;
  readonly roundsPerParticipant: number;
  readonly commitWindowS: number;
  readonly aggregateWindowS: number;
  readonly challengeWindowS: number;
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

/** What a member measured of a proposed model on its own held-out data. */
export interface Evaluation {
  /** Number of held-out examples; 0 when not evaluated. */
  readonly samples: number;
  /** The task's metric (accuracy or R²) times 2^24. */
  readonly metricQ24: bigint;
  /** Mean loss times 2^24. */
  readonly lossQ24: bigint;
}

/** A member's signed word that it holds a round's inputs and recomputed the proposal. */
export interface Attestation {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  readonly proposalHash: Bytes32;
  readonly attester: Address;
  readonly evaluation: Evaluation;
  /** EIP-712 signature, 65 bytes. */
  readonly signature: Hex;
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
  /** What the aggregator committed to in its place: the leaf's hash, and the siblings above it. The chunk itself is not needed. */
  readonly resultLeaf: Bytes32;
  readonly resultProof: readonly Bytes32[];
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

/** A member as the registry lists it. */
export interface Member {
  readonly account: Address;
  readonly roles: readonly Role[];
  /** Absent until the member has registered. */
  readonly contact?: {
    readonly peerId: PeerIdText;
    /** X25519 public key. */
    readonly encryptionKey: Bytes32;
    readonly multiaddrs: readonly string[];
  };
}

/** Where an event stands in the chain. */
export interface EventPosition {
  readonly blockNumber: number;
  readonly blockHash: Bytes32;
  readonly logIndex: number;
  readonly transactionHash: Bytes32;
  /** Sender of the transaction; absent where the reader did not ask for it. */
  readonly sender?: Address;
  /** Gas of the whole transaction; absent where the reader did not ask for it. */
  readonly gasUsed?: number;
  /** Seconds since 1970 of the block; absent where the reader did not ask for it. */
  readonly timestampS?: number;
}

/** A part of an aggregator's bond that answers for a round, or no longer does. */
interface BondChange {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  readonly account: Address;
  readonly amountWei: bigint;
}

/** What happened to a task, one variant per contract event, in chain order. */
export type TaskEvent = EventPosition &
  (
    | {
        readonly name: "TaskCreated";
        readonly taskId: TaskId;
        readonly creator: Address;
        readonly rules: TaskRules;
        readonly modelRoot: Bytes32;
        readonly spec: string;
      }
    | {
        /** The task has a bond; follows its TaskCreated. */
        readonly name: "TaskBond";
        readonly taskId: TaskId;
        /** What each assigned aggregator answers with. */
        readonly bondWei: bigint;
      }
    | { readonly name: "Enrolled"; readonly taskId: TaskId; readonly participant: Address; readonly index: number }
    | { readonly name: "Leaving"; readonly taskId: TaskId; readonly participant: Address }
    | { readonly name: "Left"; readonly taskId: TaskId; readonly participant: Address }
    | {
        readonly name: "RoundOpened";
        readonly taskId: TaskId;
        readonly round: RoundNumber;
        readonly baseModelRoot: Bytes32;
        readonly seed: bigint;
        readonly enrolled: number;
        readonly drawn: number;
        readonly commitDeadlineS: number;
        readonly accumulator: Bytes32;
      }
    | ({ readonly name: "Committed" } & Commitment)
    | {
        readonly name: "RoundClosed";
        readonly taskId: TaskId;
        readonly round: RoundNumber;
        readonly committed: bigint;
        readonly totalWeight: bigint;
        readonly accumulator: Bytes32;
      }
    | {
        readonly name: "AggregatorAssigned";
        readonly taskId: TaskId;
        readonly round: RoundNumber;
        readonly attempt: number;
        readonly aggregator: Address;
        readonly deadlineS: number;
      }
    | {
        readonly name: "Proposed";
        readonly taskId: TaskId;
        readonly round: RoundNumber;
        readonly proposal: Proposal;
        readonly challengeDeadlineS: number;
      }
    | {
        readonly name: "Challenged";
        readonly taskId: TaskId;
        readonly round: RoundNumber;
        readonly challenger: Address;
        /** Whose proposal was struck. */
        readonly aggregator: Address;
        readonly kind: ChallengeKind;
        /** 0 where the kind has none. */
        readonly chunkIndex: number;
      }
    | ({ readonly name: "BondLocked" } & BondChange)
    | ({ readonly name: "BondReleased" } & BondChange)
    | {
        readonly name: "Slashed";
        readonly taskId: TaskId;
        readonly round: RoundNumber;
        readonly account: Address;
        readonly amountWei: bigint;
        readonly challenger: Address;
        /** The challenger's part; the rest is burnt. */
        readonly rewardWei: bigint;
      }
    | {
        readonly name: "RoundFinalized";
        readonly taskId: TaskId;
        readonly round: RoundNumber;
        readonly modelRoot: Bytes32;
        readonly attesters: readonly Address[];
        readonly evaluations: readonly Evaluation[];
        readonly historyHead: Bytes32;
      }
    | {
        readonly name: "RoundInvalidated";
        readonly taskId: TaskId;
        readonly round: RoundNumber;
        readonly reason: InvalidReason;
        readonly historyHead: Bytes32;
      }
  );
