import type { Hex } from "../ids.ts";
import { fromHex, toHex } from "./hex.ts";
import { itemAt } from "./items.ts";

/** Where s has the parity of v: the highest bit of its first byte. */
const parityBit = 0x80;

/**
 * An EIP-712 signature of 65 bytes (r, s, v) in the 64 of EIP-2098: r, and s with the parity of v in its highest bit.
 */
export function compactSignature(signature: Hex): Hex {
  const bytes = fromHex(signature);
  if (bytes[64] === 28) bytes[32] = itemAt(bytes, 32) | parityBit;
  return toHex(bytes.subarray(0, 64));
}

/** The 65 bytes of a signature given in 64 (EIP-2098). */
export function fullSignature(compact: Hex): Hex {
  const bytes = new Uint8Array(65);
  bytes.set(fromHex(compact));
  const first = itemAt(bytes, 32);
  bytes[64] = first & parityBit ? 28 : 27;
  bytes[32] = first & ~parityBit;
  return toHex(bytes);
}
