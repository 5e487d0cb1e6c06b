import type { Address, Bytes32, Hex } from "../../../node/core/ids.ts";
import type { EventPosition, TaskEvent } from "../../../node/core/record/task-events.ts";
import type { Access, Attestation, Attributes, Member, Phase, Role, TaskRules } from "../../../node/core/records.ts";
import type { SignedRecord } from "../../../node/ports/chain.ts";

export const modelDeployment = { chainId: 31337, federation: `0x${"fe".repeat(20)}` as Address } as const;

/** A refusal, by the name of the contract's error. */
export class Revert extends Error {
  readonly error: string;
  constructor(error: string) {
    super(error);
    this.error = error;
  }
}

/** A task's newest round: the packed state of contracts/types/RoundState.sol and what stands beside it. */
export interface ModelRound {
  round: number;
  phase: Phase;
  seed: bigint;
  enrolled: number;
  drawn: number;
  /** Places that the rotation runs over. */
  aggregators: number;
  drawBlock: number;
  /** Slots that advertised keys. */
  keyed: bigint;
  committed: bigint;
  /** Slots whose participant was expelled since it committed. */
  expelled: bigint;
  totalWeight: bigint;
  attempt: number;
  /** Of commitments, of the assignment, or of the attestations. */
  deadlineS: number;
  /** While Aggregating. */
  assigned: Address;
  /** Hash of the proposal, while Proposed. */
  pending: Bytes32;
  openingsHash: Bytes32;
  /** History head at the opening. */
  openingHead: Bytes32;
  start: Bytes32;
  anchor: Bytes32;
  accumulator: Bytes32;
}

/** What outlasts a member's leaving. */
export interface ModelEnrolment {
  role: "participant" | "aggregator";
  roundsCommitted: number;
  /** Masked: the last round it committed in, whose count waits for how that ended; 0 for none. */
  pendingRound: number;
  leaving: boolean;
  bonded: boolean;
  expelled: boolean;
  /** Of one without a place: second from which its bond may be released. */
  freeFromS: number;
}

/** The word of an accepted round. */
export interface ModelWord {
  readonly acceptedAtS: number;
  /** The high 216 bits of the hash of what a proof needs. */
  readonly digest: Hex;
}

/** A task's storage. */
export interface ModelTask {
  readonly taskId: number;
  /** The head that its history began with. */
  readonly first: Bytes32;
  readonly creator: Address;
  readonly rules: TaskRules;
  readonly access: Access;
  /** By place. */
  participants: Address[];
  aggregators: Address[];
  /** Aggregators' places that missed their last turn. */
  idle: boolean[];
  /** Places to free, the last first; one whose account moved or went is passed over. */
  leavers: { readonly role: ModelEnrolment["role"]; readonly place: number }[];
  enrolments: Map<Address, ModelEnrolment>;
  round: ModelRound;
  /** Accepted rounds that are not void. */
  accepted: number;
  modelRoot: Bytes32;
  historyHead: Bytes32;
  /** By the round's number modulo the ring's length. */
  ring: Map<number, ModelWord>;
  /** Disjoint, ascending, both ends included. */
  voids: { readonly first: number; readonly last: number }[];
  /** Masked: rounds that ended while they were open. */
  endedOpen: Set<number>;
}

/** The contract's storage: plain data that structuredClone copies. */
export interface ModelStorage {
  members: { account: Address; roles: Role[]; attributes?: Attributes; contact?: Member["contact"] }[];
  tasks: ModelTask[];
  credits: Map<Address, bigint>;
  burntWei: bigint;
  /** What each account has sent, less what it was paid. */
  paid: Map<Address, bigint>;
}

/** What the contract sees of the block, and what it is. */
export interface ModelWorld {
  readonly deployment: { readonly chainId: number; readonly federation: Address };
  readonly number: number;
  readonly timestampS: number;
  /** The mix of an earlier block whose hash answers, by its header. */
  mixOf(blockNumber: number): Uint8Array | undefined;
  /** Who signed a record (whom it names is not looked at). */
  signerOf(record: SignedRecord & { readonly signature: Hex }): Address | undefined;
  attesterOf(attestation: Attestation): Address | undefined;
}

/** Everything that a call to a task sees. */
export interface ModelCall {
  readonly storage: ModelStorage;
  readonly task: ModelTask;
  readonly sender: Address;
  readonly world: ModelWorld;
  /** What has been emitted so far. */
  readonly events: ModelEvent[];
}

type Emitted = TaskEvent extends infer E ? (E extends TaskEvent ? Omit<E, keyof EventPosition> : never) : never;
/** An event without its place in the chain. */
export type ModelEvent = Emitted;

export const nobody = `0x${"00".repeat(20)}` as Address;
export const weiPerGwei = 1_000_000_000n;

/** A federation without members. */
export function emptyStorage(): ModelStorage {
  return { members: [], tasks: [], credits: new Map(), burntWei: 0n, paid: new Map() };
}

/** Moves ether from the account to the contract; back, where it is negative. */
export function pay({ paid }: ModelStorage, account: Address, amountWei: bigint): void {
  paid.set(account, (paid.get(account) ?? 0n) + amountWei);
}

/** Whether the account holds the role. */
export function hasRole(storage: ModelStorage, account: Address, role: Role): boolean {
  return storage.members.some((member) => member.account === account && member.roles.includes(role));
}

/** The list that the account's place is in, by its role in the task. */
export function placesOf(task: ModelTask, { role }: Pick<ModelEnrolment, "role">): Address[] {
  return role === "participant" ? task.participants : task.aggregators;
}

/** An account's enrolment, if it has a place. */
export function placedOf(task: ModelTask, account: Address): ModelEnrolment | undefined {
  const enrolment = task.enrolments.get(account);
  return enrolment !== undefined && placesOf(task, enrolment).includes(account) ? enrolment : undefined;
}

/** Whether a round has begun and not ended. */
export function isInFlight({ phase }: Pick<ModelRound, "phase">): boolean {
  return phase === "drawing" || phase === "open" || phase === "aggregating" || phase === "proposed";
}

/** Whether a bitmap has the slot. */
export function hasSlot(bitmap: bigint, slot: number): boolean {
  return ((bitmap >> BigInt(slot)) & 1n) === 1n;
}

/** Number of slots in a bitmap. */
export function count(bitmap: bigint): number {
  return bitmap.toString(2).replaceAll("0", "").length;
}

/** Refuses unless it holds. */
export function require(holds: boolean, error: string): asserts holds {
  if (!holds) throw new Revert(error);
}
