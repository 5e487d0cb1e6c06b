import {
  cidOf,
  contentIdFromCid,
  contentIdOf,
  unixfsChunkBytes,
  unixfsMaxChildren,
} from "../../core/bytes/content-id.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { BlobStore, BlockExchange, BlockReader, Log } from "../../ports/index.ts";
import { fetchBlob } from "../blocks/fetch-blob.ts";
import { storageLimits } from "../blocks/limits.ts";
import { keptBlocks, kuboBlocks } from "./kubo-blocks.ts";
import { createKuboRpc, isAbsence, type KuboOptions } from "./kubo-rpc.ts";

/** What a Kubo store is made of. */
export interface KuboStoreOptions extends KuboOptions {
  /** The road between members; what the node keeps is served over it, too. */
  readonly blockStream?: BlockExchange;
  /** Name of the pins, by which the node knows its blobs again; default "fedledger". */
  readonly pinName?: string;
  readonly log?: Log;
}

/** A blob store with a life. */
export interface KuboStore extends BlobStore {
  /** The blocks of the blobs that this node keeps, checked on reading; for gateways. Nothing else of the daemon. */
  readonly blocks: BlockReader;
  /** Looks which blobs it keeps, and serves them. Rejects with STORE_UNREACHABLE, STORAGE_FAILED. */
  start(): Promise<void>;
  /** Serves no more; the daemon is left as it is. */
  stop(): Promise<void>;
}

/** Links of a node in Kubo's own default; more than so many leaves need the option that old versions lack. */
const kuboDefaultLinks = 174;

const noLog: Log = { error() {}, warn() {}, info() {}, debug() {}, child: () => noLog };

/**
 * A blob store in a Kubo daemon, over its RPC. What it stores has the same content ids as everywhere; a daemon that
 * gives another CID is refused with STORAGE_FAILED. What is not in the daemon comes block by block from members, then
 * from whoever the daemon knows. Each blob has one pin, as long as the node needs it. A daemon that is away is
 * STORE_UNREACHABLE, to be tried again. Throws INVALID_CONFIG for what is not an http(s) URL.
 */
export function createKuboStore(options: KuboStoreOptions): KuboStore {
  const { blockStream, pinName = "fedledger", log = noLog } = options;
  const rpc = createKuboRpc(options);
  const { client, call, url } = rpc;
  const blocks = kuboBlocks(rpc);
  const kept = keptBlocks(blocks);
  let stopServing = () => {};

  async function pin(root: ReturnType<typeof cidOf>, signal: AbortSignal | undefined): Promise<void> {
    try {
      await call(signal, (either) => client.pin.add(root, { name: pinName, signal: either }));
    } catch (error) {
      throw isAbsence(error) ? failed((error as Error).message, error) : error;
    }
    kept.add(root);
  }

  const failed = (reason: string, cause?: unknown) =>
    new FedledgerError("STORAGE_FAILED", { path: url, reason }, cause);

  async function isPinned(root: ReturnType<typeof cidOf>): Promise<boolean> {
    try {
      return await call(undefined, async (signal) => {
        for await (const _ of client.pin.ls({ paths: root, type: "recursive", signal })) return true;
        return false;
      });
    } catch (error) {
      if (isAbsence(error)) return false;
      throw error;
    }
  }

  async function add(bytes: Uint8Array, signal: AbortSignal | undefined) {
    const leaves = Math.ceil(bytes.length / unixfsChunkBytes);
    const work = (either: AbortSignal) =>
      client.add(bytes, {
        cidVersion: 1,
        rawLeaves: true,
        chunker: `size-${unixfsChunkBytes}`,
        pin: true,
        signal: either,
        ...(leaves > kuboDefaultLinks ? { maxFileLinks: unixfsMaxChildren } : {}),
      });
    try {
      return (await call(signal, work, bytes.length)).cid;
    } catch (error) {
      throw isAbsence(error) ? failed((error as Error).message, error) : error;
    }
  }

  return {
    blocks: kept,
    async put(bytes, { signal } = {}) {
      const contentId = await contentIdOf(bytes);
      const root = cidOf(contentId, bytes.length);
      const cid = await add(bytes, signal);
      if (!cid.equals(root)) throw failed(`the daemon made ${contentIdFromCid(cid)} of ${contentId}`);
      await pin(root, signal);
      return contentId;
    },
    async get(contentId, getOptions) {
      const bytes = await fetchBlob({
        contentId,
        options: getOptions,
        blocks,
        exchange: blockStream,
        wantBlock: blocks.want,
        mayAskAll: () => true,
        bitswapIdleTimeoutMs: options.timeoutMs ?? storageLimits.bitswapIdleTimeoutMs,
        log,
      });
      await pin(cidOf(contentId, bytes.length), getOptions.signal);
      return bytes;
    },
    has: (contentId, lengthBytes) => isPinned(cidOf(contentId, lengthBytes)),
    async remove(contentId, lengthBytes) {
      const root = cidOf(contentId, lengthBytes);
      kept.delete(root);
      try {
        await call(undefined, (signal) => client.pin.rm(root, { signal }));
      } catch (error) {
        if (!isAbsence(error)) throw error;
      }
    },
    async start() {
      try {
        await call(undefined, async (signal) => {
          for await (const { cid, name } of client.pin.ls({ name: pinName, type: "recursive", signal })) {
            if (name === pinName) kept.add(cid);
          }
        });
      } catch (error) {
        throw isAbsence(error) ? failed((error as Error).message, error) : error;
      }
      if (blockStream) stopServing = blockStream.serve(kept);
    },
    async stop() {
      stopServing();
    },
  };
}
