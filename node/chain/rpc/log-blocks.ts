import type { Bytes32 } from "../../core/ids.ts";
import type { LinkedHead } from "./head-watch.ts";
import type { JsonRpc } from "./json-rpc.ts";
import type { LogFilter, RawLog, ReadLogs } from "./log-ranges.ts";

/** So many blocks are asked for one by one: two requests each. */
const mostBlocks = 32;

/**
 * Logs of the blocks from `from` up to a head, in chain order, the newest blocks one by one by their hashes, from the
 * head down: an endpoint whose index of ranges is behind its blocks has them there, and none of another branch. Where
 * it gives none by hash they are read by ranges. Rejects with RPC_UNREACHABLE.
 */
export async function readLogsByHash(
  { rpc, readLogs }: { readonly rpc: JsonRpc; readonly readLogs: ReadLogs },
  filter: LogFilter,
  { from, head }: { readonly from: number; readonly head: LinkedHead },
  signal?: AbortSignal,
): Promise<readonly RawLog[]> {
  const lowest = Math.max(from, head.number - mostBlocks + 1);
  const blocks: (readonly RawLog[])[] = [];
  let { hash, parentHash } = head;
  for (let number = head.number; number >= lowest; number--) {
    const answer = await rpc.ask("eth_getLogs", [{ ...filter, blockHash: hash }], signal);
    if ("error" in answer) return await readLogs(filter, from, head.number, signal);
    blocks.unshift(answer.result as RawLog[]);
    if (number === lowest) break;
    hash = parentHash;
    const block = await rpc.request<{ parentHash: Bytes32 } | null>("eth_getBlockByHash", [hash, false], signal);
    if (block === null) return await readLogs(filter, from, head.number, signal);
    parentHash = block.parentHash;
  }
  const before = lowest > from ? await readLogs(filter, from, lowest - 1, signal) : [];
  return [...before, ...blocks.flat()];
}
