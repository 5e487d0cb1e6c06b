import { FedledgerError } from "../core/error.ts";
import type { Aggregation, AggregationOptions, AggregationRule } from "./rule.ts";

/** One update with its weight. */
export interface WeightedUpdate {
  readonly lanes: Int32Array;
  /** 1 to 2^32 - 1. */
  readonly weight: number;
}

const exactLimit = 2 ** 53;
const rateOne = 1 << 16;
/** Lanes worked on at a time: 32 KiB of sums stay in the first-level cache. */
const blockLanes = 4096;

/**
 * Weighted mean of the updates added to the base: `saturate32(θ + floorDiv(Σ w·q · rate, Σ w · 2^16))`, exact, floor
 * towards -∞ (docs/protocol.md section 4). McMahan et al., "Communication-Efficient Learning of Deep Networks from
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
  if (!(totalWeight * 2 ** 31 + totalWeight <= exactLimit)) return streamed(round);
  checkRate(serverRateQ16);
  for (const { lanes, weight } of updates) {
    checkLength("lanes", lanes, base.length);
    checkWeight(weight);
  }
  if (updates.length === 0) throw noUpdate();
  const result = new Int32Array(base.length);
  const sums = new Float64Array(Math.min(blockLanes, base.length));
  for (let start = 0; start < base.length; start += blockLanes) {
    const end = Math.min(start + blockLanes, base.length);
    sums.fill(0);
    addBlock(sums, updates, start, end);
    finishBlock(result, base, sums, start, end, totalWeight, serverRateQ16);
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
      if (sums instanceof Float64Array && bound + Number(totalWeight) > exactLimit) {
        // The cheap bound is spent: look at the numbers themselves, and leave doubles only if they demand it.
        bound = largest(sums) + weight * largest(lanes);
        if (bound + Number(totalWeight) > exactLimit) sums = Array.from(sums, BigInt);
      }
      if (sums instanceof Float64Array) {
        for (let i = 0; i < lanes.length; i++) sums[i]! += weight * lanes[i]!;
      } else {
        for (let i = 0; i < lanes.length; i++) sums[i]! += BigInt(weight) * BigInt(lanes[i]!);
      }
    },
    finish(base) {
      checkLength("base", base, parameterCount);
      if (totalWeight === 0n) throw noUpdate();
      const result = new Int32Array(base.length);
      if (sums instanceof Float64Array && Number(totalWeight) <= 2 ** 32) {
        finishBlock(result, base, sums, 0, base.length, Number(totalWeight), serverRateQ16);
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
  create: createWeightedMean,
};

function streamed(round: Parameters<typeof weightedMean>[0]): Int32Array {
  const { base, updates, serverRateQ16 } = round;
  const mean = createWeightedMean({ parameterCount: base.length, serverRateQ16 });
  for (const { lanes, weight } of updates) mean.add(lanes, weight);
  return mean.finish(base);
}

/** sums[i - start] += Σ weight · lanes[i]; four updates a pass, so that a sum is loaded and stored a quarter as often. */
function addBlock(sums: Float64Array, updates: readonly WeightedUpdate[], start: number, end: number): void {
  let k = 0;
  for (; k + 4 <= updates.length; k += 4) {
    const { lanes: a, weight: u } = updates[k]!;
    const { lanes: b, weight: v } = updates[k + 1]!;
    const { lanes: c, weight: w } = updates[k + 2]!;
    const { lanes: d, weight: x } = updates[k + 3]!;
    for (let i = start, j = 0; i < end; i++, j++) sums[j]! += u * a[i]! + v * b[i]! + (w * c[i]! + x * d[i]!);
  }
  for (; k < updates.length; k++) {
    const { lanes: a, weight: u } = updates[k]!;
    for (let i = start, j = 0; i < end; i++, j++) sums[j]! += u * a[i]!;
  }
}

/**
 * result = saturate32(base + floorDiv(sum · rate, total · 2^16)), in doubles, exact.
 *
 * With S = a·W + b, 0 ≤ b < W: floor(S·r / (W·2^16)) = floor((a·r + floor(b·r / W)) / 2^16), as a·r is an integer and
 * floor(floor(x) / m) = floor(x / m). Every product is below 2^53 (|a| ≤ 2^31, b < W ≤ 2^32, r ≤ 2^20), dividing by 2^16 is
 * exact, and Math.floor(S / W) in doubles is the true floor whenever |S| + W ≤ 2^53 (proof: docs/protocol.md section 4).
 */
function finishBlock(
  result: Int32Array,
  base: Int32Array,
  sums: Float64Array,
  start: number,
  end: number,
  total: number,
  rate: number,
): void {
  for (let i = start, j = 0; i < end; i++, j++) {
    const sum = sums[j]!;
    let change = Math.floor(sum / total);
    if (rate !== rateOne) {
      const rest = sum - change * total;
      change = Math.floor((change * rate + Math.floor((rest * rate) / total)) / rateOne);
    }
    const lane = base[i]! + change;
    result[i] = Math.max(-0x8000_0000, Math.min(0x7fff_ffff, lane));
  }
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

function checkLength(name: string, lanes: Int32Array, expected: number): void {
  if (lanes.length !== expected) throw new FedledgerError("LENGTH_MISMATCH", { name, actual: lanes.length, expected });
}

function checkWeight(weight: number): void {
  if (Number.isInteger(weight) && weight >= 1 && weight <= 0xffff_ffff) return;
  throw new FedledgerError("INVALID_ARGUMENT", { name: "weight", value: weight, expected: "1 to 2^32 - 1" });
}

function checkRate(rate: number): void {
  if (Number.isInteger(rate) && rate >= 1 && rate <= 1 << 20) return;
  throw new FedledgerError("INVALID_ARGUMENT", { name: "serverRateQ16", value: rate, expected: "1 to 2^20" });
}

function noUpdate(): FedledgerError {
  return new FedledgerError("INVALID_ARGUMENT", { name: "updates.length", value: 0, expected: "at least 1" });
}
