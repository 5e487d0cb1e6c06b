import type { Address, Bytes32, Hex, RoundNumber, TaskId } from "../core/ids.ts";
import type { StoredTask } from "../core/record/bound-task.ts";
import type { TaskEvent } from "../core/record/task-events.ts";
import type { TaskView } from "../core/record/task-view.ts";
import type {
  Access,
  Attestation,
  AttributeChange,
  Attributes,
  ClosingWord,
  GrantWord,
  Member,
  Proposal,
  Role,
  SignedAdvertisement,
  SignedCommitment,
  TaskRules,
} from "../core/records.ts";
import type { ProofCall } from "./proof-calls.ts";
import type { FederationCodes, StateWitness } from "./state-witness.ts";
import type { Head, RecordDoubt, TaskRecord } from "./task-record.ts";

export type { ProofCall } from "./proof-calls.ts";
export type { FederationCodes, StateWitness } from "./state-witness.ts";
export type { Head, RecordDoubt, TaskRecord } from "./task-record.ts";

/** A call that changes the record. Each maps to one contract function. */
export type ChainCall =
  | {
      readonly kind: "register";
      readonly peerId: string;
      readonly encryptionKey: Bytes32;
      readonly multiaddrs: readonly string[];
      /** The admin's signed grant; absent for none. */
      readonly grant?: Hex;
    }
  | { readonly kind: "grantRole" | "revokeRole"; readonly role: Role; readonly account: Address }
  | { readonly kind: "setAttributes"; readonly account: Address; readonly attributes: Attributes }
  | {
      readonly kind: "createTask";
      readonly rules: TaskRules;
      readonly modelRoot: Bytes32;
      readonly spec: string;
      /** Who may take part; empty lists and 0 for everybody. */
      readonly access: Access;
      // where the task draws, the sender adds the header of the block before by itself
    }
  | {
      readonly kind: "enrol";
      readonly taskId: TaskId;
      /** The head that the task's history began with, so that the call lands in no other task of that number. */
      readonly first: Bytes32;
      /** Hash of the data statement; absent for none. */
      readonly statement?: Bytes32;
      /** As in ShareKeySet; absent for none. */
      readonly shareKey?: Hex;
      /** The task's participant bond; 0 where a former bond is still held. */
      readonly amountWei: bigint;
    }
  | {
      readonly kind: "join";
      readonly taskId: TaskId;
      /** As in enrol. */
      readonly first: Bytes32;
      /** The task's aggregator bond; 0 where a former bond is still held. */
      readonly amountWei: bigint;
    }
  /** The head as in enrol. */
  | { readonly kind: "leave"; readonly taskId: TaskId; readonly first: Bytes32 }
  | { readonly kind: "freePlaces" | "resume"; readonly taskId: TaskId }
  /** The next round, by its number. */
  | { readonly kind: "openRound"; readonly taskId: TaskId; readonly round: RoundNumber }
  /** The head as in enrol. */
  | { readonly kind: "setShareKey"; readonly taskId: TaskId; readonly first: Bytes32; readonly shareKey: Hex }
  | {
      readonly kind: "record";
      readonly taskId: TaskId;
      /** As in enrol. */
      readonly first: Bytes32;
      readonly entryKind: number;
      readonly hash: Bytes32;
    }
  | {
      /** The sender fetches the header of the round's draw block by itself. */
      readonly kind: "drawRound";
      readonly taskId: TaskId;
      readonly round: RoundNumber;
      readonly drawBlock: number;
    }
  | {
      /** In a masked or encrypted task, before anyone commits; one's own or others'. */
      readonly kind: "advertise";
      readonly taskId: TaskId;
      readonly round: RoundNumber;
      readonly signed: readonly SignedAdvertisement[];
    }
  | {
      readonly kind: "commit";
      readonly taskId: TaskId;
      readonly round: RoundNumber;
      readonly anchor: Bytes32;
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
      /** The round's, over which the proposal was computed. */
      readonly accumulator: Bytes32;
      readonly proposal: Proposal;
      /** Of no bytes ("0x") in transparent tasks. */
      readonly openings: Hex;
    }
  | {
      readonly kind: "accept";
      readonly taskId: TaskId;
      readonly round: RoundNumber;
      readonly proposal: Proposal;
      /** Of 65 bytes: of accounts with a key. Of any other length: of a contract wallet, which the contract asks. */
      readonly attestations: readonly Attestation[];
    }
  | ProofCall
  | { readonly kind: "releaseBond"; readonly taskId: TaskId; readonly account: Address }
  | { readonly kind: "withdraw" };

/** What the contract stores of an account in a task. */
export interface StoredPlace {
  /** Whether it has a place, and as what. */
  readonly role?: "participant" | "aggregator";
  readonly leaving: boolean;
  readonly expelled: boolean;
  /** The task's bond for its role; 0 where it has none, or lost it. */
  readonly bondWei: bigint;
  /** Of one without a place whose bond is still held: second from which it may be released. */
  readonly freeFromS: number;
  /** Rounds counted against its privacy budget, the last one included unless it does not count. */
  readonly roundsCommitted: number;
}

