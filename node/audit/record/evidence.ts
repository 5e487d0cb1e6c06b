import type { Bytes32 } from "../../core/ids.ts";
import type { Walk } from "./task-record.ts";

/** What an audit's reading of the contract's storage rests on. Endpoints are named by scheme and host. */
export interface Evidence {
  /** The block that was read up to. */
  readonly block: { readonly number: number; readonly hash: Bytes32 };
  /** Whether that block was asked for by its hash. */
  readonly isPinned: boolean;
  /** Whose word, or whose proof, was taken. */
  readonly endpoint: string;
  /** Why it is its word alone, as a sentence's part; absent where the block's hash proves what is stored. */
  readonly unproven?: string;
  /** Other endpoints that say the same of storage and codes. */
  readonly agreeing: readonly string[];
  /** Those that say something else. */
  readonly differing: readonly string[];
  /** What went wrong with those that said nothing. */
  readonly silent: readonly string[];
}

/** Tells where endpoints contradict each other and nothing is proven, or where a proof was asked for and is not had. */
export function checkEvidence(walk: Walk, evidence: Evidence, isStored: boolean): void {
  const { endpoint, unproven, differing, block, isPinned } = evidence;
  if (unproven === undefined) return;
  if (isPinned || !isStored) {
    walk.log.add({
      code: "STATE_UNPROVEN",
      severity: "unchecked",
      message: `${endpoint} does not prove what the contract stores at block ${block.hash}: ${unproven}. Ask another endpoint, or name a newer block.`,
      data: { block: block.number, hash: block.hash, unproven },
    });
  }
  if (differing.length === 0) return;
  walk.log.add({
    code: "ENDPOINTS_DISAGREE",
    severity: "unchecked",
    message: `${[endpoint, ...differing].join(" and ")} say different things of what the contract stores at block ${block.hash}. One of them is wrong: ask another one.`,
    data: { block: block.number, endpoint, differing: differing.join(",") },
  });
}
