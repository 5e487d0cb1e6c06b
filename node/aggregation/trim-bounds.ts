import { itemAt } from "../core/bytes/items.ts";
import type { Rule } from "../core/records.ts";
import { checkLength, checkTrim, noUpdate } from "./check-arguments.ts";
import { medianTrim } from "./coordinate-median.ts";

/**
 * How many values a rule drops at each end of `count` updates; undefined for a rule that does not trim. `trim` is the
 * task's, the median's follows from `count`.
 */
export function trimOf({ rule, trim = 0 }: { rule: Rule; trim?: number }, count: number): number | undefined {
  if (rule === "trimmed-mean") return trim;
  return rule === "coordinate-median" ? medianTrim(count) : undefined;
}

/**
 * The least and the greatest value that each lane keeps: what a proof tells the contract, which counts instead of
 * sorting (docs/protocol/bytes.md). As chunks of bytes, lows before highs, they are the `bounds` of TrimmedMean.sol.
 *
 * Throws LENGTH_MISMATCH unless all chunks are of one length, INVALID_ARGUMENT for none or a trim that leaves none.
 */
export function trimBounds(
  chunks: readonly Int32Array[],
  trim: number,
): { readonly lows: Int32Array; readonly highs: Int32Array } {
  const first = chunks[0];
  if (first === undefined) throw noUpdate();
  for (const chunk of chunks) checkLength("chunk", chunk, first.length);
  checkTrim(trim, chunks.length);
  const lows = new Int32Array(first.length);
  const highs = new Int32Array(first.length);
  for (let lane = 0; lane < first.length; lane++) {
    const column = Int32Array.from(chunks, (chunk) => itemAt(chunk, lane)).sort();
    lows[lane] = itemAt(column, trim);
    highs[lane] = itemAt(column, chunks.length - 1 - trim);
  }
  return { lows, highs };
}
