import { createHash, timingSafeEqual } from "node:crypto";
import { concatBytes, fromHex, toHex } from "../../core/bytes/hex.ts";
import { FedledgerError, isFedledgerError } from "../../core/errors/error.ts";
import type { Address, Bytes32 } from "../../core/ids.ts";
import type { SealedTask } from "../../ports/sealing.ts";
import { hpkeOverheadBytes, openSealed, sealTo } from "../hpke.ts";
import { senderContext } from "./blob-context.ts";

/** Bytes of a keyring's secret. */
export const secretBytes = 32;
/** Most readers of a keyring: it then is one block. */
export const maxReaders = 8192;

const version = 1;
const headBytes = 1 + 32;
const keyBytes = 32;
const entryBytes = keyBytes + secretBytes + hpkeOverheadBytes;

/** Whose keyring it is, in which task. */
export interface KeyringOwner {
  readonly task: SealedTask;
  readonly sender: Address;
}

/** A keyring as its bytes tell it. */
export interface Keyring {
  /** What tells the right secret from any other, whoever gave it: {@link secretCheck}. */
  readonly check: Uint8Array;
  /** The secret, sealed to a reader's key. */
  readonly entries: ReadonlyMap<Bytes32, Uint8Array>;
}

/** X25519 keys of a reader. */
export interface ReaderKeys {
  readonly publicKey: Bytes32;
  readonly privateKey: Uint8Array;
}

/** Length of a keyring of so many readers, bytes. */
export function keyringBytes(readers: number): number {
  return headBytes + readers * entryBytes;
}

/** Whether a keyring can have this length. */
export function isKeyringLength(lengthBytes: number): boolean {
  const readers = (lengthBytes - headBytes) / entryBytes;
  return Number.isInteger(readers) && readers >= 1 && readers <= maxReaders;
}

/**
 * The bytes of a keyring: the secret for each reader, ascending by key, each named once. A key that nothing can be
 * sealed to is passed over: nobody who registers one may keep the others from reading. Rejects with TOO_MANY_READERS,
 * also for none.
 *
 * @param readers X25519 public keys
 */
export async function writeKeyring(
  secret: Uint8Array,
  owner: KeyringOwner,
  readers: readonly Bytes32[],
): Promise<Uint8Array> {
  const keys = [...new Set(readers.map((key) => key.toLowerCase() as Bytes32))].sort();
  const check = secretCheck(secret, owner);
  const entries: Uint8Array[] = [];
  for (const key of keys.slice(0, maxReaders + 1)) {
    try {
      entries.push(concatBytes(fromHex(key), await sealTo(key, secret, { info: entryInfo(owner, check, key) })));
    } catch (error) {
      if (!isFedledgerError(error, "HPKE_KEY_INVALID")) throw error;
    }
  }
  if (entries.length < 1 || entries.length > maxReaders) {
    throw new FedledgerError("TOO_MANY_READERS", { actual: keys.length, limit: maxReaders });
  }
  return concatBytes(Uint8Array.of(version), check, ...entries);
}

/** The keyring of these bytes; undefined for anything malformed: another version or length, keys that do not ascend. */
export function readKeyring(bytes: Uint8Array): Keyring | undefined {
  if (!isKeyringLength(bytes.length) || bytes[0] !== version) return undefined;
  const entries = new Map<Bytes32, Uint8Array>();
  let last = "";
  for (let at = headBytes; at < bytes.length; at += entryBytes) {
    const key = toHex(bytes.subarray(at, at + keyBytes)) as Bytes32;
    if (key <= last) return undefined;
    last = key;
    entries.set(key, bytes.subarray(at + keyBytes, at + entryBytes));
  }
  return { check: bytes.subarray(1, headBytes), entries };
}

/**
 * The secret, by a reader's key: `none` where no entry is for it, `false` where its entry is not what it must be
 * (nobody else can see that it is not).
 */
export async function openKeyring(
  { check, entries }: Keyring,
  owner: KeyringOwner,
  { publicKey, privateKey }: ReaderKeys,
): Promise<Uint8Array | "none" | "false"> {
  const key = publicKey.toLowerCase() as Bytes32;
  const entry = entries.get(key);
  if (entry === undefined) return "none";
  try {
    const secret = await openSealed(privateKey, entry, { info: entryInfo(owner, check, key) });
    return isSecretOf({ check }, owner, secret) ? secret : "false";
  } catch (error) {
    if (!isFedledgerError(error, "HPKE_NOT_OPENED")) throw error;
    return "false";
  }
}

/** Whether this is the keyring's secret, and the keyring this sender's in this task. */
export function isSecretOf({ check }: Pick<Keyring, "check">, owner: KeyringOwner, secret: Uint8Array): boolean {
  return secret.length === secretBytes && timingSafeEqual(secretCheck(secret, owner), check);
}

/** SHA-256 of the secret and of whose it is: a secret that fits cannot be made up, nor a keyring be another's. */
export function secretCheck(secret: Uint8Array, { task, sender }: KeyringOwner): Uint8Array {
  const hash = createHash("sha256")
    .update(senderContext("fedledger/keyring-check/1", task, sender))
    .update(secret);
  return new Uint8Array(hash.digest());
}

function entryInfo({ task, sender }: KeyringOwner, check: Uint8Array, reader: Bytes32): Uint8Array {
  return concatBytes(senderContext("fedledger/keyring/1", task, sender), check, fromHex(reader));
}
