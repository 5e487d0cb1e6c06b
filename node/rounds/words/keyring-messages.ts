import type { Address, Bytes32, Hex, TaskId } from "../../core/ids.ts";
import { decodeFields, encodeFields, isHex, isUint32 } from "./message-codec.ts";

/** Request protocol by which a reader that a keyring has no entry for asks another reader for its secret. */
export const keyringProtocol = "/fedledger/keyring/1";

/** "Give me the secret of this keyring of `sender`'s." */
export interface KeyringRequest {
  readonly taskId: TaskId;
  readonly sender: Address;
  readonly contentId: Bytes32;
  readonly lengthBytes: number;
}

const refusals = ["unknown-task", "not-a-reader", "not-here"] as const;

/** Why a secret is not given. */
export type KeyringRefusal = (typeof refusals)[number];
/** The answer to a {@link KeyringRequest}: the secret, sealed to the key that the registry has of whoever asked. */
export type KeyringAnswer =
  | { readonly given: true; readonly secret: Hex }
  | { readonly given: false; readonly reason: KeyringRefusal };

/** The request's bytes. */
export function encodeKeyringRequest({ taskId, sender, contentId, lengthBytes }: KeyringRequest): Uint8Array {
  return encodeFields({ taskId, sender: sender.toLowerCase(), contentId: contentId.toLowerCase(), lengthBytes });
}

/** The request of these bytes; undefined for anything malformed. */
export function decodeKeyringRequest(bytes: Uint8Array): KeyringRequest | undefined {
  const fields = { taskId: isUint32, sender: isHex(20), contentId: isHex(32), lengthBytes: isUint32 };
  return decodeFields(bytes, fields) as KeyringRequest | undefined;
}

/** The answer's bytes. */
export function encodeKeyringAnswer(answer: KeyringAnswer): Uint8Array {
  return encodeFields(answer.given ? { given: true, secret: answer.secret } : { given: false, reason: answer.reason });
}

/** The answer of these bytes; undefined for anything malformed. */
export function decodeKeyringAnswer(bytes: Uint8Array): KeyringAnswer | undefined {
  const given = decodeFields(bytes, { given: (value) => value === true, secret: isHex(80) });
  if (given !== undefined) return { given: true, secret: given.secret as Hex };
  const refused = decodeFields(bytes, {
    given: (value) => value === false,
    reason: (value) => refusals.includes(value as KeyringRefusal),
  });
  return refused === undefined ? undefined : { given: false, reason: refused.reason as KeyringRefusal };
}
