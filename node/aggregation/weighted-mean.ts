import { applyMean } from "./apply-mean.ts";
import { checkLength, checkRate, checkWeight, noUpdate } from "./check-arguments.ts";
import type { Aggregation, AggregationOptions, AggregationRule } from "./rule.ts";

/** One update with its weight. */
export interface WeightedUpdate {
  readonly lanes: Int32Array;
  /** 1 to 2^32 - 1. */
  readonly weight: number;
}

const exactLimit = 2 ** 53;
/** Lanes worked on at a time: their 128 KiB of sums stay in the second-level cache. */
const blockLanes = 16384;

/**
 * Weighted mean of the updates added to the base: `saturate32(θ + floorDiv(Σ w·q · rate, Σ w · 2^16))`, exact, floor
 * towards -∞ (docs/protocol/bytes.md). McMahan et al., "Communication-Efficient Learning of Deep Networks from
 * Decentralized Data", AISTATS 2017.
 *
 * Throws LENGTH_MISMATCH, and INVALID_ARGUMENT for no update, a weight not 1 to 2^32 - 1, a rate not 1 to 2^20.
 */
export function weightedMean(round: {
  readonly base: Int32Array;
  readonly updates: readonly WeightedUpdate[];
  readonly serverRateQ16: number;
}): Int32Array {
  const { base, updates, serverRateQ16 } = round;
  const totalWeight = updates.reduce((sum, { weight }) => sum + weight, 0);
  if (!(totalWeight * 2 ** 31 + totalWeight < exactLimit)) return streamed(round);
  checkRate(serverRateQ16);
  for (const { lanes, weight } of updates) {
    checkLength("lanes", lanes, base.length);
    checkWeight(weight);
  }
  if (updates.length === 0) throw noUpdate();
  const result = new Int32Array(base.length);
  const sums = new Float64Array(Math.min(blockLanes, base.length));
  for (let start = 0; start < base.length; start += blockLanes) {
    const part = sums.subarray(0, base.length - start).fill(0);
    addBlock(part, updates, start);
    applyMean(result, base, part, start, totalWeight, serverRateQ16);
  }
  return result;
}

/** The same rule for updates that come one after another: memory does not grow with their number. */
export function createWeightedMean({ parameterCount, serverRateQ16 }: AggregationOptions): Aggregation {
  checkRate(serverRateQ16);
  let sums: Float64Array | bigint[] = new Float64Array(parameterCount);
  /** No lane's sum is beyond it. */
  let bound = 0;
  let totalWeight = 0n;
  return {
    get totalWeight() {
      return totalWeight;
    },
    add(lanes, weight) {
      checkLength("lanes", lanes, parameterCount);
      checkWeight(weight);
      totalWeight += BigInt(weight);
      bound += weight * 2 ** 31;
      if (sums instanceof Float64Array && bound + Number(totalWeight) >= exactLimit) {
        // The cheap bound is spent: look at the numbers themselves, and leave doubles only if they demand it.
        bound = largest(sums) + weight * largest(lanes);
        if (bound + Number(totalWeight) >= exactLimit) sums = Array.from(sums, BigInt);
      }
      if (sums instanceof Float64Array) addBlock(sums, [{ lanes, weight }], 0);
      else addScaledBig(sums, lanes, BigInt(weight));
    },
    finish(base) {
      checkLength("base", base, parameterCount);
      if (totalWeight === 0n) throw noUpdate();
      const result = new Int32Array(base.length);
      if (sums instanceof Float64Array && Number(totalWeight) <= 2 ** 32) {
        applyMean(result, base, sums, 0, Number(totalWeight), serverRateQ16);
      } else {
        finishBig(result, base, sums, totalWeight, BigInt(serverRateQ16));
      }
      return result;
    },
  };
}

/** The weighted mean as a rule of a task. */
export const weightedMeanRule: AggregationRule = {
  name: "weighted-mean",
  chunkLocal: true,
  holdsUpdates: false,
  create: createWeightedMean,
};

function streamed(round: Parameters<typeof weightedMean>[0]): Int32Array {
  const { base, updates, serverRateQ16 } = round;
  const mean = createWeightedMean({ parameterCount: base.length, serverRateQ16 });
  for (const { lanes, weight } of updates) mean.add(lanes, weight);
  return mean.finish(base);
}

/**
 * sums[j] += Σ weight · lanes[start + j]; eight updates a pass, so that a sum is loaded and stored an eighth as often.
 */
function addBlock(sums: Float64Array, updates: readonly WeightedUpdate[], start: number): void {
  const block = (k: number): Int32Array => updates[k]!.lanes.subarray(start, start + sums.length);
  const weights = Float64Array.from(updates, ({ weight }) => weight);
  let k = 0;
  for (; k + 8 <= updates.length; k += 8) {
    const [a, b, c, d] = [block(k), block(k + 1), block(k + 2), block(k + 3)];
    const [e, f, g, h] = [block(k + 4), block(k + 5), block(k + 6), block(k + 7)];
    const [wa, wb, wc, wd] = [weights[k]!, weights[k + 1]!, weights[k + 2]!, weights[k + 3]!];
    const [we, wf, wg, wh] = [weights[k + 4]!, weights[k + 5]!, weights[k + 6]!, weights[k + 7]!];
    for (let j = 0; j < sums.length; j++) {
      const left = wa * a[j]! + wb * b[j]! + (wc * c[j]! + wd * d[j]!);
      sums[j]! += left + (we * e[j]! + wf * f[j]! + (wg * g[j]! + wh * h[j]!));
    }
  }
  for (; k < updates.length; k++) addScaled(sums, block(k), weights[k]!);
}

/** sums += weight · lanes, exact in doubles. */
function addScaled(sums: Float64Array, lanes: Int32Array, weight: number): void {
  for (let i = 0; i < sums.length; i++) sums[i]! += weight * lanes[i]!;
}

/** sums += weight · lanes, exact whatever the size. */
function addScaledBig(sums: bigint[], lanes: Int32Array, weight: bigint): void {
  for (let i = 0; i < sums.length; i++) sums[i]! += weight * BigInt(lanes[i]!);
}

function finishBig(
  result: Int32Array,
  base: Int32Array,
  sums: Float64Array | readonly bigint[],
  total: bigint,
  rate: bigint,
): void {
  const divisor = total << 16n;
  for (let i = 0; i < base.length; i++) {
    const dividend = BigInt(sums[i]!) * rate;
    const quotient = dividend / divisor;
    const floored = dividend < 0n && quotient * divisor !== dividend ? quotient - 1n : quotient;
    const lane = base[i]! + Number(floored);
    result[i] = Math.max(-0x8000_0000, Math.min(0x7fff_ffff, lane));
  }
}

/** Largest absolute value. */
function largest(values: Float64Array | Int32Array): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]!));
  return most;
}
