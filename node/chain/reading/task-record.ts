import { isFedledgerError } from "../../core/errors/error.ts";
import type { TaskId } from "../../core/ids.ts";
import { differingFrom, type StoredTask } from "../../core/record/bound-task.ts";
import { foldTask } from "../../core/record/fold-task.ts";
import type { TaskEvent } from "../../core/record/task-events.ts";
import type { TaskView } from "../../core/record/task-view.ts";
import type { LinkedHead } from "../rpc/head-watch.ts";
import type { JsonRpc } from "../rpc/json-rpc.ts";
import type { LogFeed, Reading } from "../rpc/log-feed.ts";
import type { RawLog } from "../rpc/log-ranges.ts";
import type { NoStorage, StorageReader } from "./stored-state.ts";

/** What reading a task's record needs. */
export interface TaskRecordDeps {
  readonly rpc: Pick<JsonRpc, "doubt">;
  readonly newFeed: (taskId: TaskId) => Promise<LogFeed>;
  readonly decode: (logs: readonly RawLog[]) => readonly TaskEvent[];
  readonly storage: Pick<StorageReader, "taskAt">;
  /** Rejects with CHAIN_RESET where this is not the chain it was. */
  readonly requireSameChain: (signal?: AbortSignal) => Promise<void>;
}

/** What a look at a task's record found. */
export type RecordLook =
  | {
      /** The events, as far as they are kept, make what the contract stores at the head. */
      readonly kind: "fits";
      readonly view: TaskView;
      /** Those since the last look that fitted; all of them when `reset`. */
      readonly events: readonly TaskEvent[];
      readonly logs: readonly RawLog[];
      readonly reset: boolean;
      /** Undefined where the endpoint keeps no state of the head's block: the events are believed as they are. */
      readonly stored: StoredTask | undefined;
    }
  | {
      /** They do not, or what the head names is not there: nothing of it is kept. */
      readonly kind: "misfit";
      readonly differing: string;
    }
  /** Nothing new; a head below the one before; or there is no such task at the head. */
  | { readonly kind: "same" | "lower" | "none" };

/** The record of one task, read on from look to look. */
export interface TaskRecord {
  /**
   * Reads on to a head, and compares. Rejects with CHAIN_RESET, RPC_UNREACHABLE.
   *
   * @param tries how often this look did not fit before: what may be missing is read again, by the hashes of the newest
   *   blocks first, then all of it from the next endpoint
   */
  look(head: LinkedHead, tries: number, signal?: AbortSignal): Promise<RecordLook>;
}

/** So many blocks below the one before an endpoint's head may be where several machines answer for it. */
const commonLagBlocks = 3;
/** After so many tries an endpoint that says nothing of a block's state, for whatever reason, is taken at its word. */
const triesForState = 4;

/** What the contract stores at a block: nothing where there is no such task yet, "unknown" where nobody keeps it. */
type AtBlock = StoredTask | "nothing" | "unknown";

