import { createHmac } from "node:crypto";
import { FedledgerError } from "../core/errors/error.ts";
import type { KeyedHash } from "../ports/keyed-hash.ts";

/** Bytes of a salt. */
export const saltBytes = 32;

/**
 * HMAC-SHA256 (RFC 2104) under a secret salt. Without the salt its results tell nothing of the texts, even where there
 * are few possible ones.
 *
 * @param salt 32 bytes of a CSPRNG; throws INVALID_ARGUMENT for another length
 */
export function createKeyedHash(salt: Uint8Array): KeyedHash {
  if (salt.length !== saltBytes) {
    throw new FedledgerError("INVALID_ARGUMENT", {
      name: "salt",
      value: `${salt.length} bytes`,
      expected: `${saltBytes}`,
    });
  }
  const key = Uint8Array.from(salt);
  return (text) => createHmac("sha256", key).update(text, "utf8").digest();
}
