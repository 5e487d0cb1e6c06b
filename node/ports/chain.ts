import type { Address, Bytes32, Hex, RoundNumber, TaskId } from "../core/ids.ts";
import type {
  Access,
  Attestation,
  AttributeChange,
  Attributes,
  Availability,
  Custody,
  DemandKind,
  Evaluation,
  GrantWord,
  Member,
  Proposal,
  Role,
  SignedCommitment,
  TaskRules,
} from "../core/records.ts";
import type { TaskEvent } from "../core/task-events.ts";
import type { ChallengeCall, DemandCall, ReportCall } from "./court-calls.ts";

export type { ChallengeCall, DemandCall, ReportCall } from "./court-calls.ts";

/** A block that decisions may rest on. */
export interface Head {
  readonly number: number;
  readonly hash: Bytes32;
  /** Seconds since 1970, the chain's clock: deadlines are judged by it. */
  readonly timestampS: number;
}

/** A call that changes the record. Each maps to one contract function. */
export type ChainCall =
  | {
      readonly kind: "register";
      readonly peerId: string;
      readonly encryptionKey: Bytes32;
      readonly multiaddrs: readonly string[];
    }
  | { readonly kind: "grantRole" | "revokeRole"; readonly role: Role; readonly account: Address }
  | { readonly kind: "setAttributes"; readonly account: Address; readonly attributes: Attributes }
  | {
      readonly kind: "createTask";
      readonly rules: TaskRules;
      readonly modelRoot: Bytes32;
      readonly spec: string;
      /** Who may enrol; absent where everybody with the participant's role may. */
      readonly access?: Access;
    }
  | { readonly kind: "enrol" | "leaveTask" | "openRound"; readonly taskId: TaskId }
  | {
      /** In a masked or encrypted task, by a drawn participant before anyone commits. */
      readonly kind: "advertise";
      readonly taskId: TaskId;
      readonly round: RoundNumber;
      /** Of the round's opening, so that keys made for another one of the same number are refused. */
      readonly seed: bigint;
      readonly maskKey: Bytes32;
      readonly seedHash: Bytes32;
      readonly sharesId: Bytes32;
    }
  | {
      readonly kind: "commit";
      readonly taskId: TaskId;
      readonly round: RoundNumber;
      readonly baseModelRoot: Bytes32;
      readonly updateRoot: Bytes32;
      readonly contentId: Bytes32;
      readonly weight: number;
    }
  | {
      readonly kind: "commitBatch";
      readonly taskId: TaskId;
      readonly round: RoundNumber;
      readonly signed: readonly SignedCommitment[];
    }
  | { readonly kind: "closeRound" | "reassign"; readonly taskId: TaskId; readonly round: RoundNumber }
  | {
      readonly kind: "propose";
      readonly taskId: TaskId;
      readonly round: RoundNumber;
      readonly proposal: Proposal;
      /** In a task with holders; else absent or empty. */
      readonly words?: readonly Availability[];
    }
  | {
      /** Instead of propose, in a masked or encrypted task. */
      readonly kind: "proposeOpened";
      readonly taskId: TaskId;
      readonly round: RoundNumber;
      readonly proposal: Proposal;
      /** In a task with holders; else absent or empty. */
      readonly words?: readonly Availability[];
      /** What the event Opened tells. */
      readonly openings: Hex;
    }
  | {
      readonly kind: "finalize";
      readonly taskId: TaskId;
      readonly round: RoundNumber;
      readonly proposal: Proposal;
      readonly attestations: readonly Attestation[];
    }
  | {
      readonly kind: "finalizeUnchallenged";
      readonly taskId: TaskId;
      readonly round: RoundNumber;
      readonly proposal: Proposal;
    }
  | ChallengeCall
  | ReportCall
  | DemandCall
  | { readonly kind: "reserveChallenge"; readonly reservation: Bytes32 }
  | { readonly kind: "claimReward"; readonly caseHash: Bytes32; readonly salt: Bytes32 }
  | { readonly kind: "collectReward"; readonly caseHash: Bytes32 }
  | { readonly kind: "bond" | "requestUnbond"; readonly amountWei: bigint }
  | { readonly kind: "withdrawBond" | "withdrawCredit" };

/** An account's bond in a federation. */
export interface BondState {
  /** What may be locked or unbonded. */
  readonly freeWei: bigint;
  /** What answers for running rounds. */
  readonly lockedWei: bigint;
  /** What is leaving, from the second `withdrawableFromS` on. */
  readonly unbondingWei: bigint;
  readonly withdrawableFromS: number;
  /** Rewards of won challenges, to be withdrawn. */
  readonly creditWei: bigint;
}

