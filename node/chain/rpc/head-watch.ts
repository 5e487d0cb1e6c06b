import { FedledgerError } from "../../core/errors/error.ts";
import type { Bytes32, Hex } from "../../core/ids.ts";
import type { Clock, Head, Log } from "../../ports/index.ts";
import type { JsonRpc } from "./json-rpc.ts";
import { toQuantity } from "./log-ranges.ts";
import { isOutage } from "./outage.ts";
import { createRhythm, type Polling } from "./polling.ts";

/** When a block counts: so many blocks on top of it, or what the chain's consensus calls safe or finalized. */
export type Finality = { readonly confirmations: number } | "safe" | "finalized";

/** A head with the hash before it, to see branches. */
export interface LinkedHead extends Head {
  readonly parentHash: Bytes32;
}

/**
 * The newest block of the configured finality; the first block while no other is final. Rejects with RPC_UNREACHABLE.
 */
export async function readHead(rpc: JsonRpc, finality: Finality, signal?: AbortSignal): Promise<LinkedHead> {
  if (typeof finality === "string") {
    // Nodes answer null or an error until their first safe block.
    const answer = await rpc.ask("eth_getBlockByNumber", [finality, false], signal);
    if ("result" in answer && answer.result) return toHead(answer.result as RawBlock);
    return await readOwnBlock(rpc, 0, signal);
  }
  if (finality.confirmations === 0) {
    return toHead(await rpc.request<RawBlock>("eth_getBlockByNumber", ["latest", false], signal));
  }
  const latest = Number(await rpc.request<Hex>("eth_blockNumber", [], signal));
  const number = Math.max(0, latest - finality.confirmations);
  return await readOwnBlock(rpc, number, signal);
}

/** A block that is below the head. */
async function readOwnBlock(rpc: JsonRpc, number: number, signal?: AbortSignal): Promise<LinkedHead> {
  const block = await readBlock(rpc, number, signal);
  // Only when endpoints changed in between, to one that lags.
  if (!block) throw new FedledgerError("RPC_UNREACHABLE", { url: "any", reason: `block ${number} is not there yet` });
  return block;
}

/** A block by its number; undefined where the endpoint has none. Rejects with RPC_UNREACHABLE. */
export async function readBlock(rpc: JsonRpc, number: number, signal?: AbortSignal): Promise<LinkedHead | undefined> {
  const block = await rpc.request<RawBlock | null>("eth_getBlockByNumber", [toQuantity(number), false], signal);
  return block ? toHead(block) : undefined;
}

/** A block by its hash. Rejects with UNKNOWN_BLOCK where no endpoint has it, RPC_UNREACHABLE. */
export async function readPinned(rpc: JsonRpc, hash: Bytes32, signal?: AbortSignal): Promise<LinkedHead> {
  const block = await rpc.request<RawBlock | null>("eth_getBlockByHash", [hash, false], signal);
  if (!block) throw new FedledgerError("UNKNOWN_BLOCK", { hash });
  return toHead(block);
}

/** How long a head may not be told before one is asked for. */
const toldPauseMs = 60_000;

/** A sleep that is cut short by whatever rang since the last one. */
function createBell() {
  let hasRung = false;
  let nap: AbortController | undefined;
  return {
    ring(): void {
      hasRung = true;
      nap?.abort();
    },
    async sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
      nap = new AbortController();
      if (!hasRung) await clock.sleep(ms, { signal: AbortSignal.any([signal, nap.signal]) }).catch(() => {});
      hasRung = false;
    },
  };
}

/** One poll of the chain's head shared by all who follow it. */
export interface HeadWatch {
  /** The newest head, then each change of it; heads that come while the consumer is busy are skipped for the newest. */
  heads(signal: AbortSignal): AsyncIterable<LinkedHead>;
}

interface Follower {
  newest?: LinkedHead;
  failure?: unknown;
  wake?: () => void;
}

