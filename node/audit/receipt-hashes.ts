import { type AccumulatorEntry, extendAccumulator, startAccumulator } from "../core/commitment.ts";
import type { Bytes32 } from "../core/ids.ts";

type Opening = Parameters<typeof startAccumulator>[0];

/** A round's accumulator after all its advertisements and commitments, in the order of the chain. */
export function accumulatorOf(opening: Opening, entries: readonly AccumulatorEntry[]): Bytes32 {
  return entries.reduce(extendAccumulator, startAccumulator(opening));
}
