import type { Bytes32 } from "../core/ids.ts";
import type { StoredTask } from "../core/record/bound-task.ts";

/** The codes that a federation runs by: its own, its court's and its proofs'. */
export interface FederationCodes {
  /** Names of the contracts whose codes are not those that this package was built with. */
  readonly differing: readonly string[];
  /** keccak256 of each code as it is on the chain, by its name; of no bytes where there is none. */
  readonly hashes: Readonly<Record<string, Bytes32>>;
}

/** What one endpoint says of a task's stored words and of the federation's codes at a block. */
export interface StateWitness {
  /** Scheme and host. */
  readonly endpoint: string;
  /** Absent where it keeps no state of that block. */
  readonly stored?: StoredTask;
  /** Of the task's ring, in the order of the places asked for; absent with `stored`. */
  readonly ringWords?: readonly Bytes32[];
  readonly codes?: FederationCodes;
  /** Why it is its word alone, as a sentence's part; absent where the block's hash proves all of it. */
  readonly unproven?: string;
}
