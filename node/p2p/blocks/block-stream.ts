import type { Stream } from "@libp2p/interface";
import { blobChildren, blobRoot, type Cid, isBlockOf, walkBlob } from "../../core/bytes/blob-dag.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { PeerIdText } from "../../core/ids.ts";
import type { BlobTransfer, BlockExchange, Log } from "../../ports/index.ts";
import type { Host } from "../host.ts";
import { Breach, offenceOf, streamFault } from "../peer-fault.ts";
import { serveBlocks } from "./block-server.ts";
import { blocksProtocol, blocksStatus, encodeBlocksRequest } from "./blocks-protocol.ts";
import { sendBytes, streamReader } from "./stream-io.ts";

/** Streams of verified blocks between the host and its peers. */
export function createBlockExchange(deps: {
  readonly host: Pick<Host, "open" | "report" | "limits" | "libp2p" | "admission">;
  readonly log: Log;
}): BlockExchange {
  const { host, log } = deps;
  return {
    serve: (blocks) => serveBlocks({ host, blocks, log }),
    async fetch(peer, transfer) {
      checkTransfer(transfer);
      const opening = AbortSignal.timeout(host.limits.blockIdleTimeoutMs);
      const { signal } = transfer;
      let stream: Stream | undefined;
      try {
        stream = await host.open(peer, blocksProtocol, signal ? AbortSignal.any([signal, opening]) : opening);
        await receive(stream, peer, transfer, host.limits);
        stream.close().catch(() => {});
      } catch (error) {
        stream?.abort(error as Error);
        signal?.throwIfAborted();
        const fault = opening.aborted && !stream ? openingTimeout(peer, host.limits.blockIdleTimeoutMs, error) : error;
        throw blamed(streamFault(fault, peer, blocksProtocol), peer);
      }
    },
  };

  function blamed(fault: FedledgerError, peer: PeerIdText): FedledgerError {
    const lied = fault.code === "BLOB_CORRUPT" && fault.data.peerId !== undefined;
    const offence = lied ? "corrupt" : offenceOf(fault);
    if (offence) host.report(peer, offence);
    return fault;
  }
}

/** Reads a response; see docs/protocol/messages.md. */
async function receive(
  stream: Stream,
  peerId: PeerIdText,
  transfer: BlobTransfer,
  limits: Host["limits"],
): Promise<void> {
  const { contentId, lengthBytes, into, signal } = transfer;
  const context = { peerId, idleTimeoutMs: limits.blockIdleTimeoutMs, signal };
  const reader = streamReader(stream, context);
  const root = blobRoot(contentId, lengthBytes);
  await sendBytes(stream, encodeBlocksRequest(root.cid, transfer.skipBlocks), context);

  const header = new Uint8Array(4);
  await reader.fill(header.subarray(0, 1));
  if (header[0] === blocksStatus.notFound) throw new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: 1 });
  if (header[0] === blocksStatus.busy) throw new FedledgerError("PEER_REFUSED", { peerId, reason: "it is busy" });
  if (header[0] !== blocksStatus.ok) throw breach("garbage", "the response has an unknown status");

  const inner = new Map<string, Uint8Array>();
  const readInner = async (cid: Cid) => inner.get(cid.toString()) ?? transfer.readInner(cid);
  let index = 0;
  for await (const node of walkBlob(root, ({ cid }) => readInner(cid))) {
    if (index++ < transfer.skipBlocks) continue;
    await reader.fill(header);
    const length = new DataView(header.buffer).getUint32(0);
    if (length > limits.blockBytes) throw breach("oversize", `a block has ${length} bytes`);
    const inPlace = node.height === 0 && length === node.lengthBytes;
    const block = inPlace ? into.subarray(node.offset, node.offset + length) : new Uint8Array(length);
    await reader.fill(block);
    if (!(await isBlockOf(node.cid, block))) throw new FedledgerError("BLOB_CORRUPT", { contentId, peerId });
    blobChildren(node, block);
    if (node.height > 0) inner.set(node.cid.toString(), block);
    await transfer.onBlock(node.cid, block);
  }

  function breach(offence: "garbage" | "oversize", reason: string): Breach {
    return new Breach(offence, { peerId, protocol: blocksProtocol, reason });
  }
}

function checkTransfer({ into, lengthBytes }: BlobTransfer): void {
  if (into.length === lengthBytes) return;
  throw new FedledgerError("LENGTH_MISMATCH", { name: "into", actual: into.length, expected: lengthBytes });
}

function openingTimeout(peerId: PeerIdText, timeoutMs: number, cause: unknown): FedledgerError {
  return new FedledgerError("PEER_UNREACHABLE", { peerId, reason: `no stream within ${timeoutMs} ms` }, cause);
}
