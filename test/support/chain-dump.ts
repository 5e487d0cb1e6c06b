import { Interface } from "ethers";
import type { EmbeddedChain } from "../../node/chain/index.ts";
import type { Address, Bytes32, TaskId } from "../../node/core/ids.ts";

/** What test/interop/second-implementation/audit.py reads: the chain as JSON-RPC gives it, nothing decoded, and the blobs. */
export interface ChainDump {
  readonly chainId: number;
  readonly federation: Address;
  readonly taskId: TaskId;
  readonly logs: RawLog[];
  /** Input of each transaction with logs, by its hash. */
  readonly transactions: Record<string, string>;
  /** Time and randomness of each block with logs, in hexadecimal, by its number as the logs write it. */
  readonly blocks: Record<string, { readonly timestamp: string; readonly mixHash: string }>;
  /** What the contract returns for taskState(taskId). */
  readonly taskState: string;
  /** Bytes in hexadecimal, by content id. */
  readonly blobs: Record<string, string>;
}

/** A log of eth_getLogs, as far as it is used. */
export interface RawLog {
  readonly blockNumber: string;
  readonly logIndex: string;
  readonly transactionHash: string;
  readonly topics: readonly string[];
  data: string;
}

/** Reads a federation's record of one task from a chain, past every part of this project that decodes it. */
export async function dumpChain(
  chain: Pick<EmbeddedChain, "request">,
  federation: Address,
  taskId: TaskId,
  blobs: ReadonlyMap<Bytes32, Uint8Array>,
): Promise<ChainDump> {
  const call = <Result>(method: string, ...params: unknown[]) => chain.request(method, params) as Promise<Result>;
  const logs = await call<RawLog[]>("eth_getLogs", { address: federation, fromBlock: "0x0", toBlock: "latest" });
  const transactions: ChainDump["transactions"] = {};
  const blocks: ChainDump["blocks"] = {};
  for (const { transactionHash, blockNumber } of logs) {
    transactions[transactionHash] ??= (
      await call<{ input: string }>("eth_getTransactionByHash", transactionHash)
    ).input;
    blocks[blockNumber] ??= await call<ChainDump["blocks"][string]>("eth_getBlockByNumber", blockNumber, false);
  }
  const data = new Interface(["function taskState(uint32)"]).encodeFunctionData("taskState", [taskId]);
  return {
    chainId: Number(await call<string>("eth_chainId")),
    federation,
    taskId,
    logs,
    transactions,
    blocks,
    taskState: await call<string>("eth_call", { to: federation, data }, "latest"),
    blobs: Object.fromEntries([...blobs].map(([id, bytes]) => [id, Buffer.from(bytes).toString("hex")])),
  };
}
