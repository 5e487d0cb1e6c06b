import pLimit from "p-limit";
import { type BlobNode, blobChildren, blobRoot, type Cid, walkBlob } from "../../core/bytes/blob-dag.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Bytes32, PeerIdText } from "../../core/ids.ts";
import type { BlockExchange, BlockReader, GetOptions, Log } from "../../ports/index.ts";
import { storageLimits } from "./limits.ts";
import { readLocalBlob } from "./local-blob.ts";

/** What fetching needs. */
export interface FetchJob {
  readonly contentId: Bytes32;
  readonly options: GetOptions;
  readonly blocks: BlockReader & { put(cid: Cid, block: Uint8Array): Promise<unknown> | unknown };
  readonly exchange: BlockExchange | undefined;
  /** Gets one checked block by bitswap and keeps it; absent where there is no network. */
  readonly wantBlock: ((cid: Cid, signal: AbortSignal) => Promise<Uint8Array>) | undefined;
  /** Whether others than the providers named may be asked by `wantBlock`. */
  readonly mayAskAll: () => boolean;
  readonly bitswapIdleTimeoutMs: number;
  readonly log: Log;
}

/** A blob on its way. */
interface Progress {
  readonly into: Uint8Array;
  readonly inner: Map<string, Uint8Array>;
  /** Leading blocks, depth first, that are here. */
  blocks: number;
  bytes: number;
}

/**
 * The blob: from the blocks that are here, then from each provider in turn, then by bitswap. What one provider has
 * brought is kept, and the next goes on from there. Rejects with BLOB_NOT_FOUND, BLOB_CORRUPT (somebody sent false
 * bytes and nobody right ones, or the content is not a file of the profile), BLOB_TOO_LARGE, or the signal's reason.
 */
export async function fetchBlob(job: FetchJob): Promise<Uint8Array> {
  const { contentId, options, exchange, wantBlock, log } = job;
  const { lengthBytes, providers = [], signal, onProgress } = options;
  signal?.throwIfAborted();
  const progress: Progress = { into: new Uint8Array(lengthBytes), inner: new Map(), blocks: 0, bytes: 0 };
  const count = (from: PeerIdText | "local" | "ipfs") => (bytes: number) => {
    progress.bytes += bytes;
    onProgress?.({ bytes: progress.bytes, of: lengthBytes, from });
  };

  const local = await readLocalBlob(job.blocks, contentId, progress.into, { signal, onBlock: count("local") });
  if (local.complete) return progress.into;
  progress.blocks = local.blocksFound;
  for (const [cid, block] of local.inner) progress.inner.set(cid, block);

  let lie: FedledgerError | undefined;
  for (const peer of exchange ? providers : []) {
    const failure = await tryPeer(job, exchange as BlockExchange, peer, progress, count(peer));
    if (failure === undefined) return progress.into;
    if (failure.code === "BLOB_CORRUPT") lie = failure;
    log.debug("provider failed", { contentId, peer, code: failure.code, blocks: progress.blocks });
  }
  const asksAll = wantBlock && job.mayAskAll();
  if (asksAll && (await tryBitswap(job, wantBlock, progress, count("ipfs")))) return progress.into;
  throw lie ?? new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: providers.length });
}

/** What a provider failed by, where another one may have the rest; undefined where the blob is whole. */
async function tryPeer(
  job: FetchJob,
  exchange: BlockExchange,
  peer: PeerIdText,
  progress: Progress,
  count: (bytes: number) => void,
): Promise<FedledgerError | undefined> {
  try {
    await fromPeer(job, exchange, peer, progress, count);
    return undefined;
  } catch (error) {
    job.options.signal?.throwIfAborted();
    if (!(error instanceof FedledgerError) || isStoreFault(error) || isContentFault(error)) throw error;
    return error;
  }
}

