import type { Bytes32 } from "../../core/ids.ts";
import { type LinkedHead, readBlock } from "./head-watch.ts";
import type { JsonRpc } from "./json-rpc.ts";
import { readLogsByHash } from "./log-blocks.ts";
import type { LogFilter, RawLog, ReadLogs } from "./log-ranges.ts";

/** Logs that a step brought: those behind what was kept, or all of them when `reset`. */
export interface LogStep {
  readonly logs: readonly RawLog[];
  readonly reset: boolean;
  /** Takes the step as it is: the next one goes on behind it. Without it the same is read again. */
  keep(): void;
}

/** How a step is read: by ranges of blocks, the newest blocks one by one by their hashes, or all of it anew. */
export type Reading = "on" | "by-hash" | "anew";

/**
 * Why there is no step: the head that was kept; a lower one, against which nothing speaks that was kept; or one that is
 * no longer, or not yet, the chain of the endpoint that was asked.
 */
export type NoStep = "same" | "lower" | "turned";

/** Follows the logs of a filter from head to head, across reorganisations. */
export interface LogFeed {
  /** Reads on to this head. Rejects with RPC_UNREACHABLE. One call at a time. */
  read(head: LinkedHead, reading: Reading, signal?: AbortSignal): Promise<LogStep | NoStep>;
}

/**
 * A feed that starts at block `startBlock`. A logged event stands while its block does: after a reorganisation reading
 * goes on behind the last event kept if its block is still there, and starts anew (`reset`) if not. A chain does not
 * become shorter for long: a lower head is waited out.
 */
export function createLogFeed(
  { rpc, readLogs }: { readonly rpc: JsonRpc; readonly readLogs: ReadLogs },
  { filter, startBlock }: { readonly filter: LogFilter; readonly startBlock: number },
): LogFeed {
  let kept: LinkedHead | undefined;
  let lastLog: { readonly blockNumber: number; readonly blockHash: Bytes32 } | undefined;

  /** The first block to read for this head, and whether what was given before is void. */
  async function resume(head: LinkedHead, signal?: AbortSignal) {
    if (kept === undefined) return { from: startBlock, reset: true };
    const next = { from: kept.number + 1, reset: false };
    if (head.number === next.from && head.parentHash === kept.hash) return next;
    if (head.number > kept.number) {
      const block = await readBlock(rpc, kept.number, signal);
      if (!block) return "turned";
      if (block.hash === kept.hash) return next;
    }
    return await resumeBehindLastLog(head, kept, signal);
  }

  /** The same by the last event kept: everything before it stands where its block does. */
  async function resumeBehindLastLog(head: LinkedHead, { number }: LinkedHead, signal?: AbortSignal) {
    const isLower = head.number < number;
    if (!lastLog) return isLower ? "lower" : { from: startBlock, reset: false };
    if (lastLog.blockNumber > head.number) return "lower";
    const block = await readBlock(rpc, lastLog.blockNumber, signal);
    if (!block) return "turned";
    if (block.hash !== lastLog.blockHash) return { from: startBlock, reset: true };
    return isLower ? "lower" : { from: lastLog.blockNumber + 1, reset: false };
  }

  return {
    async read(head, reading, signal) {
      if (head.hash === kept?.hash) return "same";
      const start = reading === "anew" ? { from: startBlock, reset: true } : await resume(head, signal);
      if (typeof start === "string") return start;
      const { from, reset } = start;
      const logs =
        reading === "by-hash"
          ? await readLogsByHash({ rpc, readLogs }, filter, { from, head }, signal)
          : await readLogs(filter, from, head.number, signal);
      return {
        logs,
        reset,
        keep() {
          kept = head;
          const last = logs.at(-1);
          if (last) lastLog = { blockNumber: Number(last.blockNumber), blockHash: last.blockHash };
          else if (reset) lastLog = undefined;
        },
      };
    },
  };
}
