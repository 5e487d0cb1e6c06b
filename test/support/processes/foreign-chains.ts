import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";

/** A chain of another maker, as a process of its own on the loopback interface. */
export interface ForeignChain {
  readonly url: string;
  readonly chainId: number;
  request(method: string, params?: readonly unknown[]): Promise<unknown>;
  /** Gives an account this much ether. */
  fund(account: string, ether: number): Promise<void>;
  /** Ends the process; what it had written stays. */
  stop(): Promise<void>;
  /** Starts it again over the same folder, at the same URL. */
  restart(): Promise<void>;
}

/** The name of a command from its environment variable, or as on the path; undefined where it does not run. */
export function commandOf(name: string, versionOption: string): string | undefined {
  const command = process.env[name.toUpperCase()] ?? name;
  return spawnSync(command, [versionOption]).status === 0 ? command : undefined;
}

/**
 * go-ethereum's developer chain with a block every second (`geth --dev --dev.period 1`). Its funded account is the
 * node's own.
 */
export async function startGeth(command: string, folder: string): Promise<ForeignChain> {
  const port = await freePort();
  const args = [
    "--dev",
    "--dev.period",
    "1",
    "--dev.gaslimit",
    "60000000",
    "--datadir",
    join(folder, "geth"),
    "--ipcdisable",
    "--nodiscover",
  ];
  const http = ["--http", "--http.addr", "127.0.0.1", "--http.port", `${port}`, "--http.api", "eth,net,web3,debug"];
  return await startChain(command, [...args, ...http, "--verbosity", "1"], port, async (request, account, wei) => {
    const [from] = (await request("eth_accounts")) as [string];
    await request("eth_sendTransaction", [{ from, to: account, value: wei }]);
  });
}

/**
 * Foundry's chain with a block every second, a chain id of its own, and its state in a file that it writes at its end
 * (`anvil --state FILE`; while it writes in between, a kill leaves half a file that it cannot read).
 */
export async function startAnvil(command: string, folder: string, chainId: number): Promise<ForeignChain> {
  const port = await freePort();
  const state = ["--state", join(folder, "anvil.json"), "--preserve-historical-states"];
  const args = [
    "--host",
    "127.0.0.1",
    "--port",
    `${port}`,
    "--block-time",
    "1",
    "--chain-id",
    `${chainId}`,
    "--silent",
  ];
  return await startChain(command, [...args, ...state], port, async (request, account, wei) => {
    await request("anvil_setBalance", [account, wei]);
  });
}

type Request = ForeignChain["request"];

async function startChain(
  command: string,
  args: readonly string[],
  port: number,
  give: (request: Request, account: string, wei: string) => Promise<void>,
): Promise<ForeignChain> {
  const url = `http://127.0.0.1:${port}`;
  const request: Request = async (method, params = []) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
    const { result, error } = (await response.json()) as { result?: unknown; error?: { message: string } };
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  };
  let child: ChildProcess;
  const start = async () => {
    child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr?.on("data", (data: Buffer) => (said += data.toString()));
    await untilAnswers(request, () => (child.exitCode === null ? undefined : said));
  };
  await start();
  const chainId = Number(await request("eth_chainId"));
  return {
    ...{ url, chainId, request },
    fund: (account, ether) => give(request, account, `0x${(BigInt(ether) * 10n ** 18n).toString(16)}`),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const closed = new Promise((resolve) => child.once("close", resolve));
      child.kill("SIGTERM");
      await closed;
    },
    restart: start,
  };
}

async function untilAnswers(request: Request, ended: () => string | undefined): Promise<void> {
  for (;;) {
    const said = ended();
    if (said !== undefined) throw new Error(`the chain ended: ${said}`);
    const answers = await request("eth_blockNumber").then(
      () => true,
      () => false,
    );
    if (answers) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A port of the loopback interface that nobody listens at now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
