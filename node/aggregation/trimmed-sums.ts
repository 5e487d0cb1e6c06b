import { trimmingNetwork } from "./trimming-network.ts";
import { createWasmTrimmedSums } from "./wasm-trimmed-sums.ts";

/**
 * Writes to sums[j] the sum of column j without its `trim` least and `trim` greatest values: column j is lane start + j
 * of every update. At most {@link blockLanes} sums at a time. Exact.
 */
export type TrimmedSums = (updates: readonly Int32Array[], start: number, sums: Float64Array) => void;

/** Most lanes worked on at a time: 32 rows of them, 256 KiB, stay in the second-level cache. */
export const blockLanes = 2048;

/** From so many lanes on compiling pays. */
const compiledLanes = 8192;
/** Up to so many updates (a task has no more) the network is small enough to be one function. */
const compiledUpdates = 64;

/**
 * The fastest way to {@link TrimmedSums} of `count` updates of `laneCount` lanes: WebAssembly with SIMD where the
 * machine has it and there is enough to do, plain loops otherwise. Both give the same bits. 2·trim < count is the
 * caller's to check.
 */
export function createTrimmedSums(count: number, trim: number, laneCount: number): TrimmedSums {
  const compiled = laneCount >= compiledLanes && count <= compiledUpdates;
  return (compiled && createWasmTrimmedSums(count, trim, blockLanes)) || createPlainTrimmedSums(count, trim, laneCount);
}

/** {@link TrimmedSums} in plain loops: every comparator runs over a block of lanes before the next one does. */
export function createPlainTrimmedSums(count: number, trim: number, laneCount: number): TrimmedSums {
  const network = trimmingNetwork(count, trim);
  const rowLanes = Math.min(blockLanes, 4 * Math.ceil(laneCount / 4));
  const rows = Array.from({ length: count }, () => new Int32Array(rowLanes));
  return (updates, start, sums) => {
    const length = sums.length;
    for (const [k, row] of rows.entries()) row.set(updates[k]!.subarray(start, start + length));
    for (const { low, high } of network) exchange(rows[low]!, rows[high]!, length);
    sums.fill(0);
    for (const row of rows.slice(trim, count - trim)) {
      for (let j = 0; j < length; j++) sums[j]! += row[j]!;
    }
  };
}

/**
 * Puts the lesser of each pair into `low`, over at least `length` lanes. Math.min and Math.max compile without a
 * branch, a conditional does not (four times slower); four pairs a turn, as V8 compiles the shorter loop into its
 * caller, where it is half as fast.
 */
function exchange(low: Int32Array, high: Int32Array, length: number): void {
  for (let j = 0; j < length; j += 4) {
    const [a, b, c, d] = [low[j]!, low[j + 1]!, low[j + 2]!, low[j + 3]!];
    const [e, f, g, h] = [high[j]!, high[j + 1]!, high[j + 2]!, high[j + 3]!];
    low[j] = Math.min(a, e);
    low[j + 1] = Math.min(b, f);
    low[j + 2] = Math.min(c, g);
    low[j + 3] = Math.min(d, h);
    high[j] = Math.max(a, e);
    high[j + 1] = Math.max(b, f);
    high[j + 2] = Math.max(c, g);
    high[j + 3] = Math.max(d, h);
  }
}
