import { type BlobName, keyringsOf, type SenderKeyrings, sealedBlobs } from "../../audit/index.ts";
import { FedledgerError, isFedledgerError } from "../../core/errors/error.ts";
import type { Address, Bytes32 } from "../../core/ids.ts";
import type { TaskView } from "../../core/record/task-view.ts";
import { blobLengthBytes, updateLanesOf } from "../../core/task/blob-length.ts";
import type { BlobOpener, BlobStore } from "../../ports/index.ts";
import { keyringOf } from "../../privacy/sealed/sealed-blob.ts";

/** The secrets of a task's keyrings that an opener can open, and what is not covered. */
export interface CollectedSecrets {
  readonly secrets: ReadonlyMap<Bytes32, Uint8Array>;
  /** Blobs that could not be had, so that their keyrings are not known. */
  readonly missing: number;
  /** Senders with a keyring that this opener cannot open. */
  readonly sealed: readonly Address[];
}

/**
 * Opens the keyrings of all senders in a range of rounds. Of each sender only as many blobs are fetched as it takes to
 * find its keyrings.
 */
export async function collectSecrets(
  view: TaskView,
  range: { readonly from: number; readonly to: number },
  {
    store,
    opener,
    signal,
  }: { readonly store: Pick<BlobStore, "get">; readonly opener: BlobOpener; readonly signal: AbortSignal },
): Promise<CollectedSecrets> {
  const lengthOf = ({ purpose }: BlobName) =>
    blobLengthBytes(purpose === "update" ? updateLanesOf(view.rules) : view.rules.parameterCount, true);
  const secrets = new Map<Bytes32, Uint8Array>();
  const sealed = new Set<Address>();
  let missing = 0;
  for (const blobs of sealedBlobs(view, range).values()) {
    const found: SenderKeyrings = await keyringsOf(blobs, async (name) => {
      const { contentId } = name;
      const keyring = keyringOf(await store.get(contentId, { lengthBytes: lengthOf(name), signal }));
      if (keyring === undefined) throw new FedledgerError("BLOB_CORRUPT", { contentId });
      return keyring;
    });
    missing += found.missing.length;
    for (const ref of found.keyrings) {
      const read = ({ contentId, lengthBytes: length }: typeof ref) =>
        store.get(contentId, { lengthBytes: length, signal });
      try {
        secrets.set(ref.contentId, await opener.secretOf(ref, found.sender, { read }));
      } catch (error) {
        signal.throwIfAborted();
        const lack = lackOf(error);
        if (lack === "sealed") sealed.add(found.sender);
        if (lack === "missing") missing += 1;
      }
    }
  }
  return { secrets, missing, sealed: [...sealed] };
}

/** Why a keyring's secret is not had; throws the error where it says nothing of that. */
function lackOf(error: unknown): "sealed" | "missing" | "broken" {
  if (isFedledgerError(error, "BLOB_SEALED")) return "sealed";
  if (isFedledgerError(error, "BLOB_NOT_FOUND") || isFedledgerError(error, "BLOB_CORRUPT")) return "missing";
  // a keyring that nobody can open is for the audit to find
  if (isFedledgerError(error, "SEAL_BROKEN")) return "broken";
  throw error;
}
