import pLimit from "p-limit";
import { type BlobNode, blobChildren, blobRoot, type Cid, walkBlob } from "../../core/bytes/blob-dag.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { BlobStore } from "../../ports/index.ts";

/** Where a read-only store has its blocks from. */
export interface BlockSource {
  /** For errors: a URL or a path. */
  readonly name: string;
  /** The checked block. Rejects with BLOB_NOT_FOUND, BLOB_CORRUPT, or the signal's reason. */
  block(cid: Cid, signal?: AbortSignal): Promise<Uint8Array>;
  /** Whether the block is there. Never rejects. */
  has(cid: Cid): Promise<boolean>;
  /** Blocks asked for at once. */
  readonly parallel: number;
}

/** A blob store that can only be read: `put` and `remove` reject with STORE_READ_ONLY. It keeps nothing. */
export function readOnlyStore(source: BlockSource): BlobStore {
  const refuse = async (): Promise<never> => {
    throw new FedledgerError("STORE_READ_ONLY", { source: source.name });
  };
  return {
    put: refuse,
    remove: refuse,
    async get(contentId, { lengthBytes, signal, onProgress }) {
      signal?.throwIfAborted();
      const root = blobRoot(contentId, lengthBytes);
      const into = new Uint8Array(lengthBytes);
      const failed = new AbortController();
      const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
      const limit = pLimit(source.parallel);
      const leaves: Promise<void>[] = [];
      let bytes = 0;
      const read = async (node: BlobNode) => {
        either.throwIfAborted();
        const block = await source.block(node.cid, either);
        blobChildren(node, block);
        return block;
      };
      for await (const node of walkBlob(root, read)) {
        if (node.height > 0) continue;
        const leaf = limit(async () => {
          const block = await read(node);
          into.set(block, node.offset);
          bytes += block.length;
          onProgress?.({ bytes, of: lengthBytes, from: "ipfs" });
        });
        leaf.catch((error) => failed.abort(error));
        leaves.push(leaf);
      }
      try {
        await Promise.all(leaves);
      } catch (error) {
        throw named(error, contentId);
      }
      return into;
    },
    async has(contentId, lengthBytes) {
      try {
        for await (const node of walkBlob(blobRoot(contentId, lengthBytes), ({ cid }) => source.block(cid))) {
          if (!(await source.has(node.cid))) return false;
        }
        return true;
      } catch {
        return false;
      }
    },
  };
}

/** The error of a block as the error of its blob. */
function named(error: unknown, contentId: string): unknown {
  if (!(error instanceof FedledgerError)) return error;
  return new FedledgerError(error.code, { ...error.data, contentId }, error);
}
