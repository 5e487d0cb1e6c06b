import type { Address, Bytes32, Hex, RoundNumber, TaskId } from "./ids.ts";
import type {
  Access,
  Advertisement,
  ChallengeKind,
  Commitment,
  Demand,
  Evaluation,
  GivenWord,
  InvalidReason,
  MisconductKind,
  Proposal,
  ProvenChunk,
  TaskRules,
} from "./records.ts";

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
    | { readonly name: "AccessRestricted"; readonly taskId: TaskId; readonly access: Access }
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
    | ({ readonly name: "Advertised" } & Advertisement)
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
        /** What a proposal in a masked or encrypted task comes with, just before it. */
        readonly name: "Opened";
        readonly taskId: TaskId;
        readonly round: RoundNumber;
        readonly attempt: number;
        /** Masked: the self seeds of the slots that committed, then the secret keys of those that only advertised, ascending, 32 bytes each. Encrypted: the content id of the sum's ciphertext. */
        readonly openings: Hex;
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
