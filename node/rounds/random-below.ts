import type { Random } from "../ports/system.ts";

/** A uniform integer from 0 to n - 1, n from 1 to 2^32, by rejection. */
export function randomBelow(n: number, random: Random): number {
  const limit = 2 ** 32 - (2 ** 32 % n);
  for (;;) {
    const bytes = random.bytes(4);
    const value = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
    if (value < limit) return value % n;
  }
}
