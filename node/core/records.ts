import type { Address, Bytes32, Hex, PeerIdText, RoundNumber, TaskId } from "./ids.ts";

/** What a task's members and the world may see of an update. */
export type Mode = "transparent" | "masked" | "encrypted";
/** How the updates of a round become one. */
export type Rule = "weighted-mean" | "coordinate-median" | "trimmed-mean";
/** Where a round stands. */
export type Phase = "none" | "open" | "aggregating" | "proposed" | "finalized" | "invalidated";
/** Why a round was invalidated. */
export type InvalidReason =
  | "none"
  | "too-few-updates"
  | "no-proposal"
  | "not-attested"
  | "challenge-won"
  | "ancestor-invalid";
/** What a challenge proves against a proposal. */
export type ChallengeKind = "wrong-chunk" | "invalid-update" | "wrong-weight" | "left-out" | "withheld";
/** What a report proves against a participant. */
export type MisconductKind = "invalid-update" | "equivocation" | "withheld";
/** What a demand asks to be shown. */
export type DemandKind = "update-chunk" | "model-nodes";
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
  readonly attestationQuorum: number;
  /** f + 1; 0 asks for no availability. */
  readonly holders: number;
  readonly pipelined: boolean;
  readonly commitWindowS: number;
  readonly aggregateWindowS: number;
  readonly challengeWindowS: number;
  /** In 10^9 wei; 0 for none. */
  readonly aggregatorBondGwei: number;
  /** In 10^9 wei; 0 for none. */
  readonly participantBondGwei: number;
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

/** A commitment that its participant signed for others to bring to the chain. */
export interface SignedCommitment extends Pick<Commitment, "participant" | "weight" | "updateRoot" | "contentId"> {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  readonly baseModelRoot: Bytes32;
  /** EIP-712 signature, 65 bytes. */
  readonly signature: Hex;
}

/** A participant's signed word on which committed updates of a closed round it holds whole. */
export interface Availability {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  /** Of the round, after its last commitment. */
  readonly accumulator: Bytes32;
  /** Bitmap. */
  readonly slots: bigint;
  readonly holder: Address;
  /** EIP-712 signature, 65 bytes. */
  readonly signature: Hex;
}

/** A word on availability as it comes with a proposal: who gave it follows from the signature. */
export type GivenWord = Pick<Availability, "slots" | "signature">;

/** An aggregator's signed word that it keeps an update that is to be committed. */
export interface Custody {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  readonly participant: Address;
  readonly updateRoot: Bytes32;
  readonly contentId: Bytes32;
  readonly aggregator: Address;
  /** EIP-712 signature, 65 bytes. */
  readonly signature: Hex;
}

/** Something that a proposer must show on the chain. Meaning of place, index and root by kind: contracts/types/ChallengeTypes.sol. */
export interface Demand {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  readonly proposalHash: Bytes32;
  readonly kind: DemandKind;
  readonly place: number;
  readonly index: number;
  readonly root: Bytes32;
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
  /** Under a rule that sorts: the least and behind it the greatest kept lane of each place, 512 bytes; absent under others. */
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

/** A part of a member's bond that answers for a round (0: for a place in the task), or no longer does. */
interface BondChange {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  readonly account: Address;
  readonly amountWei: bigint;
}

/** A demand that was answered. */
interface ShownData {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  readonly demandId: Bytes32;
  readonly shownBy: Address;
  /** Last second of the proposal's challenge window from now on. */
  readonly challengeDeadlineS: number;
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
        /** The words on availability that came with it, in a task with holders; absent where the reader did not ask for detail, or they are not in the transaction's input. */
        readonly words?: readonly GivenWord[];
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
    | {
        readonly name: "Misconduct";
        readonly taskId: TaskId;
        readonly round: RoundNumber;
        readonly participant: Address;
        readonly reporter: Address;
        readonly kind: MisconductKind;
      }
    | {
        readonly name: "Demanded";
        readonly taskId: TaskId;
        readonly round: RoundNumber;
        readonly demandId: Bytes32;
        readonly demander: Address;
        readonly demand: Demand;
        readonly deadlineS: number;
      }
    | ({ readonly name: "ChunkShown" } & ShownData & {
          /** 256 bytes and the siblings above them. */
          readonly shown: ProvenChunk;
        })
    | ({ readonly name: "NodesShown" } & ShownData & {
          /** From left to right. */
          readonly nodes: readonly Bytes32[];
        })
    | {
        readonly name: "DemandReturned";
        readonly taskId: TaskId;
        readonly round: RoundNumber;
        readonly demandId: Bytes32;
        readonly demander: Address;
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
