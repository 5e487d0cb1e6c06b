import { type Cid, isBlockOf } from "../../core/bytes/blob-dag.ts";
import { contentIdFromCid } from "../../core/bytes/content-id.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { BlockReader } from "../../ports/index.ts";
import { leaflessWalker } from "../blocks/leafless-walker.ts";
import { isAbsence, type KuboRpc } from "./kubo-rpc.ts";

/** Blocks of a daemon, checked as they come. They reject as KuboRpc.call does, too. */
export interface KuboBlocks {
  /** Whether the daemon has it; it asks nobody else. */
  has(cid: Cid): Promise<boolean>;
  /** Rejects with BLOB_NOT_FOUND where the daemon does not have it, BLOB_CORRUPT where it gives something else. */
  get(cid: Cid, options?: { signal?: AbortSignal }): AsyncGenerator<Uint8Array>;
  /** Keeps it until the daemon's next collection. */
  put(cid: Cid, block: Uint8Array): Promise<Cid>;
  /** The block from whoever the daemon knows. Rejects like `get`. */
  want(cid: Cid, signal?: AbortSignal): Promise<Uint8Array>;
}

/** The blocks of a daemon. */
export function kuboBlocks({ client, url, call }: KuboRpc): KuboBlocks {
  /** Kubo's own word for "ask no other peer". */
  const here = { offline: true } as object;

  async function read(cid: Cid, signal: AbortSignal | undefined, how: object): Promise<Uint8Array> {
    const contentId = contentIdFromCid(cid);
    try {
      const block = await call(signal, (either) => client.block.get(cid, { ...how, signal: either }));
      if (await isBlockOf(cid, block)) return block;
    } catch (error) {
      if (!isAbsence(error)) throw error;
      throw new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: 0 }, error);
    }
    throw new FedledgerError("BLOB_CORRUPT", { contentId, source: url });
  }

  return {
    async has(cid) {
      try {
        await call(undefined, (signal) => client.block.stat(cid, { ...here, signal }));
        return true;
      } catch (error) {
        if (isAbsence(error)) return false;
        throw error;
      }
    },
    async *get(cid, { signal } = {}) {
      yield await read(cid, signal, here);
    },
    async put(cid, block) {
      const format = cid.code === 0x55 ? "raw" : "dag-pb";
      await call(undefined, (signal) => client.block.put(block, { format, mhtype: "sha2-256", version: 1, signal }));
      return cid;
    },
    want: (cid, signal) => read(cid, signal, {}),
  };
}

/** The blocks of the blobs that a node keeps in a daemon, which may hold much else of its owner. */
export interface KeptBlocks extends BlockReader {
  /** A blob is kept from now on. */
  add(root: Cid): void;
  /** A blob is kept no more. */
  delete(root: Cid): void;
}

/** No blob is kept at first. */
export function keptBlocks(blocks: KuboBlocks): KeptBlocks {
  const walk = leaflessWalker(blocks);
  /** Blobs by the text of their CID: the CIDs of their blocks, once somebody asked. */
  const blobs = new Map<string, { readonly root: Cid; cids?: Promise<ReadonlySet<string>> }>();

  async function cidsOf(root: Cid): Promise<ReadonlySet<string>> {
    const cids = new Set<string>();
    for await (const { block } of walk().walk(root)) cids.add(block.cid.toString());
    return cids;
  }

  async function isKept(cid: Cid): Promise<boolean> {
    const name = cid.toString();
    if (blobs.has(name)) return true;
    for (const blob of blobs.values()) {
      blob.cids ??= cidsOf(blob.root);
      if ((await blob.cids).has(name)) return true;
    }
    return false;
  }

  return {
    async has(cid) {
      return (await isKept(cid)) && (await blocks.has(cid));
    },
    async *get(cid, options) {
      if (!(await isKept(cid))) {
        throw new FedledgerError("BLOB_NOT_FOUND", { contentId: contentIdFromCid(cid), providers: 0 });
      }
      yield* blocks.get(cid, options);
    },
    add(root) {
      const name = root.toString();
      if (!blobs.has(name)) blobs.set(name, { root });
    },
    delete: (root) => void blobs.delete(root.toString()),
  };
}
