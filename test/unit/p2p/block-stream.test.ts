import { expect } from "chai";
import { parseCid } from "../../../node/core/bytes/blob-dag.ts";
import { cidOf } from "../../../node/core/bytes/content-id.ts";
import type { Bytes32 } from "../../../node/core/ids.ts";
import { blocksProtocol, createBlockExchange, type Host } from "../../../node/p2p/index.ts";
import type { BlobTransfer, BlockExchange, BlockReader } from "../../../node/ports/index.ts";
import { createHeliaStore, type HeliaStore } from "../../../node/storage/index.ts";
import { testBlob } from "../../support/blobs.ts";
import { expectCode } from "../../support/expect-code.ts";
import { connectedHosts, stopAll, untilDisconnected } from "../../support/processes/hosts.ts";
import { silentLog as log } from "../../support/silent-log.ts";

const mebibyte = 1 << 20;

describe("block streams", () => {
  const bytes = testBlob(5 * mebibyte + 3, 1);
  let contentId: Bytes32;
  let shelf: HeliaStore;
  let hosts: Host[] = [];
  let a: Host;
  let b: Host;
  let exchange: BlockExchange;
  before(async () => {
    shelf = await createHeliaStore({ log });
    await shelf.start();
    contentId = await shelf.put(bytes);
  });
  after(() => shelf.stop());
  beforeEach(async () => {
    hosts = await connectedHosts(2, { limits: { blockIdleTimeoutMs: 500, receiveTimeoutMs: 200 } });
    [a, b] = hosts as [Host, Host];
    exchange = createBlockExchange({ host: a, log });
  });
  afterEach(() => stopAll(hosts));

  const serve = (blocks: BlockReader) => createBlockExchange({ host: b, log }).serve(blocks);
  /** The shelf's blocks, each changed by `change` as it is read. */
  const changed = (change: (block: Uint8Array) => Uint8Array): BlockReader => ({
    has: (cid) => shelf.blocks.has(cid),
    async *get(cid) {
      for await (const block of shelf.blocks.get(cid)) yield change(block);
    },
  });
  const fetching = (options: Partial<BlobTransfer> = {}) => {
    const lengthBytes = options.lengthBytes ?? bytes.length;
    const into = new Uint8Array(lengthBytes);
    const seen: number[] = [];
    const done = exchange.fetch(b.transport.peerId, {
      contentId,
      lengthBytes,
      into,
      skipBlocks: 0,
      readInner: async () => new Uint8Array(0),
      onBlock: (_cid, block) => void seen.push(block.length),
      ...options,
    });
    return { done, into, seen };
  };

  it("bring a blob, every block once, parents first", async () => {
    serve(shelf.blocks);
    const { done, into, seen } = fetching();
    await done;
    expect(Buffer.compare(into, bytes)).to.equal(0);
    expect(seen.slice(1)).to.deep.equal([...new Array(5).fill(mebibyte), 3]);
  });

  it("leave out what is here already", async () => {
    serve(shelf.blocks);
    const root = cidOf(contentId, bytes.length);
    const parts: Uint8Array[] = [];
    for await (const part of shelf.blocks.get(root)) parts.push(part);
    const { done, into, seen } = fetching({ skipBlocks: 4, readInner: async () => parts[0] as Uint8Array });
    await done;
    expect(seen).to.deep.equal([mebibyte, mebibyte, 3]);
    expect(Buffer.compare(into.subarray(3 * mebibyte), bytes.subarray(3 * mebibyte))).to.equal(0);
  });

  it("refuse a false block, name the peer, and cut it off when it lies again", async () => {
    serve(
      changed((block) => {
        if (Buffer.compare(block, bytes.subarray(mebibyte, 2 * mebibyte)) !== 0) return block;
        const lie = block.slice();
        lie[7] = (lie[7] as number) ^ 1;
        return lie;
      }),
    );
    const gone = untilDisconnected(b, a.transport.peerId);
    const { done, seen } = fetching();
    const fault = await expectCode("BLOB_CORRUPT", () => done);
    expect(fault.data.peerId).to.equal(b.transport.peerId);
    expect(seen).to.have.length(2);
    await expectCode("BLOB_CORRUPT", () => fetching().done);
    await gone;
    expect(a.transport.connected()).to.deep.equal([]);
  });

  it("tell content that is too long or too short from a lie", async () => {
    serve(shelf.blocks);
    const tooLong = await expectCode("BLOB_TOO_LARGE", () => fetching({ lengthBytes: 2 * mebibyte }).done);
    expect(tooLong.data.peerId).to.equal(undefined);
    const tooShort = await expectCode("BLOB_CORRUPT", () => fetching({ lengthBytes: 6 * mebibyte }).done);
    expect(tooShort.data.peerId).to.equal(undefined);
    expect(a.transport.connected()).to.deep.equal([b.transport.peerId]);
  });

  it("stop at a block longer than a block may be", async () => {
    await b.libp2p.handle(blocksProtocol, (stream) => void stream.send(Uint8Array.of(0, 0, 16, 0, 1)));
    await expectCode("PEER_PROTOCOL", () => fetching().done);
  });

  it("stop at a response of unknown status", async () => {
    await b.libp2p.handle(blocksProtocol, (stream) => void stream.send(Uint8Array.of(7)));
    await expectCode("PEER_PROTOCOL", () => fetching().done);
  });

  it("are not begun for what is missing, wholly or in part", async () => {
    serve({ has: (cid) => cid.code === 0x70, get: (cid) => shelf.blocks.get(cid) });
    await expectCode("BLOB_NOT_FOUND", () => fetching().done);
    serve({ has: () => false, get: (cid) => shelf.blocks.get(cid) });
    await expectCode("BLOB_NOT_FOUND", () => fetching().done);
  });

  it("end with the signal's reason, on both sides", async () => {
    serve(shelf.blocks);
    const giveUp = new AbortController();
    const reason = new Error("enough");
    const { done } = fetching({ signal: giveUp.signal, onBlock: () => giveUp.abort(reason) });
    expect(await done.catch((error: unknown) => error)).to.equal(reason);
    await expectOpenStreams(b, 0);
  });

  it("give up a peer that sends nothing more", async () => {
    await b.libp2p.handle(blocksProtocol, (stream) => void stream.send(Uint8Array.of(0)));
    await expectCode("PEER_TIMEOUT", () => fetching().done);
  });

  it("are cut when the peer's role is revoked", async () => {
    serve(shelf.blocks);
    const { done } = fetching({ onBlock: () => b.transport.admit([]) });
    await expectCode("PEER_UNREACHABLE", () => done);
  });

  it("take turns, and are refused when too many wait", async () => {
    await stopAll(hosts);
    hosts = await connectedHosts(2, { limits: { blockStreams: 1, blockStreamsWaiting: 1 } });
    [a, b] = hosts as [Host, Host];
    exchange = createBlockExchange({ host: a, log });
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    let asked = 0;
    serve({
      has: async (cid) => {
        asked++;
        await opened;
        return shelf.blocks.has(cid);
      },
      get: (cid) => shelf.blocks.get(cid),
    });
    const three = [fetching(), fetching(), fetching()];
    const refused = await Promise.any(
      three.map(({ done }) =>
        done.then(
          () => Promise.reject(),
          (error) => error,
        ),
      ),
    );
    expect(refused.code).to.equal("PEER_REFUSED");
    expect(asked).to.equal(1);
    open();
    const outcomes = await Promise.allSettled(three.map(({ done }) => done));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).to.have.length(2);
  });

  it("are not begun for a request that is no CID", async () => {
    serve(shelf.blocks);
    expect(() => parseCid(new Uint8Array(36))).to.throw();
    const stream = await a.open(b.transport.peerId, blocksProtocol, AbortSignal.timeout(5_000));
    const closed = new Promise<void>((resolve) => stream.addEventListener("close", () => resolve()));
    stream.send(new Uint8Array(41).fill(36));
    await closed;
  });
});

/** Resolves when the host has this many open block streams. */
async function expectOpenStreams(host: Host, count: number): Promise<void> {
  const streams = host.libp2p.getConnections().flatMap((connection) => connection.streams);
  const open = streams.filter(({ protocol, status }) => protocol === blocksProtocol && status === "open");
  await Promise.all(
    open.slice(count).map((stream) => new Promise((resolve) => stream.addEventListener("close", resolve))),
  );
}
