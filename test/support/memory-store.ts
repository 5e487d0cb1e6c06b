import { contentIdOf } from "../../node/core/bytes/content-id.ts";
import { FedledgerError } from "../../node/core/errors/error.ts";
import type { Bytes32 } from "../../node/core/ids.ts";
import type { BlobStore } from "../../node/ports/storage.ts";

/** A store in memory whose peers have nothing, and what is in it. */
export interface MemoryStore extends BlobStore {
  readonly blobs: Map<Bytes32, Uint8Array>;
}

/** A store over these blobs. */
export function memoryStore(blobs = new Map<Bytes32, Uint8Array>()): MemoryStore {
  return {
    blobs,
    async put(bytes) {
      const contentId = await contentIdOf(bytes);
      blobs.set(contentId, bytes.slice());
      return contentId;
    },
    get: (contentId) => readFrom(blobs, contentId),
    has: async (contentId) => blobs.has(contentId),
    remove: async (contentId) => void blobs.delete(contentId),
  };
}

/** A copy of a blob. Rejects with BLOB_NOT_FOUND. */
export async function readFrom(blobs: ReadonlyMap<Bytes32, Uint8Array>, contentId: Bytes32): Promise<Uint8Array> {
  const bytes = blobs.get(contentId);
  if (bytes === undefined) throw new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: 0 });
  return bytes.slice();
}