/** Whether the blob is whole by what anybody has of it. */
async function tryBitswap(
  job: FetchJob,
  wantBlock: NonNullable<FetchJob["wantBlock"]>,
  progress: Progress,
  count: (bytes: number) => void,
): Promise<boolean> {
  try {
    await fromBitswap(job, wantBlock, progress, count);
    return true;
  } catch (error) {
    job.options.signal?.throwIfAborted();
    if (error instanceof FedledgerError && (isStoreFault(error) || isContentFault(error))) throw error;
    job.log.debug("bitswap failed", { contentId: job.contentId, reason: String(error) });
    return false;
  }
}

async function fromPeer(
  { contentId, options, blocks }: FetchJob,
  exchange: BlockExchange,
  peer: PeerIdText,
  progress: Progress,
  count: (bytes: number) => void,
): Promise<void> {
  const limit = pLimit(storageLimits.parallelWrites);
  const writes: Promise<void>[] = [];
  let failure: unknown;
  try {
    await exchange.fetch(peer, {
      contentId,
      lengthBytes: options.lengthBytes,
      into: progress.into,
      skipBlocks: progress.blocks,
      readInner: async (cid) => progress.inner.get(cid.toString()) as Uint8Array,
      onBlock: async (cid, block) => {
        if (failure !== undefined) throw failure;
        if (cid.code === 0x55) count(block.length);
        else progress.inner.set(cid.toString(), block);
        progress.blocks++;
        const write = limit(async () => {
          try {
            await blocks.put(cid, block);
          } catch (error) {
            failure ??= error;
          }
        });
        writes.push(write);
        if (limit.pendingCount > storageLimits.parallelWrites) await writes.at(-limit.pendingCount);
      },
      ...(options.signal ? { signal: options.signal } : {}),
    });
  } finally {
    await Promise.all(writes);
  }
  if (failure instanceof FedledgerError) throw failure;
  if (failure !== undefined) {
    const reason = failure instanceof Error ? failure.message : String(failure);
    throw new FedledgerError("STORAGE_FAILED", { path: "the block store", reason }, failure);
  }
}

async function fromBitswap(
  { contentId, options, bitswapIdleTimeoutMs }: FetchJob,
  wantBlock: (cid: Cid, signal: AbortSignal) => Promise<Uint8Array>,
  progress: Progress,
  count: (bytes: number) => void,
): Promise<void> {
  const idle = new AbortController();
  const giveUp = () => idle.abort(new DOMException("bitswap brought nothing", "TimeoutError"));
  let timer = setTimeout(giveUp, bitswapIdleTimeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, idle.signal]) : idle.signal;
  const want = async (node: BlobNode) => {
    const block = await wantBlock(node.cid, signal);
    clearTimeout(timer);
    timer = setTimeout(giveUp, bitswapIdleTimeoutMs);
    blobChildren(node, block);
    return block;
  };
  const limit = pLimit(storageLimits.parallelWants);
  const leaves: Promise<void>[] = [];
  let index = 0;
  const innerOf = async (node: BlobNode) => progress.inner.get(node.cid.toString()) ?? want(node);
  try {
    for await (const node of walkBlob(blobRoot(contentId, options.lengthBytes), innerOf)) {
      if (index++ < progress.blocks || node.height > 0) continue;
      const leaf = limit(async () => {
        const block = await want(node);
        progress.into.set(block, node.offset);
        count(block.length);
      });
      leaf.catch((error) => idle.abort(error));
      leaves.push(leaf);
    }
    await Promise.all(leaves);
  } finally {
    clearTimeout(timer);
    limit.clearQueue();
  }
}

/** Whether it is the own store that does not work. */
function isStoreFault({ code }: FedledgerError): boolean {
  return code === "STORAGE_FAILED" || code === "STORE_UNREACHABLE";
}

/** Whether the content itself is wrong, so that asking others is in vain. */
function isContentFault(error: FedledgerError): boolean {
  return error.code === "BLOB_TOO_LARGE" || (error.code === "BLOB_CORRUPT" && error.data.peerId === undefined);
}
