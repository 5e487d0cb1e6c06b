// A JSON-RPC endpoint that lies to one member of a masked round, as a process of its own: `node lying-endpoint.ts
// UPSTREAM FEDERATION VICTIM LIE`.
// It prints its URL as a line of JSON. What it shows is consistent in itself: a node's fold of the history finds
// nothing wrong with it.
//   split-view    swallows the victim's commitment, and shows it a round that closed with it
//   hidden-keys   hides one member's keys as well, so that the victim shares masks with fewer
//   swapped-keys  shows another key in the place of one member's
import { Transaction } from "ethers";
import { loadContractInterface } from "../../../node/chain/contracts/contract-abi.ts";
import { createRpcServer } from "../../../node/chain/rpc/rpc-server.ts";
import type { Address, Hex } from "../../../node/core/ids.ts";
import { type DecodedLog, forgeHistory, type Lie } from "./forged-history.ts";

const [upstream, federation, victim, lie] = process.argv.slice(2) as [string, Address, Address, Lie];
const contract = await loadContractInterface();
let swallowed: { readonly hash: string; readonly block: number; readonly args: Record<string, unknown> } | undefined;

async function ask(method: string, params: readonly unknown[] = []): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const response = await fetch(upstream, { method: "POST", headers: { "content-type": "application/json" }, body });
  const { result, error } = (await response.json()) as { result?: unknown; error?: { message: string } };
  if (error !== undefined) throw Object.assign(new Error(error.message), error);
  return result;
}

const latest = async () => Number(await ask("eth_blockNumber"));
const quantity = (value: number): Hex => `0x${value.toString(16)}`;

/** All logs of the federation, as the victim is to see them. */
async function shown(): Promise<readonly DecodedLog[]> {
  const raw = await ask("eth_getLogs", [{ address: federation, fromBlock: "0x0", toBlock: "latest" }]);
  const block = swallowed && (await ask("eth_getBlockByNumber", [quantity(swallowed.block), false]));
  const commitment =
    swallowed && block ? { ...swallowed, blockHash: (block as { hash: string }).hash, victim } : undefined;
  return forgeHistory(contract, raw as readonly DecodedLog[], { lie, victim, commitment });
}

async function logs(filter: Record<string, unknown>): Promise<unknown> {
  const real = (await ask("eth_getLogs", [filter])) as readonly DecodedLog[];
  if (typeof filter.fromBlock !== "string") return real;
  const [from, to] = [filter.fromBlock, filter.toBlock].map((at) =>
    typeof at === "string" && at.startsWith("0x") ? Number(at) : Number.POSITIVE_INFINITY,
  );
  const topics = (filter.topics ?? []) as readonly (string | readonly string[] | null)[];
  const fits = ({ blockNumber, topics: own }: DecodedLog) =>
    Number(blockNumber) >= from! &&
    Number(blockNumber) <= to! &&
    topics.every((topic, i) => topic === null || [topic].flat().includes(own[i]!));
  return (await shown()).filter(fits);
}

/** Takes the victim's commitment and says that it is in the next block. */
async function sendRaw(raw: string): Promise<unknown> {
  const transaction = Transaction.from(raw);
  const call = contract.parseTransaction({ data: transaction.data });
  const isMine = transaction.from?.toLowerCase() === victim.toLowerCase() && call?.name === "commit";
  if (!isMine || lie === "swapped-keys") return await ask("eth_sendRawTransaction", [raw]);
  swallowed ??= { hash: transaction.hash!, block: (await latest()) + 1, args: call!.args.toObject() };
  return transaction.hash;
}

async function receipt(hash: string): Promise<unknown> {
  if (hash !== swallowed?.hash) return await ask("eth_getTransactionReceipt", [hash]);
  if ((await latest()) < swallowed.block) return null;
  const block = (await ask("eth_getBlockByNumber", [quantity(swallowed.block), false])) as { hash: string };
  const { hash: transactionHash, block: number } = swallowed;
  const place = { transactionHash, blockNumber: quantity(number), blockHash: block.hash, transactionIndex: "0x0" };
  return {
    ...place,
    status: "0x1",
    gasUsed: "0xa000",
    effectiveGasPrice: "0x1",
    logs: [],
    from: victim,
    to: federation,
  };
}

async function estimate(params: readonly unknown[]): Promise<unknown> {
  const { data } = params[0] as { data?: string };
  const isCommitment = data?.startsWith(contract.getFunction("commit")!.selector);
  // over hidden keys the true contract would refuse it
  return await ask("eth_estimateGas", params).catch((error: unknown) => {
    if (isCommitment && lie !== "swapped-keys") return "0x20000";
    throw error;
  });
}

const server = await createRpcServer(
  {
    async request({ method, params = [] }) {
      switch (method) {
        case "eth_getLogs":
          return await logs(params[0] as Record<string, unknown>);
        case "eth_sendRawTransaction":
          return await sendRaw(params[0] as string);
        case "eth_getTransactionReceipt":
          return await receipt(params[0] as string);
        case "eth_estimateGas":
          return await estimate(params);
        case "eth_call":
          // it cannot show a storage that its logs make: it says that it keeps none
          if (String(params[1]).startsWith("0x"))
            throw Object.assign(new Error("missing trie node"), { code: -32_000 });
          return await ask(method, params);
        default:
          return await ask(method, params);
      }
    },
  },
  { hostname: "127.0.0.1", port: 0 },
);
process.stdout.write(`${JSON.stringify({ url: server.url })}\n`);
