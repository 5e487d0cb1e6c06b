import type { Mode, ProofKind, TaskRules } from "../records.ts";

/** How many members of a round have put keys on the chain, and how many were drawn. */
export interface KeyedCount {
  readonly keyed: number;
  readonly drawn: number;
}

/**
 * What a task's mode decides: pure facts and formulas, the twin of what the contracts say of it. Whoever must know one
 * asks the object of {@link modeOf}; nobody else compares names of modes.
 */
export interface RoundMode {
  readonly name: Mode;
  /**
   * Who puts keys on the chain before there are commitments: nobody; each member, for its masks; or one, for all.
   */
  readonly keys: "none" | "each" | "one";
  /**
   * Whether the lanes of a single update are seen: then the clip binds each by itself, an update can be left out, and
   * any rule can be computed. Where not, a round is the sum of all that was committed.
   */
  readonly showsUpdates: boolean;
  /** Whether anybody can recompute the model from what a round's members gave; if not, that rests on the quorum. */
  readonly isRecomputable: boolean;
  /** What `maxUpdates · maxWeight · clipLanes` must stay below. */
  readonly sumLimit: bigint;
  /** Fewest updates that a round may be made of: a sum of fewer tells too much of one. */
  readonly fewestUpdates: number;
  /** Most parameters of a model; absent where the contract's own limit is the only one. */
  readonly mostParameters?: number;
  /** Range of the rules' `thresholdPercent`, both ends included. */
  readonly thresholdPercent: { readonly least: number; readonly most: number };
  /** Kinds of proof that the contract takes in this mode. */
  readonly provable: ReadonlySet<ProofKind>;
  /** The call that shows a wrong chunk; absent where nothing can. */
  readonly chunkProof?: "proveChunk" | "proveMaskedChunk";
  /** What a proof of a wrong chunk costs beyond the chunks themselves, gas. */
  readonly maskGas: { readonly perUpdate: number; readonly perPair: number };
  /**
   * Whether a commitment uses up budget in a round that ended while it was open: not where nobody could have seen
   * anything of it by then.
   */
  readonly isOpenRoundSpent: boolean;
  /** Number of lanes of a committed update of a model of so many parameters. */
  updateLanes(parameterCount: number): number;
  /** Fewest keys without which a round ends behind the time for keys. */
  leastKeys(count: KeyedCount, rules: Pick<TaskRules, "minUpdates" | "thresholdPercent">): number;
  /** Fewest commitments with which a round goes on; infinite where nobody has given the key that all need. */
  leastUpdates(count: KeyedCount, rules: Pick<TaskRules, "minUpdates" | "thresholdPercent">): number;
  /** How many members may commit behind the time for keys. */
  mayCommit(count: KeyedCount): number;
  /** How many words of 32 bytes a proposal opens. */
  openedWords(keyed: number): number;
  /**
   * How many shares a participant's noise is divided into. Where each update is seen, each carries the whole. Where
   * only sums are, the fewest updates less one carry it: each member knows its own share, and could take it off.
   */
  noiseShares(minUpdates: number): number;
}
