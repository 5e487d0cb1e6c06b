import { concatBytes, fromHex } from "../../core/bytes/hex.ts";
import { keccak256 } from "../../core/bytes/keccak.ts";
import type { Address } from "../../core/ids.ts";

/** What a share is a share of: the sender's self seed, or its secret key. */
export type ShareKind = "seed" | "key";

/** Bytes of a Shamir share of 32 bytes: a value for each, and the place. */
export const shareBytes = 33;
/** Bytes of the hash of a share. */
export const shareHashBytes = 32;

/**
 * By what a bundle binds a share: `keccak256(0x08 ‖ uint8 kind ‖ address from ‖ address to ‖ share)`, kind 0 for a
 * seed's, 1 for a key's.
 */
export function shareHash(kind: ShareKind, from: Address, to: Address, share: Uint8Array): Uint8Array {
  const code = Uint8Array.of(8, kind === "seed" ? 0 : 1);
  return keccak256(concatBytes(code, fromHex(from), fromHex(to), share));
}
