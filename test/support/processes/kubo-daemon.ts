import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { temporaryDirectory } from "../temporary-directory.ts";
import { commandOf } from "./foreign-chains.ts";

/**
 * The `ipfs` command, from IPFS or the path; undefined where there is none. Kubo builds by `go build ./cmd/ipfs` in its
 * module's folder. Where the fork of go-libp2p that its go.mod puts in the place of the released one is not to be had:
 * take that `replace` line out, and take quic-go and webtransport-go back to the versions of go-libp2p's own go.mod.
 */
export const ipfsCommand = commandOf("ipfs", "version");

/** A real Kubo daemon, offline, on ports of this machine. */
export interface KuboDaemon {
  readonly rpc: string;
  readonly gateway: string;
  /** What a command of it says, without white space at its ends. */
  ipfs(args: readonly string[], input?: Uint8Array): string;
  /** Ends it at once; what it had written stays. */
  kill(): Promise<void>;
  /** Starts it again over the same folder, at the same ports. */
  restart(): Promise<void>;
  /** Ends it, and removes its folder. */
  stop(): Promise<void>;
}

/** Starts a daemon with a folder of its own. */
export async function startKubo(): Promise<KuboDaemon> {
  const directory = await temporaryDirectory();
  const env = { ...process.env, IPFS_PATH: directory.path };
  const command = ipfsCommand as string;
  const ipfs = (args: readonly string[], input: Uint8Array = new Uint8Array()) =>
    spawnSync(command, args, { env, input }).stdout.toString().trim();
  ipfs(["init", "--profile", "test"]);
  const listenOn = (rpcPort: string, gatewayPort: string) => {
    ipfs(["config", "Addresses.API", `/ip4/127.0.0.1/tcp/${rpcPort}`]);
    ipfs(["config", "Addresses.Gateway", `/ip4/127.0.0.1/tcp/${gatewayPort}`]);
  };
  listenOn("0", "0");
  let daemon: ChildProcess;

  async function start(): Promise<readonly [string, string]> {
    daemon = spawn(command, ["daemon", "--offline"], { env, stdio: ["ignore", "pipe", "ignore"] });
    const ports: Record<string, string> = {};
    for await (const line of createInterface({ input: daemon.stdout as Readable })) {
      const [, what, port] = /^(RPC API|Gateway) server listening on \/ip4\/127\.0\.0\.1\/tcp\/(\d+)/.exec(line) ?? [];
      if (what !== undefined && port !== undefined) ports[what] = port;
      if (line.startsWith("Daemon is ready")) break;
    }
    return [ports["RPC API"] ?? "", ports.Gateway ?? ""];
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (daemon.exitCode !== null || daemon.signalCode !== null) return;
    const ended = new Promise((resolve) => daemon.once("exit", resolve));
    daemon.kill(signal);
    await ended;
  }

  const [rpcPort, gatewayPort] = await start();
  return {
    rpc: `http://127.0.0.1:${rpcPort}`,
    gateway: `http://127.0.0.1:${gatewayPort}`,
    ipfs,
    kill: () => end("SIGKILL"),
    async restart() {
      listenOn(rpcPort, gatewayPort);
      await start();
    },
    async stop() {
      await end("SIGTERM");
      await directory.remove();
    },
  };
}