/** A reward that waits for whoever reserved the challenge before it was won. */
export interface HeldReward {
  readonly challenger: Address;
  readonly amountWei: bigint;
  readonly collectableFromS: number;
}

/** What members sign by EIP-712 beside attestations (docs/protocol.md section 7). */
export type SignedRecord =
  | ({ readonly type: "commitment" } & Omit<SignedCommitment, "signature">)
  | ({ readonly type: "availability" } & Omit<Availability, "signature">)
  | ({ readonly type: "custody" } & Omit<Custody, "signature">)
  | ({ readonly type: "grant" } & GrantWord);

/** A mined transaction. */
export interface Receipt {
  readonly transactionHash: Bytes32;
  readonly blockNumber: number;
  readonly gasUsed: number;
  /** Number of the task that createTask made; absent for other calls. */
  readonly taskId?: TaskId;
}

/** What one look at the chain brought. */
export interface ChainUpdate {
  readonly head: Head;
  /** Events since the last update, in chain order; all of the task's events when `reset`. */
  readonly events: readonly TaskEvent[];
  /** True at first, and when a reorganisation undid events already given: discard what was folded from them. */
  readonly reset: boolean;
}

/** Reads the record. Every method rejects with RPC_UNREACHABLE when no endpoint answers. */
export interface ChainReader {
  readonly chainId: number;
  readonly federation: Address;
  /** The newest block of the configured finality. */
  head(): Promise<Head>;
  /** All members, in the order of their first appearance. */
  members(): Promise<readonly Member[]>;
  /** Everything that admins ever set of accounts, members or not, in chain order. */
  attributeChanges(): Promise<readonly AttributeChange[]>;
  /** Number of tasks created. */
  taskCount(): Promise<number>;
  /** All events of a task up to the head, in chain order. `detail` adds sender, gas and time to each, and to proposals their words. Rejects with UNKNOWN_TASK. */
  history(taskId: TaskId, options?: { detail?: boolean; signal?: AbortSignal }): Promise<readonly TaskEvent[]>;
  /** What the contract's storage says, to check a history against. */
  storedState(
    taskId: TaskId,
  ): Promise<{ round: RoundNumber; modelRoot: Bytes32; accumulator: Bytes32; historyHead: Bytes32 }>;
  /** An account's bond and credit. */
  bondOf(account: Address): Promise<BondState>;
  /** A reward that is held; undefined when none is. */
  heldReward(caseHash: Bytes32): Promise<HeldReward | undefined>;
  /** What a demand of this kind must bring. */
  demandBondWei(kind: DemandKind): Promise<bigint>;
  /** Updates of a task: the first at once, then one for each new head. Ends when the signal aborts. Survives endpoint failures. */
  follow(taskId: TaskId, options: { signal: AbortSignal }): AsyncIterable<ChainUpdate>;
  /** EIP-712 digest that an attester signs. */
  attestationDigest(taskId: TaskId, round: RoundNumber, proposalHash: Bytes32, evaluation: Evaluation): Bytes32;
  /**
   * Who signed an attestation (`attestation.attester` is not looked at); undefined when the contract would not accept the
   * signature: not 65 bytes, s in the upper half of the curve's order, v neither 27 nor 28, or not recoverable. Pure: asks no endpoint.
   */
  recoverAttester(attestation: Attestation): Address | undefined;
  /** Who signed a record (the account named in it is not looked at); undefined as for recoverAttester. Pure. */
  recoverSigner(record: SignedRecord & { readonly signature: Hex }): Address | undefined;
}

/** Reads and writes the record as one account. */
export interface Chain extends ChainReader {
  readonly account: Address;
  /**
   * Sends a call and waits until it is mined; nonces, stuck transactions and fail-over are its business.
   * Rejects with TRANSACTION_REVERTED (data.error: the contract's error name), INSUFFICIENT_FUNDS, TRANSACTION_STUCK.
   */
  send(call: ChainCall, options?: { signal?: AbortSignal }): Promise<Receipt>;
  /** Signs an attestation by EIP-712. */
  signAttestation(taskId: TaskId, round: RoundNumber, proposalHash: Bytes32, evaluation: Evaluation): Promise<Hex>;
  /** Signs another record by EIP-712. */
  signRecord(record: SignedRecord): Promise<Hex>;
}
