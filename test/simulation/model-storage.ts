import type { Address, Bytes32 } from "../../node/core/ids.ts";
import type { Access, Attributes, Member, Phase, Role, TaskRules } from "../../node/core/records.ts";
import type { EventPosition, TaskEvent } from "../../node/core/task-events.ts";

export const modelDeployment = { chainId: 31337, federation: `0x${"fe".repeat(20)}` as Address } as const;

/** A refusal, by the name of the contract's error. */
export class Revert extends Error {
  readonly error: string;
  constructor(error: string) {
    super(error);
    this.error = error;
  }
}

/** One of a task's two newest rounds: FederationState.RoundRecord and its packed state. */
export interface ModelRound {
  round: number;
  phase: Phase;
  seed: bigint;
  enrolled: number;
  drawn: number;
  /** Slots that advertised keys. */
  keyed: bigint;
  committed: bigint;
  totalWeight: bigint;
  attempt: number;
  deadlineS: number;
  excluding: boolean;
  /** While Aggregating. */
  assigned: Address;
  /** Hash of the proposal, from Proposed on. */
  pending: Bytes32;
  /** Hash of what the proposal opens, in a masked or encrypted task. */
  openingsHash?: Bytes32;
  /** The accumulator when the first commitment came. */
  keysAccumulator: Bytes32;
  accumulator: Bytes32;
  baseModelRoot: Bytes32;
  /** Whose bond answers for the round, while one does. */
  bonded?: Address | undefined;
  withheld: bigint;
  openDemands: number;
  /** Aggregators that lost a challenge in this round. */
  barred: Address[];
}

/** What outlasts a participant's leaving. */
export interface ModelEnrolment {
  committed: number;
  leaving: boolean;
  bonded: boolean;
  expelled: boolean;
}

/** A task's storage. */
export interface ModelTask {
  readonly taskId: number;
  readonly rules: TaskRules;
  readonly access?: Access | undefined;
  /** By place. */
  participants: Address[];
  leavers: Address[];
  enrolments: Map<Address, ModelEnrolment>;
  /** By the parity of the round's number. */
  rounds: [ModelRound, ModelRound];
  modelRoot: Bytes32;
  candidateRoot: Bytes32;
  historyHead: Bytes32;
}

/** The contract's storage: plain data that structuredClone copies. */
export interface ModelStorage {
  members: { account: Address; roles: Role[]; attributes?: Attributes; contact?: Member["contact"] }[];
  /** In the order of the role's enumeration. */
  aggregators: Address[];
  tasks: ModelTask[];
  bonds: Map<Address, { freeWei: bigint; lockedWei: bigint; unbondingWei: bigint; withdrawableFromS: number }>;
  credits: Map<Address, bigint>;
  burntWei: bigint;
  /** A demand is open while it has a demander. */
  demands: Map<Bytes32, { demander?: Address | undefined; deadlineS: number }>;
  /** Second at which each was made. */
  reservations: Map<Bytes32, number>;
  heldRewards: Map<Bytes32, { challenger: Address; wonAtS: number; amountWei: bigint }>;
}

/** What the contract sees of the block. */
export interface ModelBlock {
  readonly timestampS: number;
  readonly randomness: Uint8Array;
}

/** Everything that a call sees. */
export interface ModelCall {
  readonly storage: ModelStorage;
  readonly task: ModelTask;
  readonly sender: Address;
  readonly block: ModelBlock;
  /** What has been emitted so far. */
  readonly events: ModelEvent[];
}

type Emitted = TaskEvent extends infer E ? (E extends TaskEvent ? Omit<E, keyof EventPosition> : never) : never;
/** An event without its place in the chain. */
export type ModelEvent = Emitted;

export const nobody = `0x${"00".repeat(20)}` as Address;

/** A federation without members. */
export function emptyStorage(): ModelStorage {
  return {
    members: [],
    aggregators: [],
    tasks: [],
    bonds: new Map(),
    credits: new Map(),
    burntWei: 0n,
    demands: new Map(),
    reservations: new Map(),
    heldRewards: new Map(),
  };
}

/** Whether the account holds the role. */
export function hasRole(storage: ModelStorage, account: Address, role: Role): boolean {
  return storage.members.some((member) => member.account === account && member.roles.includes(role));
}

/** The place of a participant, from 0; below 0 when it has none. */
export function placeOf(task: ModelTask, account: Address): number {
  return task.participants.indexOf(account);
}

/** Refuses unless it holds. */
export function require(holds: boolean, error: string): asserts holds {
  if (!holds) throw new Revert(error);
}
