import type { Rule } from "../core/records.ts";

/** What an aggregation needs to know of its task; a TaskRules fits. */
export interface AggregationOptions {
  /** Number of lanes P of the model. */
  readonly parameterCount: number;
  /** Server learning rate in 1/65536. */
  readonly serverRateQ16: number;
  /**
   * Number of values that the trimmed mean drops at each end of a lane; 0 by default. Other rules do not look at it.
   */
  readonly trim?: number;
}

/** One round's aggregation: updates go in, in any order, and the new global model comes out. */
export interface Aggregation {
  /**
   * Takes one update. A rule that holds updates keeps `lanes` itself, not a copy: do not modify it while the
   * aggregation is in use. Other rules read it during the call and let it go. Throws LENGTH_MISMATCH, INVALID_ARGUMENT
   * (weight not 1 to 2^32 - 1).
   */
  add(lanes: Int32Array, weight: number): void;
  /**
   * The new global model; `base` is not modified, further updates may follow. Throws LENGTH_MISMATCH, INVALID_ARGUMENT
   * (no update, or not more than the trim drops).
   */
  finish(base: Int32Array): Int32Array;
  /** Sum of the weights so far. */
  readonly totalWeight: bigint;
}

/** How updates become one. The result depends on the set of updates only, never on their order, and is exact. */
export interface AggregationRule {
  readonly name: Rule;
  /**
   * Whether a chunk of the result depends only on the same chunk of the inputs, so that one chunk can be proven wrong
   * alone.
   */
  readonly chunkLocal: boolean;
  /**
   * Whether all updates are in memory until the result is read (4 bytes a lane and update); otherwise memory does not
   * grow with their number.
   */
  readonly holdsUpdates: boolean;
  create(options: AggregationOptions): Aggregation;
}
