import type { Bytes32 } from "../../core/ids.ts";
import type { Clock } from "../../ports/index.ts";
import { type LinkedHead, readBlock } from "./head-watch.ts";
import type { JsonRpc } from "./json-rpc.ts";
import type { LogFilter, RawLog, ReadLogs } from "./log-ranges.ts";

/** Logs that a step brought: those since the last step, or all of them when `reset`. */
export interface LogStep {
  readonly logs: readonly RawLog[];
  readonly reset: boolean;
}

/** Follows the logs of a filter from head to head, across reorganisations. */
export interface LogFeed {
  /**
   * Reads on to this head. Undefined when there is nothing to say: the same head, or one that is no longer (or not yet)
   * the chain of the endpoint that was asked; a later head will do. Rejects with RPC_UNREACHABLE; then nothing has
   * changed. One call at a time.
   */
  advance(head: LinkedHead, signal?: AbortSignal): Promise<LogStep | undefined>;
}

/** A head lower than the one before is an endpoint that lags, until it has been so for this long. */
const lagPatienceMs = 30_000;
const rememberedHeads = 256;

/**
 * A feed that starts at block `startBlock`. A logged event stands while its block does: after a reorganisation reading
 * goes on behind the last event given if its block is still there, and starts anew (`reset`) if not.
 */
export function createLogFeed(
  deps: { readonly rpc: JsonRpc; readonly readLogs: ReadLogs; readonly clock: Clock },
  options: { readonly filter: LogFilter; readonly startBlock: number },
): LogFeed {
  const { rpc, readLogs, clock } = deps;
  const { filter, startBlock } = options;
  const seen = new Map<number, Bytes32>();
  let cursor: LinkedHead | undefined;
  let lastLog: { readonly blockNumber: number; readonly blockHash: Bytes32 } | undefined;
  let behindSinceMs: number | undefined;

  /** Whether this lower head may only be an endpoint that lags behind the one asked before. */
  function maybeLagging(head: LinkedHead): boolean {
    if (cursor === undefined || head.number >= cursor.number) return false;
    const known = seen.get(head.number);
    if (known !== undefined && known !== head.hash) return false;
    behindSinceMs ??= clock.nowMs();
    return clock.nowMs() - behindSinceMs < lagPatienceMs;
  }

  /**
   * The first block to read for this head, and whether what was given before is void; undefined when the endpoint
   * cannot tell.
   */
  async function resume(head: LinkedHead, before: LinkedHead | undefined, signal?: AbortSignal) {
    if (before === undefined) return { from: startBlock, reset: true };
    const next = { from: before.number + 1, reset: false };
    if (head.number === next.from && head.parentHash === before.hash) return next;
    if (head.number > before.number) {
      const block = await readBlock(rpc, before.number, signal);
      if (!block) return undefined;
      if (block.hash === before.hash) return next;
    }
    return await resumeBehindLastLog(head, signal);
  }

  /** The same by the last event given: everything before it stands where its block does. */
  async function resumeBehindLastLog(head: LinkedHead, signal?: AbortSignal) {
    if (!lastLog) return { from: startBlock, reset: false };
    if (lastLog.blockNumber > head.number) return { from: startBlock, reset: true };
    const block = await readBlock(rpc, lastLog.blockNumber, signal);
    if (!block) return undefined;
    if (block.hash === lastLog.blockHash) return { from: lastLog.blockNumber + 1, reset: false };
    return { from: startBlock, reset: true };
  }

  async function isStillThere(head: LinkedHead, signal?: AbortSignal): Promise<boolean> {
    return (await readBlock(rpc, head.number, signal))?.hash === head.hash;
  }

  function remember(head: LinkedHead): void {
    for (const number of seen.keys()) if (number >= head.number) seen.delete(number);
    seen.set(head.number - 1, head.parentHash).set(head.number, head.hash);
    for (const number of seen.keys()) {
      if (seen.size <= rememberedHeads) break;
      seen.delete(number);
    }
  }

  return {
    async advance(head, signal) {
      if (head.hash === cursor?.hash) return undefined;
      if (maybeLagging(head)) return undefined;
      const start = await resume(head, cursor, signal);
      if (!start) return undefined;
      const logs = await readLogs(filter, start.from, head.number, signal);
      const last = logs.at(-1);
      // The chain may have turned between the head and the logs: then these logs are another branch's.
      if (last && !(await isStillThere(head, signal))) return undefined;
      remember(head);
      cursor = head;
      behindSinceMs = undefined;
      if (last) lastLog = { blockNumber: Number(last.blockNumber), blockHash: last.blockHash };
      else if (start.reset) lastLog = undefined;
      return { logs, reset: start.reset };
    },
  };
}
