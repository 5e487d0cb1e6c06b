import { concatBytes, fromHex } from "../../core/bytes/hex.ts";
import { isFedledgerError } from "../../core/errors/error.ts";
import type { Bytes32 } from "../../core/ids.ts";
import { openSealed, sealTo } from "../hpke.ts";
import { senderContext } from "./blob-context.ts";
import type { KeyringOwner, ReaderKeys } from "./keyring.ts";

/** A keyring's secret, sealed for another reader who asked for it. Rejects with HPKE_KEY_INVALID. */
export function giveSecret(
  secret: Uint8Array,
  owner: KeyringOwner & { readonly keyring: Bytes32 },
  to: Bytes32,
): Promise<Uint8Array> {
  return sealTo(to, secret, { info: infoOf(owner, to) });
}

/**
 * The secret that {@link giveSecret} sealed for this reader; undefined for anything else. Whether it fits its keyring
 * is for the caller to check.
 */
export async function takeSecret(
  given: Uint8Array,
  owner: KeyringOwner & { readonly keyring: Bytes32 },
  { publicKey, privateKey }: ReaderKeys,
): Promise<Uint8Array | undefined> {
  try {
    return await openSealed(privateKey, given, { info: infoOf(owner, publicKey) });
  } catch (error) {
    if (!isFedledgerError(error, "HPKE_NOT_OPENED")) throw error;
    return undefined;
  }
}

function infoOf({ task, sender, keyring }: KeyringOwner & { readonly keyring: Bytes32 }, reader: Bytes32): Uint8Array {
  const context = senderContext("fedledger/keyring-answer/1", task, sender);
  return concatBytes(context, fromHex(keyring), fromHex(reader));
}
