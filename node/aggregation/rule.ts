import type { Rule } from "../core/records.ts";

/** What an aggregation needs to know of its task. */
export interface AggregationOptions {
  /** Number of lanes P of the model. */
  readonly parameterCount: number;
  /** Server learning rate in 1/65536. */
  readonly serverRateQ16: number;
}

/** One round's aggregation: updates go in, in any order, and the new global model comes out. */
export interface Aggregation {
  /** Takes one update. The lanes are read during the call and not retained. Throws LENGTH_MISMATCH, INVALID_ARGUMENT (weight not 1 to 2^32 - 1). */
  add(lanes: Int32Array, weight: number): void;
  /** The new global model; `base` is not modified, further updates may follow. Throws LENGTH_MISMATCH, INVALID_ARGUMENT (no update). */
  finish(base: Int32Array): Int32Array;
  /** Sum of the weights so far. */
  readonly totalWeight: bigint;
}

/** How updates become one. The result depends on the set of updates only, never on their order, and is exact. */
export interface AggregationRule {
  readonly name: Rule;
  /** Whether a chunk of the result depends only on the same chunk of the inputs, so that one chunk can be proven wrong alone. */
  readonly chunkLocal: boolean;
  create(options: AggregationOptions): Aggregation;
}
