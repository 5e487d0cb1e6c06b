import { x25519 } from "@noble/curves/ed25519.js";
import { toHex } from "../../core/bytes/hex.ts";
import type { Bytes32 } from "../../core/ids.ts";
import type { Random } from "../../ports/system.ts";

/** An X25519 key pair to whose public half others seal the shares of one round. */
export interface ShareKeyPair {
  /** 32 bytes. */
  readonly privateKey: Uint8Array;
  readonly publicKey: Bytes32;
}

/** A fresh pair, 256 bits of entropy. */
export function createShareKey(random: Random): ShareKeyPair {
  return shareKeyOf(random.bytes(32));
}

/** The pair of a private key. */
export function shareKeyOf(privateKey: Uint8Array): ShareKeyPair {
  return { privateKey, publicKey: toHex(x25519.getPublicKey(privateKey)) };
}
