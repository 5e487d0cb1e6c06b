import { FedledgerError, isFedledgerError } from "../core/errors/error.ts";
import type { BlobStore } from "../ports/index.ts";

/**
 * Several stores as one: a blob comes from the first that has it; `put` and `remove` go to the first store.
 * If none has it, but one gave false bytes, `get` rejects with that one's BLOB_CORRUPT, else with BLOB_NOT_FOUND.
 * Content longer than allowed is refused at once: other stores could only hold the same.
 */
export function createLayeredStore(stores: readonly [BlobStore, ...BlobStore[]]): BlobStore {
  return {
    put: (bytes, options) => stores[0].put(bytes, options),
    remove: (contentId, lengthBytes) => stores[0].remove(contentId, lengthBytes),
    async get(contentId, options) {
      let lie: FedledgerError | undefined;
      for (const store of stores) {
        try {
          return await store.get(contentId, options);
        } catch (error) {
          options.signal?.throwIfAborted();
          if (!isOfThisStore(error)) throw error;
          if (isFedledgerError(error, "BLOB_CORRUPT")) lie ??= error;
        }
      }
      throw lie ?? new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: options.providers?.length ?? 0 });
    },
    async has(contentId, lengthBytes) {
      for (const store of stores) if (await store.has(contentId, lengthBytes)) return true;
      return false;
    },
  };
}

/** Whether another store may have what this one failed to give. */
function isOfThisStore(error: unknown): boolean {
  return (
    isFedledgerError(error, "BLOB_CORRUPT") ||
    isFedledgerError(error, "BLOB_NOT_FOUND") ||
    isFedledgerError(error, "STORAGE_FAILED") ||
    isFedledgerError(error, "STORE_UNREACHABLE")
  );
}
