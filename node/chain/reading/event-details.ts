import { getAddress } from "ethers";
import pLimit from "p-limit";
import type { Address, Bytes32, Hex } from "../../core/ids.ts";
import type { JsonRpc } from "../rpc/json-rpc.ts";
import type { RawLog } from "../rpc/log-ranges.ts";
import type { EventDetail } from "./events.ts";

const requestsAtOnce = 8;

/**
 * Sender, gas and time of each log's transaction, by its hash: one request for each transaction and each block. Without
 * sender and gas where the endpoints give no receipt. Undefined when a reorganisation took a block away meanwhile.
 * Rejects with RPC_UNREACHABLE.
 */
export async function readEventDetails(
  rpc: JsonRpc,
  logs: readonly RawLog[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<Bytes32, EventDetail> | undefined> {
  const limit = pLimit(requestsAtOnce);
  const readAll = async <T>(keys: Iterable<Hex>, read: (key: Hex) => Promise<T>) => {
    const all = [...new Set(keys)].map(async (key) => [key, await limit(() => read(key))] as const);
    return new Map(await Promise.all(all));
  };
  const readReceipt = async (hash: Hex) => {
    const answer = await rpc.ask("eth_getTransactionReceipt", [hash], signal);
    return "result" in answer ? (answer.result as { from: string; gasUsed: Hex } | null) : null;
  };
  const readBlock = (hash: Hex) => rpc.request<{ timestamp: Hex } | null>("eth_getBlockByHash", [hash, false], signal);
  const hashes = logs.map(({ transactionHash }) => transactionHash);
  const blockHashes = logs.map(({ blockHash }) => blockHash);
  const [receipts, blocks] = await Promise.all([readAll(hashes, readReceipt), readAll(blockHashes, readBlock)]);
  const details = new Map<Bytes32, EventDetail>();
  for (const { transactionHash, blockHash } of logs) {
    const receipt = receipts.get(transactionHash);
    const block = blocks.get(blockHash);
    if (!block) return undefined;
    const sent = receipt && { sender: getAddress(receipt.from) as Address, gasUsed: Number(receipt.gasUsed) };
    details.set(transactionHash, { timestampS: Number(block.timestamp), ...sent });
  }
  return details;
}