/** What members sign by EIP-712 beside attestations (docs/protocol/record.md). */
export type SignedRecord =
  | ({ readonly type: "commitment" } & Omit<SignedCommitment, "signature">)
  | ({ readonly type: "advertisement" } & Omit<SignedAdvertisement, "signature">)
  | ({ readonly type: "closing" } & Omit<ClosingWord, "signature">)
  | { readonly type: "share-key"; readonly taskId: TaskId; readonly shareKey: Bytes32 }
  | {
      /** By the admin's grant key: an account's role (docs/protocol/record.md). */
      readonly type: "role-grant";
      readonly account: Address;
      readonly role: "participant" | "aggregator";
      readonly epoch: number;
    }
  | {
      /** By the admin's grant key: the one that follows it. */
      readonly type: "grant-key";
      readonly successor: Address;
    }
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
  /** The task at the head: the same object as before where nothing has happened. */
  readonly view: TaskView;
  /** Events since the last update, in chain order; all of the task's events when `reset`. */
  readonly events: readonly TaskEvent[];
  /** True at first, and when events already given do not stand any more: discard what was kept of them. */
  readonly reset: boolean;
}

/** Reads the record. Every method rejects with RPC_UNREACHABLE when no endpoint answers. */
export interface ChainReader {
  readonly chainId: number;
  readonly federation: Address;
  /** The newest block of the configured finality. */
  head(): Promise<Head>;
  /** Hash of the block that created the federation: where the chain began anew, one at its address has another. */
  origin(): Promise<Bytes32>;
  /** All members, in the order of their first appearance. */
  members(): Promise<readonly Member[]>;
  /** Everything that admins ever set of accounts, members or not, in chain order. */
  attributeChanges(): Promise<readonly AttributeChange[]>;
  /** Number of tasks created. */
  taskCount(): Promise<number>;
  /**
   * A task's record up to the head, compared with the contract's storage at that block. What does not fit is read again
   * for a while, and from other endpoints. `detail` adds sender, gas and time to each event. `block` is the hash of the
   * block to read up to, in place of the head. Rejects with UNKNOWN_TASK, ENDPOINT_BEHIND, CHAIN_RESET, UNKNOWN_BLOCK.
   */
  record(
    taskId: TaskId,
    options?: { detail?: boolean; block?: Bytes32 | undefined; signal?: AbortSignal },
  ): Promise<TaskRecord>;
  /**
   * What each endpoint, asked apart from the others, says of a task's storage and of the codes at a block, and whether
   * the block's hash proves it (EIP-1186). An endpoint whose proof proves something else, or that does not answer, is
   * among `failed` with the reason.
   *
   * @param places in the task's ring, whose words are asked for, too
   */
  witnesses(
    taskId: TaskId,
    head: Head,
    options: { readonly places: readonly number[]; readonly signal?: AbortSignal | undefined },
  ): Promise<{ readonly told: readonly StateWitness[]; readonly failed: readonly Error[] }>;
  /** The events of {@link ChainReader.record}. */
  history(taskId: TaskId, options?: { detail?: boolean; signal?: AbortSignal }): Promise<readonly TaskEvent[]>;
  /** What the contract stores of a task. Rejects with UNKNOWN_TASK. */
  storedState(taskId: TaskId): Promise<StoredTask>;
  /** The federation's codes, compared with this package's byte by byte. Rejects with NOT_BUILT. */
  codes(): Promise<FederationCodes>;
  /** What the contract stores of an account in a task. */
  placeOf(taskId: TaskId, account: Address): Promise<StoredPlace>;
  /** What an account may withdraw. */
  creditOf(account: Address): Promise<bigint>;
  /**
   * Updates of a task: the first at once, then one for each new head at which the events make what the contract stores.
   * Ends when the signal aborts. Survives endpoint failures. Rejects with UNKNOWN_TASK, and with CHAIN_RESET where the
   * chain is not the one it was.
   *
   * @param options.onDoubt hears why there is no update, or how far it is believed: once each time that this changes
   */
  follow(
    taskId: TaskId,
    options: { signal: AbortSignal; onDoubt?: ((doubt: RecordDoubt) => void) | undefined },
  ): AsyncIterable<ChainUpdate>;
  /** EIP-712 digest that an attester signs. */
  attestationDigest(taskId: TaskId, round: RoundNumber, proposalHash: Bytes32): Bytes32;
  /**
   * Who signed an attestation (`attestation.attester` is not looked at); undefined when the contract would not accept
   * the signature: not 65 bytes, s in the upper half of the curve's order, v neither 27 nor 28, or not recoverable.
   * Pure: asks no endpoint.
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
  signAttestation(taskId: TaskId, round: RoundNumber, proposalHash: Bytes32): Promise<Hex>;
  /** Signs another record by EIP-712. */
  signRecord(record: SignedRecord): Promise<Hex>;
}
