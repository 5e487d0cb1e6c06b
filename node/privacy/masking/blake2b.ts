import { FedledgerError } from "../../core/errors/error.ts";

/** Rounds of BLAKE2b. */
export const roundCount = 12;
/** Bytes of a block of the mask stream: one digest. */
export const streamBlockBytes = 64;
/** Which words of the work vector a round mixes, the columns and then the diagonals (RFC 7693, section 3.2). */
export const mixed: readonly (readonly [number, number, number, number])[] = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
];
/** How many of `mixed` depend on the counter in no way in round 0: they are done once for a key. */
export const mixedAhead = [1, 2, 3] as const;

// Words of 64 bits are pairs of uint32, the lower half first, as in a little-endian BigUint64Array.

/** The initialization vector (section 2.6). */
const initial = Uint32Array.of(
  ...[0xf3bcc908, 0x6a09e667, 0x84caa73b, 0xbb67ae85, 0xfe94f82b, 0x3c6ef372, 0x5f1d36f1, 0xa54ff53a],
  ...[0xade682d1, 0x510e527f, 0x2b3e6c1f, 0x9b05688c, 0xfb41bd6b, 0x1f83d9ab, 0x137e2179, 0x5be0cd19],
);
const keyBlockBytes = 128;
const messageBytes = 8;
/** The permutations of message words (section 2.7). */
const schedule: readonly (readonly number[])[] = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];

/** In round r the counter is message word number `counterPlaces[r % 10]`: all others are zero. */
export const counterPlaces: readonly number[] = schedule.map((order) => order.indexOf(0));

/** What is the same in all blocks of a key's stream. */
export interface StreamKey {
  /** The chaining value after the key block: 8 words. */
  readonly chaining: Uint32Array;
  /** The work vector of the second compression after the mixings of {@link mixedAhead}: 16 words. */
  readonly work: Uint32Array;
}

/**
 * Compresses the key block of keyed BLAKE2b-512 (RFC 7693, section 3.3). Throws LENGTH_MISMATCH unless the key has 32
 * bytes.
 */
export function createStreamKey(key: Uint8Array): StreamKey {
  if (key.length !== 32) throw new FedledgerError("LENGTH_MISMATCH", { name: "key", actual: key.length, expected: 32 });
  const chaining = initial.slice();
  // the parameter block: digest of 64 bytes, key of 32, fanout 1, depth 1
  chaining[0]! ^= 0x0101_2040;
  const message = new Uint32Array(32);
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  for (let i = 0; i < 8; i++) message[i] = view.getUint32(4 * i, true);
  compressKey(chaining, message);
  const work = workVector(chaining, keyBlockBytes + messageBytes, true);
  for (const place of mixedAhead) mix(work, mixed[place]!, 0, 0, 0, 0);
  return { chaining, work };
}

/**
 * Writes block `counter` (0 to 2^32 - 1) of the stream into `block`: 16 lanes. `scratch`: 32 places, whose contents do
 * not matter.
 */
export function streamBlock(key: StreamKey, counter: number, block: Uint32Array, scratch: Uint32Array): void {
  const work = scratch;
  work.set(key.work);
  for (let round = 0; round < roundCount; round++) {
    const place = counterPlaces[round % 10]!;
    for (let g = 0; g < 8; g++) {
      if (round === 0 && g >= 1 && g <= 3) continue;
      mix(work, mixed[g]!, place === 2 * g ? counter : 0, 0, place === 2 * g + 1 ? counter : 0, 0);
    }
  }
  for (let i = 0; i < 16; i++) block[i] = key.chaining[i]! ^ work[i]! ^ work[i + 16]!;
}

/** The first, not the last, compression, of the block that holds the key. */
function compressKey(chaining: Uint32Array, message: Uint32Array): void {
  const work = workVector(chaining, keyBlockBytes, false);
  for (let round = 0; round < roundCount; round++) {
    const order = schedule[round % 10]!;
    for (let g = 0; g < 8; g++) {
      const [x, y] = [2 * order[2 * g]!, 2 * order[2 * g + 1]!];
      mix(work, mixed[g]!, message[x]!, message[x + 1]!, message[y]!, message[y + 1]!);
    }
  }
  for (let i = 0; i < 16; i++) chaining[i]! ^= work[i]! ^ work[i + 16]!;
}

/** The work vector before the first round, after so many bytes in all. */
function workVector(chaining: Uint32Array, bytes: number, isLast: boolean): Uint32Array {
  const work = new Uint32Array(32);
  work.set(chaining);
  work.set(initial, 16);
  work[24]! ^= bytes;
  if (isLast) {
    work[28] = ~work[28]!;
    work[29] = ~work[29]!;
  }
  return work;
}

/** The function G (section 3.1), with the two message words in halves. */
function mix(
  v: Uint32Array,
  words: readonly [number, number, number, number],
  xLow: number,
  xHigh: number,
  yLow: number,
  yHigh: number,
): void {
  const [a, b, c, d] = [2 * words[0], 2 * words[1], 2 * words[2], 2 * words[3]];
  let [al, ah, bl, bh] = [v[a]!, v[a + 1]!, v[b]!, v[b + 1]!];
  let [cl, ch, dl, dh] = [v[c]!, v[c + 1]!, v[d]!, v[d + 1]!];
  // a sum of at most three halves is exact; what is above 32 bits is carried
  let sum = al + bl + xLow;
  ah = (ah + bh + xHigh + carry(sum)) | 0;
  al = sum | 0;
  let [low, high] = [dl ^ al, dh ^ ah];
  dl = high;
  dh = low;
  sum = (cl >>> 0) + (dl >>> 0);
  ch = (ch + dh + carry(sum)) | 0;
  cl = sum | 0;
  low = bl ^ cl;
  high = bh ^ ch;
  bl = (low >>> 24) | (high << 8);
  bh = (high >>> 24) | (low << 8);
  sum = (al >>> 0) + (bl >>> 0) + yLow;
  ah = (ah + bh + yHigh + carry(sum)) | 0;
  al = sum | 0;
  low = dl ^ al;
  high = dh ^ ah;
  dl = (low >>> 16) | (high << 16);
  dh = (high >>> 16) | (low << 16);
  sum = (cl >>> 0) + (dl >>> 0);
  ch = (ch + dh + carry(sum)) | 0;
  cl = sum | 0;
  low = bl ^ cl;
  high = bh ^ ch;
  v[a] = al;
  v[a + 1] = ah;
  v[b] = (low << 1) | (high >>> 31);
  v[b + 1] = (high << 1) | (low >>> 31);
  v[c] = cl;
  v[c + 1] = ch;
  v[d] = dl;
  v[d + 1] = dh;
}

/** What a sum of halves carries into the upper half. */
function carry(sum: number): number {
  return (sum / 2 ** 32) | 0;
}
