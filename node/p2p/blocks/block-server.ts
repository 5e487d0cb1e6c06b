import type { Connection, Stream } from "@libp2p/interface";
import pLimit from "p-limit";
import { type Cid, linksOf } from "../../core/bytes/blob-dag.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { PeerIdText } from "../../core/ids.ts";
import type { BlockReader, Log } from "../../ports/index.ts";
import type { Host } from "../host.ts";
import { Breach, offenceOf, streamFault } from "../peer-fault.ts";
import { blocksProtocol, blocksStatus, decodeBlocksRequest, maxCidBytes } from "./blocks-protocol.ts";
import { type StreamContext, sendBytes, streamReader } from "./stream-io.ts";

/** Serves complete DAGs out of a block store over /fedledger/blocks/1. Returns how to stop. */
export function serveBlocks(deps: {
  readonly host: Pick<Host, "report" | "limits" | "libp2p" | "admission">;
  readonly blocks: BlockReader;
  readonly log: Log;
}): () => void {
  const { host, blocks, log } = deps;
  const { limits } = host;
  const turns = pLimit(limits.blockStreams);

  async function answer(stream: Stream, peerId: PeerIdText): Promise<void> {
    const gone = new AbortController();
    stream.addEventListener("close", () => gone.abort(), { once: true });
    const context = { peerId, idleTimeoutMs: limits.blockIdleTimeoutMs, signal: gone.signal };
    try {
      const { cid, skipBlocks } = await readRequest(stream, context, limits.receiveTimeoutMs);
      if (turns.pendingCount >= limits.blockStreamsWaiting) {
        await sendBytes(stream, Uint8Array.of(blocksStatus.busy), context);
      } else {
        await turns(() => send(stream, cid, skipBlocks, context));
      }
      await stream.close();
    } catch (error) {
      const fault = gone.signal.aborted ? undefined : streamFault(error, peerId, blocksProtocol);
      const offence = offenceOf(fault);
      if (offence) host.report(peerId, offence);
      log.debug("block stream ended early", { peerId, reason: fault?.message ?? "the peer has closed it" });
      stream.abort(fault ?? (error as Error));
    }
  }

  async function send(stream: Stream, root: Cid, skipBlocks: number, context: StreamContext): Promise<void> {
    context.signal?.throwIfAborted();
    if (!(await isComplete(root))) {
      await sendBytes(stream, Uint8Array.of(blocksStatus.notFound), context);
      return;
    }
    await sendBytes(stream, Uint8Array.of(blocksStatus.ok), context);
    let index = 0;
    let ahead: Promise<Uint8Array> | undefined;
    const header = new DataView(new ArrayBuffer(4));
    for (const rest = [root]; rest.length > 0; index++) {
      const cid = rest.pop() as Cid;
      const skipped = index < skipBlocks;
      // skipped leaves need not even be read
      if (skipped && cid.code === 0x55) continue;
      const block = await (ahead ?? read(cid));
      ahead = undefined;
      rest.push(...linksOf(cid, block).toReversed());
      if (skipped) continue;
      const next = rest.at(-1);
      if (next) {
        // read while this one is sent; a failure shows when its turn comes
        ahead = read(next);
        ahead.catch(() => {});
      }
      header.setUint32(0, block.length);
      await sendBytes(stream, new Uint8Array(header.buffer.slice(0)), context);
      await sendBytes(stream, block, context);
    }
  }

  /** Whether all blocks are here, so that nobody waits for a stream that cannot end. */
  async function isComplete(root: Cid): Promise<boolean> {
    const rest = [root];
    for (let seen = 0; rest.length > 0; seen++) {
      const cid = rest.pop() as Cid;
      if (seen + rest.length >= limits.blocksPerStream || !(await blocks.has(cid))) return false;
      try {
        if (cid.code !== 0x55) rest.push(...linksOf(cid, await read(cid)));
      } catch (error) {
        log.debug("block cannot be served", { cid: cid.toString(), reason: String(error) });
        return false;
      }
    }
    return true;
  }

  async function read(cid: Cid): Promise<Uint8Array> {
    const parts = [];
    for await (const part of blocks.get(cid)) parts.push(part);
    const block = parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
    if (block.length > limits.blockBytes) {
      throw new FedledgerError("STORAGE_FAILED", { path: cid.toString(), reason: "the block is too large to be sent" });
    }
    return block;
  }

  const serve = (stream: Stream, connection: Connection) => {
    const peerId = connection.remotePeer.toString();
    if (!host.admission.admits(peerId)) return stream.abort(new FedledgerError("PEER_NOT_ADMITTED", { peerId }));
    return answer(stream, peerId);
  };
  host.libp2p
    .handle(blocksProtocol, serve, {
      maxInboundStreams: limits.blockStreamsPerPeer,
      maxOutboundStreams: limits.blockStreamsPerPeer,
      runOnLimitedConnection: true,
      force: true,
    })
    .catch((error) => log.error("protocol not registered", { protocol: blocksProtocol, reason: String(error) }));
  return () => void host.libp2p.unhandle(blocksProtocol).catch(() => {});
}

async function readRequest(stream: Stream, context: StreamContext, idleTimeoutMs: number) {
  const reader = streamReader(stream, { ...context, idleTimeoutMs });
  const breach = (reason: string) =>
    new Breach("garbage", { peerId: context.peerId, protocol: blocksProtocol, reason });
  const length = new Uint8Array(1);
  await reader.fill(length);
  const cidBytes = length[0] as number;
  if (cidBytes > maxCidBytes) throw breach("the CID is too long");
  const rest = new Uint8Array(cidBytes + 4);
  await reader.fill(rest);
  try {
    return decodeBlocksRequest(rest);
  } catch {
    throw breach("the CID is not valid");
  }
}
