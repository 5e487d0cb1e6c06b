import { secp256k1 } from "@noble/curves/secp256k1.js";
import { concatBytes, fromHex, toHex } from "../../core/bytes/hex.ts";
import { keccak256 } from "../../core/bytes/keccak.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Bytes32, RoundNumber, TaskId } from "../../core/ids.ts";
import type { Random } from "../../ports/system.ts";

/**
 * What a participant's masks of one round are made from. Never leaves the node but as shares, and as what a round's
 * opening asks for.
 */
export interface MaskSecrets {
  /** Key of the mask that the participant alone adds: 32 bytes. */
  readonly seed: Uint8Array;
  /** 32 bytes, big-endian, 1 to n - 1, whose point has an even y (BIP-340). */
  readonly secretKey: Uint8Array;
  /** x of its point on secp256k1. */
  readonly maskKey: Bytes32;
  /** What the seed is committed to by. */
  readonly seedHash: Bytes32;
}

/** Two participants of a round, the lower slot first where it matters. */
export interface MaskPair {
  readonly taskId: TaskId;
  readonly round: RoundNumber;
  /** Of the two, in any order. */
  readonly slots: readonly [number, number];
}

const { Point } = secp256k1;
const order = Point.Fn.ORDER;

/** Fresh secrets, 256 bits of entropy each. */
export function createMaskSecrets(random: Random): MaskSecrets {
  const seed = random.bytes(32);
  for (;;) {
    const scalar = integerOf(random.bytes(32));
    if (scalar === 0n || scalar >= order) continue;
    const { x, y } = Point.BASE.multiply(scalar).toAffine();
    const secretKey = bytesOf(y % 2n === 0n ? scalar : order - scalar);
    return { seed, secretKey, maskKey: toHex(bytesOf(x)), seedHash: seedHashOf(seed) };
  }
}

/** `keccak256(0x05 ‖ seed)`. */
export function seedHashOf(seed: Uint8Array): Bytes32 {
  return toHex(keccak256(concatBytes(Uint8Array.of(5), seed)));
}

/**
 * Whether the bytes are the secret key behind a mask key: a scalar of 1 to n - 1 whose point has this x, and an even y.
 */
export function isSecretKeyOf(secretKey: Uint8Array, maskKey: Bytes32): boolean {
  const scalar = integerOf(secretKey);
  if (secretKey.length !== 32 || scalar === 0n || scalar >= order) return false;
  const { x, y } = Point.BASE.multiply(scalar).toAffine();
  return y % 2n === 0n && x === BigInt(maskKey);
}

/** Whether a word is the x of a point on secp256k1, below the curve's order: what the contract takes for a mask key. */
export function isMaskKey(maskKey: Bytes32): boolean {
  if (BigInt(maskKey) >= order) return false;
  try {
    Point.fromBytes(concatBytes(Uint8Array.of(2), fromHex(maskKey)));
    return true;
  } catch {
    // no point has this x
    return false;
  }
}

/**
 * The key of the mask of two participants: `keccak256(0x06 ‖ uint32 taskId ‖ uint32 round ‖ uint8 a ‖ uint8 b ‖
 * address(P))`, P the secret key of one times the point of the other's mask key with even y; the same from either side,
 * and what ecrecover computes on the chain.
 *
 * Throws MASK_KEY_INVALID if no point has this x, or for a secret key outside 1 to n - 1.
 *
 * @param isOpened the key is no secret any more: computed in a third of the time (1 ms), which then depends on it
 */
export function pairSeed(pair: MaskPair, secretKey: Uint8Array, maskKey: Bytes32, isOpened = false): Uint8Array {
  const { taskId, round, slots } = pair;
  const message = new Uint8Array(31);
  const view = new DataView(message.buffer);
  view.setUint8(0, 6);
  view.setUint32(1, taskId);
  view.setUint32(5, round);
  view.setUint8(9, Math.min(...slots));
  view.setUint8(10, Math.max(...slots));
  message.set(sharedAddress(integerOf(secretKey), maskKey, isOpened), 11);
  return keccak256(message);
}

/** The account of the shared point: the last 20 bytes of the hash of its coordinates. */
function sharedAddress(scalar: bigint, maskKey: Bytes32, isOpened: boolean): Uint8Array {
  try {
    const point = Point.fromBytes(concatBytes(Uint8Array.of(2), fromHex(maskKey)));
    const shared = isOpened && scalar !== 0n ? point.multiplyUnsafe(scalar) : point.multiply(scalar);
    return keccak256(shared.toBytes(false).subarray(1)).subarray(12);
  } catch (error) {
    throw new FedledgerError("MASK_KEY_INVALID", { maskKey }, error);
  }
}

function integerOf(bytes: Uint8Array): bigint {
  return BigInt(toHex(bytes));
}

function bytesOf(scalar: bigint): Uint8Array {
  return Point.Fn.toBytes(scalar);
}
