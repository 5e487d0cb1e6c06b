import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { createGatewayStore, createKuboStore } from "../../node/storage/index.ts";
import { type BlobStoreSubject, blobStoreCompliance } from "../compliance/blob-store.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** A real Kubo daemon, offline, on free ports of this machine. */
async function startKubo(): Promise<{ rpc: string; gateway: string; stop(): Promise<void> }> {
  const directory = await temporaryDirectory();
  const env = { ...process.env, IPFS_PATH: directory.path };
  const ipfs = (...args: string[]) => spawnSync("ipfs", args, { env });
  ipfs("init", "--profile", "test");
  ipfs("config", "Addresses.API", "/ip4/127.0.0.1/tcp/0");
  ipfs("config", "Addresses.Gateway", "/ip4/127.0.0.1/tcp/0");
  const daemon: ChildProcess = spawn("ipfs", ["daemon", "--offline"], { env, stdio: ["ignore", "pipe", "ignore"] });
  const address = (line: string) => /\/ip4\/127\.0\.0\.1\/tcp\/(\d+)/.exec(line)?.[1];
  let rpc = "";
  let gateway = "";
  for await (const line of createInterface({ input: daemon.stdout as Readable })) {
    if (line.startsWith("RPC API server listening")) rpc = `http://127.0.0.1:${address(line)}`;
    if (line.startsWith("Gateway server listening")) gateway = `http://127.0.0.1:${address(line)}`;
    if (line.startsWith("Daemon is ready")) break;
  }
  return {
    rpc,
    gateway,
    async stop() {
      const ended = new Promise((resolve) => daemon.once("exit", resolve));
      daemon.kill();
      await ended;
      await directory.remove();
    },
  };
}

if (spawnSync("ipfs", ["version"]).status === 0) {
  blobStoreCompliance("a real Kubo daemon", true, async (): Promise<BlobStoreSubject> => {
    const kubo = await startKubo();
    return { store: createKuboStore({ url: kubo.rpc }), close: kubo.stop };
  });
  blobStoreCompliance("a real Kubo gateway", false, async (): Promise<BlobStoreSubject> => {
    const kubo = await startKubo();
    const store = createKuboStore({ url: kubo.rpc });
    return {
      store: createGatewayStore([kubo.gateway]),
      fill: async (bytes) => void (await store.put(bytes)),
      close: kubo.stop,
    };
  });
} else {
  describe("BlobStore: a real Kubo daemon", () => {
    it.skip("skipped: there is no `ipfs` on PATH");
  });
}