/** Creates the reader of one task's record. */
export function createTaskRecord(deps: TaskRecordDeps, taskId: TaskId): TaskRecord {
  const { rpc, storage } = deps;
  let feed: LogFeed | undefined;
  let known: Known | undefined;

  /** What is stored at the head, or why an endpoint that should know it does not. */
  async function storedAt(head: LinkedHead, tries: number, signal?: AbortSignal): Promise<AtBlock | NoStorage> {
    const ask = () => storage.taskAt(taskId, head.number, signal);
    const isGone = (answer: StoredTask | NoStorage) => "missing" in answer && answer.missing === "state";
    let answer = await ask();
    if (isGone(answer)) {
      rpc.doubt();
      answer = await ask();
    }
    if (!("missing" in answer)) return BigInt(answer.historyHead) === 0n ? "nothing" : answer;
    if (answer.missing === "block") return tries < triesForState ? answer : "unknown";
    if (answer.missing === "state") return "unknown";
    await deps.requireSameChain(signal);
    return "nothing";
  }

  async function noNews(step: "same" | "lower" | "turned", head: LinkedHead, signal?: AbortSignal) {
    if (step === "turned") return misfit(`block ${head.number} is gone`);
    if (step === "lower") await deps.requireSameChain(signal);
    const isFar = step === "lower" && known !== undefined && head.number < known.head.number - commonLagBlocks;
    return { kind: isFar ? "lower" : "same" } as const;
  }

  return {
    async look(head, tries, signal) {
      feed ??= await deps.newFeed(taskId);
      const step = await feed.read(head, readingOf(tries), signal);
      if (typeof step === "string") return await noNews(step, head, signal);
      if (step.reset && known !== undefined) await deps.requireSameChain(signal);
      const stored = await storedAt(head, tries, signal);
      const { next, news, reset } = knownBehind(step.reset ? undefined : known, deps.decode(step.logs), head, known);
      const differing = differenceOf(next.view, stored);
      if (differing !== undefined) return misfit(differing);
      step.keep();
      known = next;
      if (typeof next.view !== "object") return { kind: "none" };
      return { kind: "fits", view: next.view, events: news, logs: step.logs, reset, stored: taskIn(stored) };
    },
  };
}

/** The record as it was read last. */
interface Known {
  /** What is impossible about its events, in words; undefined without any. */
  readonly view: TaskView | string | undefined;
  readonly head: LinkedHead;
  readonly last: TaskEvent | undefined;
  /** Number of the task's events. */
  readonly count: number;
}

/**
 * The record with these events behind what it goes on from: nothing where all of it was read anew. What was told before
 * stands where the last event of it is at its place still.
 */
function knownBehind(from: Known | undefined, events: readonly TaskEvent[], head: LinkedHead, told = from) {
  const before = typeof from?.view === "object" ? from.view : undefined;
  const next: Known = {
    view: folded(events, before),
    head,
    last: events.at(-1) ?? from?.last,
    count: events.length + (from?.count ?? 0),
  };
  if (before !== undefined) return { next, news: events, reset: false };
  const lastTold = told?.last;
  const stands = lastTold !== undefined && isSamePlace(events[(told?.count ?? 0) - 1], lastTold);
  return { next, news: stands ? events.slice(told?.count) : events, reset: !stands };
}

function taskIn(stored: AtBlock | NoStorage): StoredTask | undefined {
  return typeof stored === "string" || "missing" in stored ? undefined : stored;
}

function misfit(differing: string) {
  return { kind: "misfit", differing } as const;
}

function isSamePlace(a: TaskEvent | undefined, b: TaskEvent): boolean {
  return a?.blockHash === b.blockHash && a.logIndex === b.logIndex;
}

/** What of a fold is not what is stored, in words; undefined where all is, or nobody knows. */
function differenceOf(view: TaskView | string | undefined, stored: AtBlock | NoStorage): string | undefined {
  if (typeof stored === "object" && "missing" in stored) return `the block is not there: ${stored.reason}`;
  if (typeof view === "string") return view;
  if (stored === "unknown") return undefined;
  if (stored === "nothing") return view && "there is no such task yet";
  if (view === undefined) return "there are no events";
  const differing = differingFrom(view, stored);
  return differing.length > 0 ? differing.join(", ") : undefined;
}

function readingOf(tries: number): Reading {
  if (tries === 0) return "on";
  return tries % 2 === 1 ? "by-hash" : "anew";
}

/** The task behind these events; undefined without any; what is impossible about them, in words. */
function folded(events: readonly TaskEvent[], before: TaskView | undefined): TaskView | string | undefined {
  if (events.length === 0) return before;
  try {
    return foldTask(events, before);
  } catch (error) {
    if (!isFedledgerError(error, "INVALID_HISTORY")) throw error;
    return error.message;
  }
}
