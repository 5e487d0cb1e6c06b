import { join } from "node:path";
import type { HeliaWithLibp2p } from "@helia/libp2p";
import type { Libp2p } from "@libp2p/interface";
import { MemoryBlockstore } from "blockstore-core";
import { LevelDatastore } from "datastore-level";
import { checkBlobLength, cidOf, contentIdFromCid, UNIXFS_PROFILE } from "../../core/bytes/content-id.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Bytes32 } from "../../core/ids.ts";
import type { BlobStore, BlockExchange, BlockReader, GetOptions, Log } from "../../ports/index.ts";
import { fetchBlob } from "../blocks/fetch-blob.ts";
import { leaflessWalker } from "../blocks/leafless-walker.ts";
import { storageLimits } from "../blocks/limits.ts";
import { hasLocalBlob } from "../blocks/local-blob.ts";
import { readBlock } from "../blocks/read-block.ts";
import { checkedBlockstore } from "./checked-blockstore.ts";
import { collectionGate } from "./collection-gate.ts";
import { FileBlockstore } from "./file-blockstore.ts";

/** What a Helia store is made of. */
export interface HeliaStoreOptions {
  /** Where blocks and pins are kept; without one everything is in memory. One process at a time. */
  readonly directory?: string;
  /** The host's libp2p node; Helia opens none of its own. Without one nothing is fetched by bitswap. */
  readonly libp2p?: Libp2p;
  /** The quick road between members; the store also serves its blocks over it. */
  readonly blockStream?: BlockExchange;
  readonly log: Log;
  /** How long bitswap may bring nothing before it is given up; default 5000. */
  readonly bitswapIdleTimeoutMs?: number;
}

/** A blob store with a life. */
export interface HeliaStore extends BlobStore {
  /** The blocks that are here, checked on reading; for gateways. */
  readonly blocks: BlockReader;
  /** Deletes the blocks of no kept blob; puts and gets wait meanwhile. */
  gc(): Promise<void>;
  /** Opens the files. Rejects with STORAGE_FAILED. */
  start(): Promise<void>;
  /** Closes the files; the host's libp2p node is left as it is. */
  stop(): Promise<void>;
}

type CreateHelia = typeof import("helia").createHeliaLight;
type HeliaClass = new (init: NonNullable<Parameters<CreateHelia>[0]>) => ReturnType<CreateHelia>;

/**
 * Helia's class from its own file. The package's door loads transports, routers and codecs that this store has no use
 * for: 400 ms of a processor and 80 MB in every node.
 */
async function heliaClass(): Promise<HeliaClass> {
  const { Helia } = await import(new URL("./helia.js", import.meta.resolve("helia")).href);
  return Helia as HeliaClass;
}

/** A blob store on Helia: blocks on disk, pins, verified streams between members, bitswap as the other road. */
export async function createHeliaStore(options: HeliaStoreOptions): Promise<HeliaStore> {
  const { directory, libp2p, blockStream, log } = options;
  // Commands that open no store do without these.
  const [Helia, { withBitswap }, { unixfs }] = await Promise.all([
    heliaClass(),
    import("@helia/bitswap"),
    import("@helia/unixfs"),
  ]);
  const files = directory === undefined ? undefined : new FileBlockstore(join(directory, "blocks"));
  const datastore = directory === undefined ? undefined : new LevelDatastore(join(directory, "pins"));
  const blocks = checkedBlockstore(files ?? new MemoryBlockstore(), { log, copies: files === undefined });
  const helia = new Helia({ blockstore: blocks, ...(datastore ? { datastore } : {}) });
  if (libp2p) {
    Object.defineProperty(helia, "libp2p", { value: libp2p, enumerable: true });
    withBitswap(helia as unknown as HeliaWithLibp2p);
  }
  const fs = unixfs(helia);
  const profile: Omit<typeof UNIXFS_PROFILE, "onProgress"> = UNIXFS_PROFILE;
  // the walker's blocks are read by nobody but the pins, which want their CIDs only
  const walker = leaflessWalker(blocks) as unknown as NonNullable<Parameters<typeof helia.pins.add>[1]>["walker"] &
    object;
  const gate = collectionGate();
  const fetching = new Map<Bytes32, Promise<void>>();
  let stopServing = () => {};

  async function pin(contentId: Bytes32, lengthBytes: number): Promise<void> {
    try {
      for await (const _ of helia.pins.add(cidOf(contentId, lengthBytes), { walker }));
    } catch (error) {
      if ((error as Error).name !== "AlreadyPinnedError") throw error;
    }
  }

  async function fetchAndPin(contentId: Bytes32, getOptions: GetOptions): Promise<Uint8Array> {
    const bytes = await fetchBlob({
      contentId,
      options: getOptions,
      blocks,
      exchange: blockStream,
      wantBlock: libp2p && ((cid, signal) => readBlock(helia.blockstore, cid, signal)),
      mayAskAll: () => (getOptions.providers ?? []).length > 0 && (libp2p?.getPeers().length ?? 0) > 0,
      bitswapIdleTimeoutMs: options.bitswapIdleTimeoutMs ?? storageLimits.bitswapIdleTimeoutMs,
      log,
    });
    await orStorageFailed(getOptions.signal, () => pin(contentId, bytes.length));
    return bytes;
  }

  return {
    blocks,
    put: (bytes, { signal } = {}) =>
      gate.enter(async () => {
        checkBlobLength(bytes.length);
        return orStorageFailed(signal, async () => {
          const cid = await fs.addBytes(bytes, { ...profile, ...(signal ? { signal } : {}) });
          const contentId = contentIdFromCid(cid);
          await pin(contentId, bytes.length);
          return contentId;
        });
      }),
    get: (contentId, getOptions) =>
      gate.enter(async () => {
        // a second caller waits and then finds the blob here, or gives up by itself
        const others = fetching.get(contentId) ?? Promise.resolve();
        const own = orAborted(others, getOptions.signal).then(() => fetchAndPin(contentId, getOptions));
        const settled: Promise<void> = Promise.allSettled([others, own]).then(() => {
          if (fetching.get(contentId) === settled) fetching.delete(contentId);
        });
        fetching.set(contentId, settled);
        return await own;
      }),
    has: (contentId, lengthBytes) => hasLocalBlob(blocks, contentId, lengthBytes),
    remove: (contentId, lengthBytes) =>
      gate.enter(() =>
        orStorageFailed(undefined, async () => {
          try {
            for await (const _ of helia.pins.rm(cidOf(contentId, lengthBytes), { walker }));
          } catch (error) {
            if ((error as Error).name !== "NotFoundError") throw error;
          }
        }),
      ),
    gc: () => gate.collect(() => orStorageFailed(undefined, () => helia.gc())),
    start: () =>
      orStorageFailed(undefined, async () => {
        await files?.open();
        await datastore?.open().catch((error: unknown) => {
          throw new FedledgerError("DIRECTORY_IN_USE", { path: directory }, error);
        });
        await helia.start();
        if (blockStream) stopServing = blockStream.serve(blocks);
      }),
    async stop() {
      stopServing();
      await gate.collect(async () => {
        await helia.stop();
        await datastore?.close();
      });
    },
  };

  async function orStorageFailed<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof FedledgerError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new FedledgerError("STORAGE_FAILED", { path: directory ?? "memory", reason }, error);
    }
  }
}

/** The promise's end, or the signal's reason where that comes first. */
async function orAborted(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return await promise;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(signal.reason);
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
