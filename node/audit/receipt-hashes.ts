import { extendAccumulator, startAccumulator } from "../core/commitment.ts";
import type { Bytes32 } from "../core/ids.ts";

type Opening = Parameters<typeof startAccumulator>[0];
type Extension = Parameters<typeof extendAccumulator>[1];

/** A round's accumulator after all its commitments, in the order of the chain. */
export function accumulatorOf(opening: Opening, commitments: readonly Extension[]): Bytes32 {
  return commitments.reduce(extendAccumulator, startAccumulator(opening));
}
