import type { Hex } from "../ids.ts";
import { fromHex, toHex } from "./hex.ts";

/**
 * An EIP-712 signature of 65 bytes (r, s, v) in the 64 of EIP-2098: r, and s with the parity of v in its highest bit.
 */
export function compactSignature(signature: Hex): Hex {
  const bytes = fromHex(signature).slice(0, 64);
  if (fromHex(signature)[64] === 28) bytes[32]! |= 0x80;
  return toHex(bytes);
}

/** The 65 bytes of a signature given in 64 (EIP-2098). */
export function fullSignature(compact: Hex): Hex {
  const bytes = new Uint8Array(65);
  bytes.set(fromHex(compact));
  bytes[64] = bytes[32]! & 0x80 ? 28 : 27;
  bytes[32]! &= 0x7f;
  return toHex(bytes);
}
