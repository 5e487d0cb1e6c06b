import { truncate } from "node:fs/promises";
import { join } from "node:path";
import { NextToLast } from "blockstore-fs/sharding";
import { expect } from "chai";
import { cidOf, contentIdOf } from "../../../../node/core/bytes/content-id.ts";
import { createBlockExchange, type Host } from "../../../../node/p2p/index.ts";
import type { BlobStore, BlockExchange } from "../../../../node/ports/index.ts";
import { createHeliaStore, type HeliaStore, type HeliaStoreOptions } from "../../../../node/storage/index.ts";
import { testBlob } from "../../../support/blobs.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { connectedHosts, hostOf, stopAll } from "../../../support/processes/hosts.ts";
import { silentLog as log } from "../../../support/silent-log.ts";
import { temporaryDirectory } from "../../../support/temporary-directory.ts";

const mebibyte = 1 << 20;

describe("Helia store", () => {
  const opened: HeliaStore[] = [];
  let hosts: Host[] = [];
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  beforeEach(async () => {
    directory = await temporaryDirectory();
  });
  afterEach(async () => {
    await stopAll(opened.splice(0));
    await stopAll(hosts.splice(0));
    await directory.remove();
  });

  async function open(options: Partial<HeliaStoreOptions> = {}): Promise<HeliaStore> {
    const store = await createHeliaStore({ log, ...options });
    await store.start();
    opened.push(store);
    return store;
  }
  async function close(store: HeliaStore): Promise<void> {
    opened.splice(opened.indexOf(store), 1);
    await store.stop();
  }
  const atHost = (host: Host, options: Partial<HeliaStoreOptions> = {}) =>
    open({ libp2p: host.libp2p, blockStream: createBlockExchange({ host, log }), ...options });
  const fileOf = (contentId: `0x${string}`, lengthBytes: number) => {
    const { dir, file } = new NextToLast().encode(cidOf(contentId, lengthBytes));
    return join(directory.path, "blocks", dir, file);
  };

  describe("on disk", () => {
    it("finds its blobs again after a restart", async () => {
      const bytes = testBlob(2 * mebibyte + 9, 1);
      const first = await open({ directory: directory.path });
      const contentId = await first.put(bytes);
      await close(first);
      const second = await open({ directory: directory.path });
      expect(await second.has(contentId, bytes.length)).to.equal(true);
      expect(Buffer.compare(await second.get(contentId, { lengthBytes: bytes.length }), bytes)).to.equal(0);
    });

    for (const [what, keep] of [
      ["half of a block", 500],
      ["an empty block", 0],
    ] as const) {
      it(`trusts ${what} as little as none, and heals by the next put`, async () => {
        const bytes = testBlob(1_000, 2);
        const first = await open({ directory: directory.path });
        const contentId = await first.put(bytes);
        await close(first);
        await truncate(fileOf(contentId, 1_000), keep);
        const second = await open({ directory: directory.path });
        expect(await second.has(contentId, 1_000)).to.equal(false);
        await expectCode("BLOB_NOT_FOUND", () => second.get(contentId, { lengthBytes: 1_000 }));
        await second.put(bytes);
        expect(Buffer.compare(await second.get(contentId, { lengthBytes: 1_000 }), bytes)).to.equal(0);
      });
    }

    it("does not give out a block damaged while it runs", async () => {
      const bytes = testBlob(1_000, 3);
      const store = await open({ directory: directory.path });
      const contentId = await store.put(bytes);
      await truncate(fileOf(contentId, 1_000), 999);
      await expectCode("BLOB_NOT_FOUND", () => store.get(contentId, { lengthBytes: 1_000 }));
    });

    it("can be opened by one process at a time", async () => {
      await open({ directory: directory.path });
      const second = await createHeliaStore({ directory: directory.path, log });
      await expectCode("DIRECTORY_IN_USE", () => second.start());
    });

    it("collects what was removed and nothing else, while others put and get", async () => {
      const store = await open({ directory: directory.path });
      const [kept, dropped, late] = [testBlob(2 * mebibyte, 4), testBlob(2 * mebibyte, 5), testBlob(3 * mebibyte, 6)];
      const keptId = await store.put(kept);
      const droppedId = await store.put(dropped);
      await store.remove(droppedId, dropped.length);
      const [lateId] = await Promise.all([
        store.put(late),
        store.gc(),
        store.get(keptId, { lengthBytes: kept.length }),
      ]);
      await store.gc();
      expect(await store.has(keptId, kept.length)).to.equal(true);
      expect(await store.has(lateId, late.length)).to.equal(true);
      expect(await store.has(droppedId, dropped.length)).to.equal(false);
    });
  });

  describe("between members", () => {
    it("moves 25 MB by block stream, keeps it, and does not ask twice", async () => {
      hosts = await connectedHosts(2);
      const [a, b] = hosts as [Host, Host];
      const [from, to] = [await atHost(a), await atHost(b, { directory: directory.path })];
      const bytes = testBlob(25_000_000, 7);
      const contentId = await from.put(bytes);
      const sources = new Set<string>();
      const options = {
        lengthBytes: bytes.length,
        providers: [a.transport.peerId],
        onProgress: (progress: { from: string }) => void sources.add(progress.from),
      };
      expect(Buffer.compare(await to.get(contentId, options), bytes)).to.equal(0);
      expect([...sources]).to.deep.equal([a.transport.peerId]);
      sources.clear();
      await to.gc();
      await to.get(contentId, options);
      expect([...sources]).to.deep.equal(["local"]);
    });

    it("asks the next provider when one lies, and goes on where another was cut off", async () => {
      hosts = await connectedHosts(3);
      const [a, b, c] = hosts as [Host, Host, Host];
      const bytes = testBlob(6 * mebibyte, 8);
      const [whole, cut] = [await atHost(a), await open()];
      const contentId = await whole.put(bytes);
      await cut.put(bytes);
      let served = 0;
      const hangingUp = Promise.withResolvers<void>();
      createBlockExchange({ host: b, log }).serve({
        has: () => true,
        async *get(cid) {
          if (served++ === 4) await hangingUp.promise;
          yield* cut.blocks.get(cid);
        },
      });
      const store = await atHost(c);
      const received = new Map<string, number>();
      let last = 0;
      const got = await store.get(contentId, {
        lengthBytes: bytes.length,
        providers: [b.transport.peerId, a.transport.peerId],
        onProgress: ({ from, bytes: count }) => {
          received.set(from, (received.get(from) ?? 0) + count - last);
          last = count;
          if (received.size === 1) b.libp2p.hangUp(c.libp2p.peerId).then(hangingUp.resolve, hangingUp.reject);
        },
      });
      expect(Buffer.compare(got, bytes)).to.equal(0);
      expect(received.get(b.transport.peerId)).to.be.greaterThan(0);
      expect([...received.values()].reduce((sum, count) => sum + count)).to.equal(bytes.length);
    });

    it("says BLOB_CORRUPT when the only provider lies", async () => {
      hosts = await connectedHosts(2);
      const [a, b] = hosts as [Host, Host];
      const bytes = testBlob(500, 9);
      createBlockExchange({ host: a, log }).serve({ has: () => true, get: () => [testBlob(500, 10)] });
      const store = await atHost(b, { bitswapIdleTimeoutMs: 200 });
      await expectCode("BLOB_CORRUPT", async () =>
        store.get(await contentIdOf(bytes), { lengthBytes: 500, providers: [a.transport.peerId] }),
      );
    });

    it("gets by bitswap what no provider streams", async () => {
      hosts = await connectedHosts(2);
      const [a, b] = hosts as [Host, Host];
      const bytes = testBlob(5_000_000, 11);
      const [from, to] = [await open({ libp2p: a.libp2p }), await atHost(b)];
      const contentId = await from.put(bytes);
      const sources = new Set<string>();
      const got = await to.get(contentId, {
        lengthBytes: bytes.length,
        providers: [a.transport.peerId],
        onProgress: (progress) => void sources.add(progress.from),
      });
      expect(Buffer.compare(got, bytes)).to.equal(0);
      expect([...sources]).to.deep.equal(["ipfs"]);
    });

    it("gives up what nobody has", async () => {
      hosts = await connectedHosts(2);
      const [a, b] = hosts as [Host, Host];
      await atHost(a);
      const store = await atHost(b, { bitswapIdleTimeoutMs: 200 });
      const contentId = await contentIdOf(testBlob(10, 12));
      const absent = (await hostOf(9)).transport.peerId;
      await expectCode("BLOB_NOT_FOUND", () =>
        store.get(contentId, { lengthBytes: 10, providers: [absent, a.transport.peerId] }),
      );
    });

    it("fetches a blob once for several who want it at the same time", async () => {
      const bytes = testBlob(3 * mebibyte, 13);
      const shelf = await open();
      const contentId = await shelf.put(bytes);
      let fetches = 0;
      const blockStream: BlockExchange = {
        serve: () => () => {},
        async fetch(_peer, { into, onBlock }) {
          fetches++;
          into.set(bytes);
          const root = cidOf(contentId, bytes.length);
          for await (const block of shelf.blocks.get(root)) await onBlock(root, block);
          for (let at = 0; at < bytes.length; at += mebibyte) {
            const leaf = bytes.subarray(at, at + mebibyte);
            await onBlock(cidOf(await contentIdOf(leaf), leaf.length), leaf);
          }
        },
      };
      const store: BlobStore = await open({ blockStream });
      const options = { lengthBytes: bytes.length, providers: ["somebody"] };
      const all = await Promise.all([1, 2, 3].map(() => store.get(contentId, options)));
      for (const each of all) expect(Buffer.compare(each, bytes)).to.equal(0);
      expect(fetches).to.equal(1);
    });

    it("lets a second caller give up while the first one goes on waiting", async () => {
      const bytes = testBlob(1_000, 14);
      const contentId = await contentIdOf(bytes);
      const blockStream: BlockExchange = {
        serve: () => () => {},
        fetch: (_peer, { signal }) =>
          new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true })),
      };
      const store = await open({ blockStream });
      const [life, patience] = [new AbortController(), new AbortController()];
      const options = { lengthBytes: bytes.length, providers: ["somebody"] };
      const first = store.get(contentId, { ...options, signal: life.signal }).catch((error: unknown) => error);
      const second = store.get(contentId, { ...options, signal: patience.signal }).catch((error: unknown) => error);
      const late = new Error("late");
      patience.abort(late);
      expect(await second).to.equal(late);
      const third = store.get(contentId, options);
      await store.put(bytes);
      life.abort(late);
      expect(await first).to.equal(late);
      expect(Buffer.compare(await third, bytes), "and a third one in its turn").to.equal(0);
    });
  });
});
