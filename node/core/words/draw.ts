import { word } from "../bytes/hex.ts";
import { itemAt } from "../bytes/items.ts";
import { keccak256 } from "../bytes/keccak.ts";
import { FedledgerError } from "../errors/error.ts";
import type { Address, Bytes32, RoundNumber, TaskId } from "../ids.ts";
import type { TaskRules } from "../records.ts";
import { hashWords } from "./commitment.ts";

const feistelRounds = 8;
/** Most places for which one hash holds all the numbers of a shuffle. */
const shufflePlaces = 16;

/** How many of `enrolled` participants a round draws. */
export function drawnCount(
  rules: Pick<TaskRules, "minUpdates" | "maxUpdates" | "participationBps">,
  enrolled: number,
): number {
  const share = Math.ceil((enrolled * rules.participationBps) / 10_000);
  return Math.min(rules.maxUpdates, Math.max(rules.minUpdates, share), enrolled);
}

/**
 * The seed of a round's draw: the first 64 bits of a hash of the randomness of the block that its opening fixed (the
 * header's mixHash).
 */
export function drawSeed(mixHash: Bytes32, federation: Address, taskId: TaskId, round: RoundNumber): bigint {
  return BigInt(hashWords(mixHash, federation, taskId, round)) >> 192n;
}

/**
 * The slot of the participant at place `index`: a keyed permutation of 0 to enrolled - 1. It is drawn if its slot is
 * below `drawn`.
 *
 * Up to 16 places a Fisher-Yates shuffle; above, a Feistel network with cycle walking (Black and Rogaway, "Ciphers
 * with Arbitrary Finite Domains", CT-RSA 2002), whose cost does not grow with the number of places.
 *
 * @param seed 64 bits of on-chain randomness
 * Throws INVALID_ARGUMENT unless 0 ≤ index < enrolled ≤ 2^32 and drawn ≤ enrolled.
 */
export function slotOf(index: number, enrolled: number, drawn: number, seed: bigint): number {
  if (!Number.isInteger(enrolled) || enrolled < 1 || enrolled > 2 ** 32)
    throw outside("enrolled", enrolled, "1 to 2^32");
  if (!Number.isInteger(index) || index < 0 || index >= enrolled) throw outside("index", index, "below enrolled");
  if (!Number.isInteger(drawn) || drawn < 0 || drawn > enrolled) throw outside("drawn", drawn, "at most enrolled");
  if (seed < 0n || seed >= 1n << 64n) throw outside("seed", seed, "64 bits");
  if (drawn === enrolled) return index;
  const key = word(seed).subarray(24);
  if (enrolled <= shufflePlaces) return shuffled(index, enrolled, key);
  const half = Math.ceil((32 - Math.clz32(enrolled - 1)) / 2);
  let x = index;
  do x = permuted(x, half, key);
  while (x >= enrolled);
  return x;
}

/** Where a shuffle of `enrolled` places moves x. */
function shuffled(index: number, enrolled: number, key: Uint8Array): number {
  const hash = keccak256(key);
  let x = index;
  for (let i = enrolled - 1; i > 0; i--) {
    const j = twoBytes(hash, 30 - 2 * i) % (i + 1);
    if (x === i) x = j;
    else if (x === j) x = i;
  }
  return x;
}

/** One pass of the network over 2·half bits. */
function permuted(x: number, half: number, key: Uint8Array): number {
  const message = new Uint8Array(13);
  message.set(key);
  const view = new DataView(message.buffer);
  const size = 2 ** half;
  let left = Math.floor(x / size);
  let right = x % size;
  for (let round = 0; round < feistelRounds; round++) {
    view.setUint8(8, round);
    view.setUint32(9, right);
    const hash = keccak256(message);
    // half is at most 16, so the last two bytes of the hash are enough.
    const next = (left ^ twoBytes(hash, 30)) & (size - 1);
    left = right;
    right = next;
  }
  return left * size + right;
}

/** Two bytes of a hash as a number, the first the higher. */
function twoBytes(hash: Uint8Array, at: number): number {
  return (itemAt(hash, at) << 8) | itemAt(hash, at + 1);
}

function outside(name: string, value: number | bigint, expected: string): FedledgerError {
  return new FedledgerError("INVALID_ARGUMENT", { name, value, expected });
}
