import { applyMean } from "./apply-mean.ts";
import { checkLength, checkRate, checkTotalWeight } from "./check-arguments.ts";

/** Lanes worked on at a time. */
const blockLanes = 16384;

/**
 * The weighted mean where only the sum of the weighted updates is known, as in masked and encrypted rounds: with S =
 * the sum cut to ±(W · clipLanes), `saturate32(θ + floorDiv(S · rate, W · 2^16))`, exact. Sums of updates within the
 * clip are never cut, so the result is that of the weighted mean of the updates themselves; the cut keeps what lies
 * beyond it from moving a lane further than the clip would.
 *
 * `base` and `sum` are not modified. Throws LENGTH_MISMATCH, and INVALID_ARGUMENT for a total weight not 1 to 2^32, or
 * a rate not 1 to 2^20.
 */
export function meanOfSum({
  base,
  sum,
  totalWeight,
  clipLanes,
  serverRateQ16,
}: {
  readonly base: Int32Array;
  readonly sum: Int32Array;
  readonly totalWeight: bigint;
  readonly clipLanes: number;
  readonly serverRateQ16: number;
}): Int32Array {
  checkLength("sum", sum, base.length);
  checkRate(serverRateQ16);
  const total = checkTotalWeight(totalWeight);
  const limit = total * clipLanes;
  const result = new Int32Array(base.length);
  const part = new Float64Array(Math.min(blockLanes, base.length));
  for (let start = 0; start < base.length; start += blockLanes) {
    const sums = part.subarray(0, base.length - start);
    for (let j = 0; j < sums.length; j++) sums[j] = Math.max(-limit, Math.min(limit, sum[start + j]!));
    applyMean(result, base, sums, start, total, serverRateQ16);
  }
  return result;
}
