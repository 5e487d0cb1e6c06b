import { getAddress } from "ethers";
import pLimit from "p-limit";
import type { Address, Bytes32, Hex } from "../core/ids.ts";
import type { EventDetail } from "./events.ts";
import type { JsonRpc } from "./json-rpc.ts";
import type { RawLog } from "./log-ranges.ts";

const requestsAtOnce = 8;

/**
 * Sender, gas and time of each log's transaction, by its hash: one request for each transaction and each block.
 * Undefined when a reorganisation took one away meanwhile. Rejects with RPC_UNREACHABLE.
 */
export async function readEventDetails(
  rpc: JsonRpc,
  logs: readonly RawLog[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<Bytes32, EventDetail> | undefined> {
  const limit = pLimit(requestsAtOnce);
  const readAll = async <T>(method: string, keys: Iterable<Hex>, ...rest: readonly unknown[]) => {
    const read = [...new Set(keys)].map(async (key) => {
      const value = await limit(() => rpc.request<T | null>(method, [key, ...rest], signal));
      return [key, value] as const;
    });
    return new Map(await Promise.all(read));
  };
  const hashes = logs.map(({ transactionHash }) => transactionHash);
  const blockHashes = logs.map(({ blockHash }) => blockHash);
  const [receipts, blocks] = await Promise.all([
    readAll<{ from: string; gasUsed: Hex }>("eth_getTransactionReceipt", hashes),
    readAll<{ timestamp: Hex }>("eth_getBlockByHash", blockHashes, false),
  ]);
  const details = new Map<Bytes32, EventDetail>();
  for (const { transactionHash, blockHash } of logs) {
    const receipt = receipts.get(transactionHash);
    const block = blocks.get(blockHash);
    if (!receipt || !block) return undefined;
    details.set(transactionHash, {
      sender: getAddress(receipt.from) as Address,
      gasUsed: Number(receipt.gasUsed),
      timestampS: Number(block.timestamp),
    });
  }
  return details;
}
