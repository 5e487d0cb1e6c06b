// Blob transfer on loopback: a raw libp2p stream, verified block streams, bitswap; two hosts in one process.
// Run: node test/bench/blobs.ts [megabytes] [repetitions]
import { sendBytes, streamReader } from "../../node/p2p/blocks/stream-io.ts";
import { createBlockExchange, type Host } from "../../node/p2p/index.ts";
import { createHeliaStore, type HeliaStore } from "../../node/storage/index.ts";
import { testBlob } from "../support/blobs.ts";
import { connectedHosts, stopAll } from "../support/processes/hosts.ts";
import { silentLog as log } from "../support/silent-log.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const megabytes = Number(process.argv[2] ?? 50);
const repetitions = Number(process.argv[3] ?? 5);
const rawProtocol = "/fedledger/bench-raw/1";

const hosts = await connectedHosts(2);
const [from, to] = hosts as [Host, Host];
const directories = [await temporaryDirectory(), await temporaryDirectory()];
const context = (peerId: string) => ({ peerId, idleTimeoutMs: 10_000 });
let current: Uint8Array = new Uint8Array(0);
await from.libp2p.handle(rawProtocol, async (stream, { remotePeer }) => {
  await sendBytes(stream, current, context(remotePeer.toString()));
  await stream.close();
});

const store = async (host: Host, options: { stream: boolean; directory?: string }): Promise<HeliaStore> => {
  const opened = await createHeliaStore({
    log,
    libp2p: host.libp2p,
    ...(options.stream ? { blockStream: createBlockExchange({ host, log }) } : {}),
    ...(options.directory === undefined ? {} : { directory: options.directory }),
  });
  await opened.start();
  return opened;
};

async function measure(name: string, work: (bytes: Uint8Array) => Promise<() => Promise<unknown>>): Promise<void> {
  const rates: number[] = [];
  for (let i = 0; i < repetitions; i++) {
    const bytes = testBlob(megabytes * 1e6, i + 1);
    const transfer = await work(bytes);
    const startMs = performance.now();
    await transfer();
    rates.push((megabytes * 1e3) / (performance.now() - startMs));
  }
  rates.sort((a, b) => a - b);
  const median = rates[repetitions >> 1] as number;
  process.stdout.write(
    `${name.padEnd(34)} ${median.toFixed(0).padStart(5)} MB/s median, ${rates.at(-1)?.toFixed(0)} best\n`,
  );
}

await measure("raw libp2p stream", async (bytes) => {
  current = bytes;
  return async () => {
    const stream = await to.open(from.transport.peerId, rawProtocol, AbortSignal.timeout(5_000));
    await streamReader(stream, context(from.transport.peerId)).fill(new Uint8Array(bytes.length));
    await stream.close();
  };
});

for (const [name, stream, onDisk] of [
  ["block stream, blocks in memory", true, false],
  ["block stream, blocks on disk", true, true],
  ["bitswap, blocks in memory", false, false],
  ["bitswap, blocks on disk", false, true],
] as const) {
  const directoryOf = (i: number) => (onDisk ? { directory: directories[i]?.path as string } : {});
  const stores = [await store(from, { stream, ...directoryOf(0) }), await store(to, { stream, ...directoryOf(1) })];
  const [source, target] = stores as [HeliaStore, HeliaStore];
  let last: { contentId: `0x${string}`; lengthBytes: number } | undefined;
  await measure(name, async (bytes) => {
    for (const each of last ? stores : []) {
      await each.remove(last?.contentId as `0x${string}`, last?.lengthBytes as number);
      await each.gc();
    }
    const contentId = await source.put(bytes);
    last = { contentId, lengthBytes: bytes.length };
    return () => target.get(contentId, { lengthBytes: bytes.length, providers: [from.transport.peerId] });
  });
  for (const each of stores) {
    await each.remove(last?.contentId as `0x${string}`, last?.lengthBytes as number);
    await each.gc();
  }
  await stopAll(stores);
}

await stopAll(hosts);
for (const directory of directories) await directory.remove();
