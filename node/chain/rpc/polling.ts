import type { Hex } from "../../core/ids.ts";
import type { JsonRpc } from "./json-rpc.ts";
import { toQuantity } from "./log-ranges.ts";

/** How often a chain is asked for its newest block, milliseconds. */
export interface Polling {
  /** Between two looks where nothing else is said, as while a transaction waits. */
  readonly pauseMs: number;
  /** Bounds of every pause between two looks at the head; equal where the user said how long. */
  readonly shortestMs: number;
  readonly longestMs: number;
  /** Time between blocks at the start; undefined where the chain is too short to tell. */
  readonly blockTimeMs: number | undefined;
}

/** The embedded test node, whose blocks come with their transactions. */
const testChainId = 31_337;
const pastBlocks = 32;

/**
 * How a chain is polled: as the user says, ten times a second on this machine's test chain, else by the chain's own
 * block time. Rejects as `rpc.request` does.
 *
 * @param options.isLocal whether all endpoints are on this machine, where asking costs nobody money
 */
export async function pollingFor(
  rpc: JsonRpc,
  { pollIntervalMs, isLocal }: { readonly pollIntervalMs?: number | undefined; readonly isLocal: boolean },
): Promise<Polling> {
  if (pollIntervalMs !== undefined) return fixed(pollIntervalMs);
  if (isLocal && rpc.chainId === testChainId) return fixed(100);
  const blockTimeMs = await readBlockTime(rpc);
  const bounds = isLocal ? { shortestMs: 100, longestMs: 2_000 } : { shortestMs: 500, longestMs: 12_000 };
  const pauseMs = Math.min(3_000, Math.max(bounds.shortestMs, (blockTimeMs ?? 4_000) / 4));
  return { ...bounds, pauseMs, blockTimeMs };
}

const fixed = (ms: number): Polling => ({ pauseMs: ms, shortestMs: ms, longestMs: ms, blockTimeMs: undefined });

interface Times {
  readonly number: Hex;
  readonly timestamp: Hex;
}

/** Mean time between the last blocks, milliseconds; the first block's time may be any. */
async function readBlockTime(rpc: JsonRpc): Promise<number | undefined> {
  const newest = await rpc.request<Times>("eth_getBlockByNumber", ["latest", false]);
  const from = Math.max(1, Number(newest.number) - pastBlocks);
  const blocks = Number(newest.number) - from;
  if (blocks < 1) return undefined;
  const past = await rpc.request<Times | null>("eth_getBlockByNumber", [toQuantity(from), false]);
  return past ? ((Number(newest.timestamp) - Number(past.timestamp)) * 1_000) / blocks : undefined;
}

/** When to look next. */
export interface Rhythm {
  /** A head was seen that is another one than before: the next one is due a block time later. */
  seen(head: { readonly number: number; readonly timestampS: number }): void;
  /** How long to wait before the next look. */
  pauseMs(): number;
}

const rememberedPairs = 8;

/**
 * A rhythm that learns the chain's block time from what it sees. The look after a new head comes when the next block is
 * due, later ones an eighth of a block time apart: one or two requests a block.
 */
export function createRhythm({ shortestMs, longestMs, blockTimeMs }: Polling): Rhythm {
  const times: number[] = blockTimeMs === undefined ? [] : [blockTimeMs];
  let last: { readonly number: number; readonly timestampS: number } | undefined;
  let isFirst = true;
  const bounded = (ms: number) => Math.min(longestMs, Math.max(shortestMs, ms));
  return {
    seen(head) {
      const blocks = last ? head.number - last.number : 0;
      if (last && blocks > 0) times.push(((head.timestampS - last.timestampS) * 1_000) / blocks);
      if (times.length > rememberedPairs) times.shift();
      last = head;
      isFirst = true;
    },
    pauseMs() {
      // A block that came late says nothing of the next one.
      const expectedMs = times.length > 0 ? Math.min(...times) : 1_000;
      const pause = bounded(isFirst ? expectedMs * 0.9 : expectedMs / 8);
      isFirst = false;
      return pause;
    },
  };
}
