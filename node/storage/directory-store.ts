import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { NextToLast } from "blockstore-fs/sharding";
import { isBlockOf } from "../core/bytes/blob-dag.ts";
import { contentIdFromCid } from "../core/bytes/content-id.ts";
import { FedledgerError } from "../core/errors/error.ts";
import type { BlobStore } from "../ports/index.ts";
import { storageLimits } from "./blocks/limits.ts";
import { readOnlyStore } from "./blocks/read-only-store.ts";

/**
 * Reads the blocks that a Helia store (of another process, running or not) keeps in its directory, without changing
 * anything there: for an auditor on the same machine. Rejects with FILE_NOT_FOUND if there is no such directory.
 */
export async function createDirectoryStore(directory: string): Promise<BlobStore> {
  const blocks = join(directory, "blocks");
  const fileOf = new NextToLast();
  try {
    await access(blocks);
  } catch (error) {
    throw new FedledgerError("FILE_NOT_FOUND", { path: blocks }, error);
  }
  const pathOf = (cid: Parameters<typeof fileOf.encode>[0]) => {
    const { dir, file } = fileOf.encode(cid);
    return join(blocks, dir, file);
  };
  return readOnlyStore({
    name: directory,
    parallel: storageLimits.parallelFileReads,
    async block(cid, signal) {
      const contentId = contentIdFromCid(cid);
      let block: Uint8Array;
      try {
        block = await readFile(pathOf(cid), signal ? { signal } : {});
      } catch (error) {
        signal?.throwIfAborted();
        throw new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: 0 }, error);
      }
      if (!(await isBlockOf(cid, block))) throw new FedledgerError("BLOB_CORRUPT", { contentId, source: directory });
      return block;
    },
    has: (cid) =>
      access(pathOf(cid)).then(
        () => true,
        () => false,
      ),
  });
}
