import type { RawLog } from "../../../node/chain/rpc/log-ranges.ts";
import { Reply, type Script } from "./hostile-endpoint.ts";

/** Answers one method of the honest endpoint changed. */
export function changed(method: string, change: (result: never, params: readonly unknown[]) => unknown): Script {
  return async (asked, params, ask) => (asked === method ? change((await ask()) as never, params) : undefined);
}

/** Leaves out the logs of which this is true, whenever logs are asked for. */
export const withoutLogs = (isLeftOut: (log: RawLog) => boolean): Script =>
  changed("eth_getLogs", (logs: readonly RawLog[]) => logs.filter((log) => !isLeftOut(log)));

const someWord = `0x${"ee".repeat(32)}`;

/** Changes one log: the last one of which `isMeant` is true. */
export const oneLog = (change: (log: RawLog) => unknown, isMeant: (log: RawLog) => boolean = () => true): Script =>
  changed("eth_getLogs", (logs: readonly RawLog[]) => {
    const at = logs.findLastIndex(isMeant);
    return logs.map((log, i) => (i === at ? change(log) : log));
  });

/** Lies about a contract's logs, by name. None changes an answer without logs. */
export const logLies: Readonly<Record<string, Script>> = {
  "its last log is left out": changed("eth_getLogs", (logs: readonly RawLog[]) => logs.slice(0, -1)),
  "its first log is left out": changed("eth_getLogs", (logs: readonly RawLog[]) => logs.slice(1)),
  "a log in the middle is left out": changed("eth_getLogs", (logs: readonly RawLog[]) =>
    logs.filter((_, i) => i !== logs.length >> 1),
  ),
  "no logs at all": changed("eth_getLogs", () => []),
  "the same log twice": changed("eth_getLogs", (logs: readonly RawLog[]) => [...logs, ...logs.slice(-1)]),
  "all logs twice": changed("eth_getLogs", (logs: readonly RawLog[]) => [...logs, ...logs]),
  "logs in another order": changed("eth_getLogs", (logs: readonly RawLog[]) => [...logs].reverse()),
  "a log of another address": oneLog((log) => ({ ...log, address: `0x${"ab".repeat(20)}` })),
  "a log that is removed": oneLog((log) => ({ ...log, removed: true })),
  "a log of another event": oneLog((log) => ({ ...log, topics: [someWord, ...log.topics.slice(1)] })),
  "a log of a block that nobody knows": oneLog((log) => ({ ...log, blockHash: someWord })),
  "a log beyond the range": oneLog((log) => ({
    ...log,
    blockNumber: `0x${(Number(log.blockNumber) + 1_000).toString(16)}`,
  })),
  "a log with another place in its block": oneLog((log) => ({ ...log, logIndex: "0x7fff" })),
  "a log whose data differs in one bit": oneLog((log) => ({ ...log, data: flipLastBit(log.data) })),
  "a log without data": oneLog(({ data: _, ...log }) => log),
  "a log without its block's hash": oneLog(({ blockHash: _, ...log }) => log),
  "a log whose block is a number": oneLog((log) => ({ ...log, blockNumber: Number(log.blockNumber) })),
  "null for logs": changed("eth_getLogs", () => null),
};

/** Answers that are none, whatever is asked, by name. */
export const brokenAnswers: Readonly<Record<string, Script>> = {
  "the answer to another request": async (_, __, ask) => {
    const result = await ask();
    return new Reply({ body: JSON.stringify({ jsonrpc: "2.0", id: 999_999, result }) });
  },
  "a web page with status 200": () => new Reply({ body: "<html><body>Please log in</body></html>" }),
  "a web page with status 502": () => new Reply({ status: 502, body: "<html>Bad Gateway</html>" }),
  "an empty body": () => new Reply({}),
  "null for an answer": () => new Reply({ body: "null" }),
  "neither result nor error": () => new Reply({ body: (id) => JSON.stringify({ jsonrpc: "2.0", id }) }),
  "half of an answer": async (_, __, ask) => {
    const result = await ask();
    return new Reply({ body: (id) => JSON.stringify({ jsonrpc: "2.0", id, result }), end: "cut" });
  },
  "a connection that is closed": () => new Reply({ end: "hung-up" }),
  silence: () => new Reply({ end: "silent" }),
};

/** Says that it is on another chain. */
export const otherChain = (chainId: number): Script => changed("eth_chainId", () => `0x${chainId.toString(16)}`);

/** Knows no code at any address. */
export const noCode: Script = changed("eth_getCode", () => "0x");

/** Is behind: the newest blocks, and whatever is in them, are not there yet. Calls answer by the newest block. */
export function lagging(blocks: number): Script {
  return async (method, params, ask) => {
    const newest = Math.max(0, Number(await ask("eth_blockNumber", [])) - blocks);
    return answerUpTo(newest, method, params, ask);
  };
}

/** Its head stands still at a block. */
export const standingAt =
  (newest: number): Script =>
  (method, params, ask) =>
    answerUpTo(newest, method, params, ask);

async function answerUpTo(newest: number, ...[method, params, ask]: Parameters<Script>): Promise<unknown> {
  const quantity = `0x${newest.toString(16)}`;
  if (method === "eth_blockNumber") return quantity;
  if (method === "eth_getBlockByNumber") {
    const [tag, whole] = params as [string, boolean];
    if (tag === "latest") return ask(method, [quantity, whole]);
    return tag.startsWith("0x") && Number(tag) > newest ? null : undefined;
  }
  if (method === "eth_getBlockByHash" || method === "eth_getTransactionReceipt") {
    const found = (await ask()) as { number?: string; blockNumber?: string } | null;
    return Number(found?.number ?? found?.blockNumber) > newest ? null : found;
  }
  if (method === "eth_getLogs") {
    const logs = (await ask()) as readonly RawLog[];
    return logs.filter(({ blockNumber }) => Number(blockNumber) <= newest);
  }
  return undefined;
}

/** Answers only once the gate is open. */
export const after =
  (gate: Promise<unknown>): Script =>
  async () => {
    await gate;
    return undefined;
  };

/** Lies only about this method. */
export const onlyAbout =
  (method: string, script: Script): Script =>
  (asked, params, ask) =>
    asked === method ? script(asked, params, ask) : undefined;

function flipLastBit(data: string): string {
  return data.slice(0, -1) + (Number.parseInt(data.slice(-1), 16) ^ 1).toString(16);
}

/** Keeps the state of the newest block only, and says so in these words: of others no call is answered. */
export const withoutState =
  (message = "missing trie node 00 (path )"): Script =>
  (method, [, block]) => {
    if (method !== "eth_call" || !String(block).startsWith("0x")) return undefined;
    throw Object.assign(new Error(message), { code: -32_000 });
  };
