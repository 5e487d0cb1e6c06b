import type { Address, Bytes32 } from "../../node/core/ids.ts";
import type { EventPosition, Member, Phase, Role, TaskEvent, TaskRules } from "../../node/core/records.ts";

export const modelDeployment = { chainId: 31337, federation: `0x${"fe".repeat(20)}` as Address } as const;

/** A refusal, by the name of the contract's error. */
export class Revert extends Error {
  readonly error: string;
  constructor(error: string) {
    super(error);
    this.error = error;
  }
}

/** A task's storage. */
export interface ModelTask {
  readonly taskId: number;
  readonly rules: TaskRules;
  participants: { account: Address; leaving: boolean; committed: number }[];
  leavers: Address[];
  round: number;
  phase: Phase;
  seed: bigint;
  enrolled: number;
  drawn: number;
  committed: bigint;
  totalWeight: bigint;
  attempt: number;
  deadlineS: number;
  assigned: Address;
  excluding: boolean;
  pending: Bytes32;
  accumulator: Bytes32;
  modelRoot: Bytes32;
  historyHead: Bytes32;
  /** Aggregators that lost a challenge in this round. */
  barred: Address[];
}

/** The contract's storage: plain data that structuredClone copies. */
export interface ModelStorage {
  members: { account: Address; roles: Role[]; contact?: Member["contact"] }[];
  tasks: ModelTask[];
}

/** What the contract sees of the block. */
export interface ModelBlock {
  readonly timestampS: number;
  readonly randomness: Uint8Array;
}

type Emitted = TaskEvent extends infer E ? (E extends TaskEvent ? Omit<E, keyof EventPosition> : never) : never;
/** An event without its place in the chain. */
export type ModelEvent = Emitted;

/** Whether the account holds the role. */
export function hasRole(storage: ModelStorage, account: Address, role: Role): boolean {
  return storage.members.some((member) => member.account === account && member.roles.includes(role));
}
