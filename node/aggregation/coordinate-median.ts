import { createHeldAggregation } from "./held-updates.ts";
import type { AggregationRule } from "./rule.ts";
import { trimmedMean } from "./trimmed-mean.ts";

/**
 * The trim at which the trimmed mean of `count` updates is their median: it leaves the middle value, or the middle two.
 */
export function medianTrim(count: number): number {
  return Math.floor((count - 1) / 2);
}

/**
 * Median of the updates added to the base, lane by lane: the trimmed mean that keeps the middle value of an odd number
 * of updates, the mean of the middle two of an even number, scaled and floored as there (docs/protocol/bytes.md).
 * Weights do not count. Yin et al., "Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates", ICML
 * 2018, definition 1.
 *
 * Throws LENGTH_MISMATCH, and INVALID_ARGUMENT for no update, a rate not 1 to 2^20.
 */
export function coordinateMedian(round: {
  readonly base: Int32Array;
  readonly updates: readonly Int32Array[];
  readonly serverRateQ16: number;
}): Int32Array {
  return trimmedMean({ ...round, trim: medianTrim(round.updates.length) });
}

/** The median as a rule of a task. It holds the updates: see {@link AggregationRule.holdsUpdates}. */
export const coordinateMedianRule: AggregationRule = {
  name: "coordinate-median",
  chunkLocal: true,
  holdsUpdates: true,
  create: (options) => {
    const { serverRateQ16 } = options;
    return createHeldAggregation(options, (base, updates) => coordinateMedian({ base, updates, serverRateQ16 }));
  },
};
