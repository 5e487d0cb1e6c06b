import { applyMean } from "./apply-mean.ts";
import { checkLength, checkRate, checkTrim, noUpdate } from "./check-arguments.ts";
import { createHeldAggregation } from "./held-updates.ts";
import type { AggregationRule } from "./rule.ts";
import { blockLanes, createTrimmedSums } from "./trimmed-sums.ts";

/**
 * Trimmed mean of the K updates added to the base, lane by lane: of the K values the `trim` least and the `trim`
 * greatest are dropped, S is the sum of the others, and the new lane is `saturate32(θ + floorDiv(S · rate, (K - 2·trim)
 * · 2^16))`, exact, floor towards -∞ (docs/protocol/bytes.md). Weights do not count. Yin et al., "Byzantine-Robust
 * Distributed Learning: Towards Optimal Statistical Rates", ICML 2018, definition 2.
 *
 * Throws LENGTH_MISMATCH, and INVALID_ARGUMENT for no update, a trim that leaves none, a rate not 1 to 2^20.
 */
export function trimmedMean(round: {
  readonly base: Int32Array;
  readonly updates: readonly Int32Array[];
  /** Number of values dropped at each end; 0 to (K - 1) / 2. */
  readonly trim: number;
  readonly serverRateQ16: number;
}): Int32Array {
  const { base, updates, trim, serverRateQ16 } = round;
  checkRate(serverRateQ16);
  for (const lanes of updates) checkLength("lanes", lanes, base.length);
  if (updates.length === 0) throw noUpdate();
  checkTrim(trim, updates.length);
  const result = new Int32Array(base.length);
  const sums = new Float64Array(Math.min(blockLanes, base.length));
  const trimmedSums = createTrimmedSums(updates.length, trim, base.length);
  for (let start = 0; start < base.length; start += blockLanes) {
    const part = sums.subarray(0, base.length - start);
    trimmedSums(updates, start, part);
    applyMean(result, base, part, start, updates.length - 2 * trim, serverRateQ16);
  }
  return result;
}

/**
 * The trimmed mean as a rule of a task; `trim` is the task's. It holds the updates: see {@link
 * AggregationRule.holdsUpdates}.
 */
export const trimmedMeanRule: AggregationRule = {
  name: "trimmed-mean",
  chunkLocal: true,
  holdsUpdates: true,
  create: (options) => {
    const { trim = 0, serverRateQ16 } = options;
    return createHeldAggregation(options, (base, updates) => trimmedMean({ base, updates, trim, serverRateQ16 }));
  },
};
