import { contentIdOf } from "../../core/bytes/content-id.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Bytes32, PeerIdText } from "../../core/ids.ts";
import type { TaskRules } from "../../core/records.ts";
import { blobLengthBytes, updateLanesOf } from "../../core/task/blob-length.ts";
import type { BlobOpener, KeyringRef, SealedName } from "../../ports/sealing.ts";
import type { BlobStore } from "../../ports/storage.ts";

/** How the blobs of a task are read. */
export interface BlobReading {
  readonly store: Pick<BlobStore, "get">;
  readonly rules: Pick<TaskRules, "mode" | "parameterCount">;
  /** Whether the task's blobs are sealed to its members. */
  readonly sealed: boolean;
  /** What opens them; without it they stay sealed. */
  readonly opener?: BlobOpener | undefined;
}

/** A blob of a task, by everything that is known of it before it is read. */
export type BlobName = SealedName & { readonly contentId: Bytes32 };

/** Where to look, and until when. */
export interface ReadOptions {
  readonly providers?: readonly PeerIdText[];
  readonly signal?: AbortSignal | undefined;
  /** Asks other readers for a keyring's secret. */
  readonly ask?: (keyring: KeyringRef) => Promise<Uint8Array | undefined>;
}

/**
 * The lanes' bytes of an update or a model: the blob as it is, or, in a sealed task, what is in it, after its bytes
 * were checked against the content id. Rejects as BlobStore.get does, and with BLOB_SEALED and SEAL_BROKEN as
 * BlobOpener.open does.
 */
export async function readBlob(
  { store, rules, sealed, opener }: BlobReading,
  name: BlobName,
  { providers, signal, ask }: ReadOptions = {},
): Promise<Uint8Array> {
  const { contentId } = name;
  const options = { ...(providers && { providers }), ...(signal && { signal }) };
  const laneCount = name.purpose === "update" ? updateLanesOf(rules) : rules.parameterCount;
  const lengthBytes = blobLengthBytes(laneCount, sealed);
  if (!sealed) return await store.get(contentId, { ...options, lengthBytes });
  if (opener === undefined) {
    throw new FedledgerError("BLOB_SEALED", { contentId, sender: name.sender, reason: "there is no key for it here" });
  }
  const bytes = await store.get(contentId, { ...options, lengthBytes });
  if (bytes.length !== lengthBytes || !hexEquals(await contentIdOf(bytes), contentId)) {
    throw new FedledgerError("BLOB_CORRUPT", { contentId, source: "the store" });
  }
  return await opener.open(bytes, name, {
    read: (keyring) => store.get(keyring.contentId, { ...options, lengthBytes: keyring.lengthBytes }),
    ...(ask && { ask }),
  });
}
