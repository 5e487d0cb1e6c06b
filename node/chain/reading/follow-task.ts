import { FedledgerError } from "../../core/errors/error.ts";
import type { TaskId } from "../../core/ids.ts";
import type { TaskEvent } from "../../core/record/task-events.ts";
import type { ChainUpdate, Clock, Log } from "../../ports/index.ts";
import type { HeadWatch, LinkedHead } from "../rpc/head-watch.ts";
import type { LogFeed } from "../rpc/log-feed.ts";
import type { RawLog } from "../rpc/log-ranges.ts";
import { isOutage } from "../rpc/outage.ts";

/** What following a task needs. */
export interface FollowDeps {
  readonly watch: HeadWatch;
  readonly newFeed: (taskId: TaskId) => Promise<LogFeed>;
  readonly decode: (logs: readonly RawLog[]) => readonly TaskEvent[];
  readonly taskCount: () => Promise<number>;
  readonly clock: Clock;
  readonly log: Log;
  /** Between two tries while no endpoint answers. */
  readonly pauseMs: number;
}

/** ChainReader.follow. Throws UNKNOWN_TASK when there is no such task at first. */
export async function* followTask(deps: FollowDeps, taskId: TaskId, signal: AbortSignal): AsyncGenerator<ChainUpdate> {
  let feed: LogFeed | undefined;
  let toldAny = false;
  let toReset = true;
  let standing = 0;

  async function look(head: LinkedHead): Promise<ChainUpdate | undefined> {
    feed ??= await deps.newFeed(taskId);
    const step = await feed.advance(head, signal);
    if (!step) return undefined;
    if (step.reset) {
      toReset = true;
      standing = 0;
    }
    standing += step.logs.length;
    if (standing === 0) {
      // A task that exists but is not final yet, or whose creation was undone, may still come.
      if (!toldAny && (await deps.taskCount()) < taskId) throw new FedledgerError("UNKNOWN_TASK", { taskId });
      return undefined;
    }
    const reset = toReset;
    toReset = false;
    toldAny = true;
    const { number, hash, timestampS } = head;
    return { head: { number, hash, timestampS }, events: deps.decode(step.logs), reset };
  }

  for await (const head of deps.watch.heads(signal)) {
    const update = await untilAnswered(() => look(head), deps, signal);
    if (update && !signal.aborted) yield update;
  }
}

/** Repeats over outages of the endpoints; undefined once the signal aborts. */
async function untilAnswered<T>(
  work: () => Promise<T>,
  { clock, log, pauseMs }: FollowDeps,
  signal: AbortSignal,
): Promise<T | undefined> {
  while (!signal.aborted) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!isOutage(error)) throw error;
      log.debug("Reading again", { error });
      await clock.sleep(pauseMs, { signal }).catch(() => {});
    }
  }
  return undefined;
}
