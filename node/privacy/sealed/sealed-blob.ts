import { type CipherGCM, createCipheriv, createDecipheriv, type DecipherGCM, hkdfSync } from "node:crypto";
import { concatBytes, fromHex, toHex } from "../../core/bytes/hex.ts";
import { sealBytes } from "../../core/task/blob-length.ts";
import type { KeyringRef, SealedName, SealedTask } from "../../ports/sealing.ts";
import { blobContext, uint32 } from "./blob-context.ts";

const tagBytes = 16;
const idBytes = 32;
/** So much goes through the cipher at a time: nothing but the result is as long as the blob. */
const stepBytes = 1 << 20;

/** What a blob is sealed with. */
export interface BlobSeal {
  readonly task: SealedTask;
  readonly name: SealedName;
  readonly keyring: KeyringRef;
  /** The keyring's, 32 bytes. */
  readonly secret: Uint8Array;
}

/**
 * Seals a blob: AES-256-GCM under a key and nonce that follow from the secret and from all that the blob is, its root
 * included; so one key never meets two plaintexts, whatever is restarted or restored, and sealing again gives the same
 * bytes.
 */
export function sealBlob(plaintext: Uint8Array, seal: BlobSeal): Uint8Array {
  const { key, nonce, aad } = blobKeys(seal);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(aad);
  const sealed = new Uint8Array(plaintext.length + sealBytes);
  pass(cipher, plaintext, sealed);
  cipher.final();
  sealed.set(cipher.getAuthTag(), plaintext.length);
  sealed.set(trailerOf(seal.keyring), plaintext.length + tagBytes);
  return sealed;
}

/** The plaintext of a sealed blob; undefined where it is not what was sealed under this name, keyring and secret. */
export function openBlob(sealed: Uint8Array, seal: BlobSeal): Uint8Array | undefined {
  const lengthBytes = sealed.length - sealBytes;
  if (lengthBytes < 1 || Buffer.compare(sealed.subarray(lengthBytes + tagBytes), trailerOf(seal.keyring)) !== 0) {
    return undefined;
  }
  const { key, nonce, aad } = blobKeys(seal);
  const tag = sealed.subarray(lengthBytes, lengthBytes + tagBytes);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes }).setAAD(aad).setAuthTag(tag);
  const plaintext = new Uint8Array(lengthBytes);
  pass(decipher, sealed.subarray(0, lengthBytes), plaintext);
  try {
    decipher.final();
    return plaintext;
  } catch {
    return undefined;
  }
}

/** Where the keyring of a sealed blob is, as the blob says; undefined for one that is too short. */
export function keyringOf(sealed: Uint8Array): KeyringRef | undefined {
  if (sealed.length <= sealBytes) return undefined;
  const trailer = sealed.slice(sealed.length - idBytes - 4);
  return {
    contentId: toHex(trailer.subarray(0, idBytes)),
    lengthBytes: new DataView(trailer.buffer).getUint32(idBytes),
  };
}

function trailerOf({ contentId, lengthBytes }: KeyringRef): Uint8Array {
  return concatBytes(fromHex(contentId), uint32(lengthBytes));
}

/**
 * HKDF-SHA256 (RFC 5869): the trailer is the salt, the blob's context the info; 32 bytes of key, 12 of nonce. All of it
 * is authenticated, too.
 */
export function blobKeys({ task, name, keyring, secret }: BlobSeal) {
  const context = blobContext(task, name);
  const trailer = trailerOf(keyring);
  const bytes = new Uint8Array(hkdfSync("sha256", secret, trailer, context, 44));
  return { key: bytes.subarray(0, 32), nonce: bytes.subarray(32), aad: concatBytes(context, trailer) };
}

function pass(through: CipherGCM | DecipherGCM, from: Uint8Array, into: Uint8Array): void {
  for (let at = 0; at < from.length; at += stepBytes) into.set(through.update(from.subarray(at, at + stepBytes)), at);
}
