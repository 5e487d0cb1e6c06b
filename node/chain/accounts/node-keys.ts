import { createPrivateKey, createPublicKey, hkdfSync } from "node:crypto";
import { fromHex, toHex } from "../../core/bytes/hex.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Bytes32 } from "../../core/ids.ts";

/** A node's other keys, all from its account's. */
export interface NodeKeys {
  /** Seed of the Ed25519 key of its libp2p host: 32 bytes. */
  readonly libp2pSeed: Uint8Array;
  /** X25519 key pair for HPKE. */
  readonly encryption: { readonly privateKey: Uint8Array; readonly publicKey: Bytes32 };
}

// RFC 8410: the PKCS #8 frame of a raw X25519 private key.
const x25519Frame = fromHex("0x302e020100300506032b656e04220420");

/**
 * Derives a node's keys from its account's private key by HKDF-SHA256 (RFC 5869) with a label for each use, so that
 * none says anything about another. Deterministic: one keystore file is all there is to keep. Throws INVALID_CONFIG
 * unless the key is 32 bytes.
 */
export function deriveNodeKeys(privateKey: string): NodeKeys {
  const bytes = /^0x[0-9a-f]{64}$/i.test(privateKey) ? fromHex(privateKey) : undefined;
  if (!bytes)
    throw new FedledgerError("INVALID_CONFIG", { name: "private key", reason: "expected 32 bytes in hexadecimal" });
  const derive = (label: string) => new Uint8Array(hkdfSync("sha256", bytes, new Uint8Array(), label, 32));
  const secret = derive("fedledger/hpke/1");
  return {
    libp2pSeed: derive("fedledger/libp2p/1"),
    encryption: { privateKey: secret, publicKey: x25519PublicKey(secret) },
  };
}

/** The public key of an X25519 private key (RFC 7748). */
export function x25519PublicKey(privateKey: Uint8Array): Bytes32 {
  const key = createPrivateKey({ key: Buffer.concat([x25519Frame, privateKey]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  return toHex(spki.subarray(-32));
}
