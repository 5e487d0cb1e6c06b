import { createHash } from "node:crypto";
import { toHex } from "../../core/bytes/hex.ts";
import type { Address, Bytes32 } from "../../core/ids.ts";
import type { BlobSealer, KeyringRef, SealedTask } from "../../ports/sealing.ts";
import type { BlobStore } from "../../ports/storage.ts";
import type { Journal, Random } from "../../ports/system.ts";
import { openKeyring, type ReaderKeys, readKeyring, secretBytes, writeKeyring } from "./keyring.ts";
import { sealBlob } from "./sealed-blob.ts";

/** What a sealer works with. */
export interface SealerDeps {
  readonly task: SealedTask;
  /** Whose blobs it seals. */
  readonly sender: Address;
  /** The sender's own keys: it reads what it sealed, and its journal holds no secret. */
  readonly keys: ReaderKeys;
  readonly store: Pick<BlobStore, "put" | "get" | "has">;
  /** Where it notes which keyring is in use. */
  readonly journal: Pick<Journal, "get" | "put">;
  readonly random: Random;
}

interface KeyringInUse {
  readonly ref: KeyringRef;
  readonly secret: Uint8Array;
  /** Digest of the readers it is for. */
  readonly readers: Bytes32;
}

/**
 * Seals a task's blobs as one sender, under one keyring as long as the readers stay the same. When they change
 * (somebody left, was expelled, lost a role, came, or has another key), the next blob is sealed under a new keyring
 * with a new secret. The keyring is stored and journaled before it is used: a restart goes on with it, and where it is
 * lost a new one is made.
 */
export function createBlobSealer({ task, sender, keys, store, journal, random }: SealerDeps): BlobSealer {
  const journalKey = `keyring/${task.federation}/${task.taskId}`.toLowerCase();
  let latest: KeyringInUse | undefined;
  // one blob at a time: two must not make two keyrings
  let last: Promise<unknown> = Promise.resolve();

  async function keyringFor(readers: readonly Bytes32[]): Promise<KeyringInUse> {
    const wanted = readersDigest(readers);
    if (latest?.readers !== wanted) latest = (await recall(wanted)) ?? (await make(readers, wanted));
    return latest;
  }

  /** The keyring of an earlier run, if it is for the same readers and still here. */
  async function recall(readers: Bytes32): Promise<KeyringInUse | undefined> {
    const noted = parsed(await journal.get(journalKey));
    if (noted?.readers !== readers || !(await store.has(noted.contentId, noted.lengthBytes))) return undefined;
    const { contentId, lengthBytes } = noted;
    const keyring = readKeyring(await store.get(contentId, { lengthBytes }));
    const secret = keyring && (await openKeyring(keyring, { task, sender }, keys));
    return secret === undefined || typeof secret === "string"
      ? undefined
      : { ref: { contentId, lengthBytes }, secret, readers };
  }

  async function make(readers: readonly Bytes32[], digest: Bytes32): Promise<KeyringInUse> {
    const secret = random.bytes(secretBytes);
    const bytes = await writeKeyring(secret, { task, sender }, readers);
    const ref = { contentId: await store.put(bytes), lengthBytes: bytes.length };
    await journal.put(journalKey, new TextEncoder().encode(JSON.stringify({ ...ref, readers: digest })));
    return { ref, secret, readers: digest };
  }

  return {
    seal(plaintext, name, readers) {
      const sealed = last.then(async () => {
        const { ref, secret } = await keyringFor([keys.publicKey, ...readers]);
        return sealBlob(plaintext, { task, name, keyring: ref, secret });
      });
      last = sealed.then(nothing, nothing);
      return sealed;
    },
  };
}

function nothing(): void {}

function readersDigest(readers: readonly Bytes32[]): Bytes32 {
  const keys = [...new Set(readers.map((key) => key.toLowerCase()))].sort();
  return toHex(new Uint8Array(createHash("sha256").update(keys.join("\n")).digest()));
}

/** A record that cannot be read counts as none. */
function parsed(bytes: Uint8Array | undefined): (KeyringRef & { readonly readers: Bytes32 }) | undefined {
  if (bytes === undefined) return undefined;
  try {
    const { contentId, lengthBytes, readers } = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    if (!isBytes32(contentId) || !isBytes32(readers) || !Number.isSafeInteger(lengthBytes)) return undefined;
    return { contentId, lengthBytes: lengthBytes as number, readers };
  } catch {
    return undefined;
  }
}

function isBytes32(value: unknown): value is Bytes32 {
  return typeof value === "string" && /^0x[0-9a-f]{64}$/.test(value);
}
