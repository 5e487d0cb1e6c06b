import { extendAccumulator } from "../../core/commitment.ts";
import { abiWords, toHex } from "../../core/hex.ts";
import type { Bytes32 } from "../../core/ids.ts";
import { keccak256 } from "../../core/keccak.ts";
import type { BoundKey } from "./mask-records.ts";

/** The accumulator that advertisements and then commitments, each in the order of the chain, lead to (docs/protocol.md section 5). */
export function accumulatorOf(
  start: Bytes32,
  advertisements: readonly BoundKey[],
  commitments: readonly Parameters<typeof extendAccumulator>[1][],
): Bytes32 {
  const keyed = advertisements.reduce((accumulator, { participant, slot, maskKey, seedHash, sharesId }) => {
    return toHex(keccak256(abiWords(accumulator, 1, participant, slot, maskKey, seedHash, sharesId)));
  }, start);
  return commitments.reduce(extendAccumulator, keyed);
}