/** Watches the head in the chain's own rhythm while anybody follows. Outages are logged and outwaited. */
export function createHeadWatch(
  deps: { readonly rpc: JsonRpc; readonly clock: Clock; readonly log: Log },
  options: { readonly finality: Finality; readonly polling: Polling },
): HeadWatch {
  const { rpc, clock, log } = deps;
  const { polling } = options;
  const rhythm = createRhythm(polling);
  const followers = new Set<Follower>();
  let stopPolling: AbortController | undefined;

  async function poll(signal: AbortSignal): Promise<void> {
    const seen: { last?: LinkedHead; failures: number } = { failures: 0 };
    const told = createBell();
    const stopTelling = rpc.heads?.onNew(told.ring);
    while (!signal.aborted) {
      await look(seen, signal);
      const { failures } = seen;
      const pauseMs = failures ? Math.min(5_000, polling.pauseMs * 2 ** Math.min(failures, 10)) : restMs();
      await told.sleep(clock, pauseMs, signal);
    }
    stopTelling?.();
  }

  /** Whoever is told of heads need not ask for them, but for what was not told. */
  function restMs(): number {
    const ownMs = rhythm.pauseMs();
    return rpc.heads?.isLive() ? Math.max(toldPauseMs, ownMs) : ownMs;
  }

  function noteNew(head: LinkedHead, last: LinkedHead | undefined): void {
    const { number, hash } = head;
    if (hash === last?.hash) return;
    rhythm.seen(head);
    log.debug("New head", { number, hash });
  }

  /** Gives the head to all who follow, or counts one more failure. */
  async function look(seen: { last?: LinkedHead; failures: number }, signal: AbortSignal): Promise<void> {
    try {
      const head = await readHead(rpc, options.finality, signal);
      if (seen.failures > 0) log.info("Ethereum endpoint answers again");
      seen.failures = 0;
      noteNew(head, seen.last);
      seen.last = head;
      for (const follower of followers) offer(follower, head);
    } catch (error) {
      if (signal.aborted) return;
      if (!isOutage(error)) throw error;
      if (seen.failures++ === 0) log.warn("Waiting for an Ethereum endpoint", { error });
    }
  }

  /** Polls as long as anybody follows. */
  function join(follower: Follower): void {
    followers.add(follower);
    if (stopPolling) return;
    stopPolling = new AbortController();
    poll(stopPolling.signal).catch((failure: unknown) => {
      stopPolling = undefined;
      for (const each of followers) {
        each.failure = failure;
        each.wake?.();
      }
    });
  }

  function leave(follower: Follower): void {
    followers.delete(follower);
    if (followers.size === 0) {
      stopPolling?.abort();
      stopPolling = undefined;
    }
    follower.wake?.();
  }

  return {
    async *heads(signal) {
      const follower: Follower = {};
      // Also when the signal comes while the consumer holds a head and never asks for another.
      const end = () => {
        signal.removeEventListener("abort", end);
        leave(follower);
      };
      if (signal.aborted) return;
      signal.addEventListener("abort", end);
      join(follower);
      try {
        yield* newHeads(follower, signal);
      } finally {
        end();
      }
    },
  };
}

/** The head whenever it is another one, until the signal. */
async function* newHeads(follower: Follower, signal: AbortSignal): AsyncGenerator<LinkedHead> {
  let given: Bytes32 | undefined;
  while (!signal.aborted) {
    if (follower.failure) throw follower.failure;
    const head = follower.newest;
    if (head && head.hash !== given) {
      given = head.hash;
      yield head;
    } else {
      await new Promise<void>((resolve) => {
        follower.wake = resolve;
      });
    }
  }
}

function offer(follower: Follower, head: LinkedHead): void {
  if (follower.newest?.hash === head.hash) return;
  follower.newest = head;
  follower.wake?.();
}

interface RawBlock {
  readonly number: Hex;
  readonly hash: Bytes32;
  readonly parentHash: Bytes32;
  readonly timestamp: Hex;
}

function toHead(block: RawBlock): LinkedHead {
  return {
    number: Number(block.number),
    hash: block.hash,
    parentHash: block.parentHash,
    timestampS: Number(block.timestamp),
  };
}
