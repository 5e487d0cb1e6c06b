import { access, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { NextToLast } from "blockstore-fs/sharding";
import { isBlockOf } from "../core/bytes/blob-dag.ts";
import { contentIdFromCid } from "../core/bytes/content-id.ts";
import { FedledgerError } from "../core/errors/error.ts";
import type { BlobStore } from "../ports/index.ts";
import { storageLimits } from "./blocks/limits.ts";
import { readOnlyStore } from "./blocks/read-only-store.ts";
import { createLayeredStore } from "./layered-store.ts";

/** A store's folder is at most so far below the one that is named: those of a federation, then of an account. */
const deepest = 2;

/**
 * Reads the blocks that Helia stores (of other processes, running or not) keep in this directory, or below it as nodes
 * do, without changing anything there: for an auditor on the same machine. Rejects with FILE_NOT_FOUND if there are
 * none.
 */
export async function createDirectoryStore(directory: string): Promise<BlobStore> {
  const [first, ...others] = (await storesIn(directory, deepest)).map(storeOver);
  if (first === undefined) throw new FedledgerError("FILE_NOT_FOUND", { path: join(directory, "blocks") });
  return others.length === 0 ? first : createLayeredStore([first, ...others]);
}

/** Directories with blocks, this one or below it. */
async function storesIn(directory: string, deep: number): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  if (folders.includes("blocks")) return [directory];
  if (deep === 0) return [];
  const below = await Promise.all(folders.map((name) => storesIn(join(directory, name), deep - 1)));
  return below.flat();
}

function storeOver(directory: string): BlobStore {
  const blocks = join(directory, "blocks");
  const fileOf = new NextToLast();
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
