import { abiWords, toHex } from "../../node/core/bytes/hex.ts";
import { keccak256 } from "../../node/core/bytes/keccak.ts";
import { lanesToBytes } from "../../node/core/bytes/lanes.ts";
import type { Hex } from "../../node/core/ids.ts";

/** The lanes' bytes in hexadecimal. */
export const lanesHex = (lanes: Int32Array): Hex => toHex(lanesToBytes(lanes));

/** Lanes from a keccak stream, below `limit` in absolute value. */
export function randomLanes(stream: number, length: number, limit = 2 ** 31): Int32Array {
  const lanes = new Int32Array(length);
  for (let i = 0; i < length; i += 8) {
    const view = new DataView(keccak256(abiWords(stream, i)).buffer);
    for (let j = 0; j < 8 && i + j < length; j++) lanes[i + j] = view.getInt32(4 * j) % limit;
  }
  return lanes;
}
