import { loadContractInterface } from "../../../node/chain/contracts/contract-abi.ts";
import type { EmbeddedChain } from "../../../node/chain/index.ts";
import { readTask, slotsOfTask } from "../../../node/chain/reading/storage-layout.ts";
import type { Address, Bytes32, Hex, TaskId } from "../../../node/core/ids.ts";

/**
 * What test/interop/second-implementation/audit.py reads: the chain as JSON-RPC gives it, nothing decoded, and the
 * blobs.
 */
export interface ChainDump {
  readonly chainId: number;
  readonly federation: Address;
  readonly taskId: TaskId;
  readonly logs: RawLog[];
  /** Time and randomness of all blocks, in hexadecimal, by their numbers as the logs write them. */
  readonly blocks: Record<string, { readonly timestamp: string; readonly mixHash: string }>;
  /** Words of the task in the contract's storage. */
  readonly stored: { readonly modelRoot: string; readonly historyHead: string; readonly accumulator: string };
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

/** Reads a federation's record of one task from a chain, past every part of this project that decodes events. */
export async function dumpChain(
  chain: Pick<EmbeddedChain, "request">,
  federation: Address,
  taskId: TaskId,
  blobs: ReadonlyMap<Bytes32, Uint8Array>,
): Promise<ChainDump> {
  const call = <Result>(method: string, ...params: unknown[]) => chain.request(method, params) as Promise<Result>;
  const logs = await call<RawLog[]>("eth_getLogs", { address: federation, fromBlock: "0x0", toBlock: "latest" });
  const blocks: ChainDump["blocks"] = {};
  const newest = Number(await call<string>("eth_blockNumber"));
  for (let number = 0; number <= newest; number++) {
    const name = `0x${number.toString(16)}`;
    const { timestamp, mixHash } = await call<ChainDump["blocks"][string]>("eth_getBlockByNumber", name, false);
    blocks[name] = { timestamp, mixHash };
  }
  const contract = await loadContractInterface();
  const data = contract.encodeFunctionData("extsload", [slotsOfTask(taskId)]);
  const answer = await call<Hex>("eth_call", { to: federation, data }, "latest");
  const { modelRoot, historyHead, accumulator } = readTask([...contract.decodeFunctionResult("extsload", answer)[0]]);
  return {
    chainId: Number(await call<string>("eth_chainId")),
    federation,
    taskId,
    logs,
    blocks,
    stored: { modelRoot, historyHead, accumulator },
    blobs: Object.fromEntries(
      [...blobs].map(([contentId, bytes]) => [contentId, `0x${Buffer.from(bytes).toString("hex")}`]),
    ),
  };
}
