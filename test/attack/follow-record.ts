import { FedledgerError } from "../../node/core/errors/error.ts";
import { foldTask } from "../../node/core/record/fold-task.ts";
import type { TaskEvent } from "../../node/core/record/task-events.ts";
import type { TaskView } from "../../node/core/record/task-view.ts";
import type { FederationFixture } from "../support/federation-fixture.ts";

const stallMs = 90_000;

/** The record as it is told. */
export interface FollowedRecord {
  /** Rejects with STALLED when the record stands still for long; never resolves. */
  readonly stalled: Promise<never>;
  /** Stops following, and tells what of the whole history was not told yet. */
  finish(history: readonly TaskEvent[]): Promise<void>;
  /** Stops following. Safe to call again. */
  stop(): Promise<void>;
}

/**
 * Tells each event of a task as it comes. Where `jumpTo`, given the second that it is on the chain, names a deadline
 * that everybody waits for, the chain's clock is moved beyond it: so nobody has to wait for it, and none of the windows
 * need be short.
 */
export function followRecord(options: {
  readonly fixture: FederationFixture;
  readonly taskId: number;
  readonly tell: (event: TaskEvent) => Promise<void>;
  readonly jumpTo: (view: TaskView, nowS: number) => number | undefined;
  readonly onJump: (seconds: number) => void;
}): FollowedRecord {
  const { fixture, taskId, tell, jumpTo, onJump } = options;
  const life = new AbortController();
  const stall = Promise.withResolvers<never>();
  stall.promise.catch(() => undefined);
  let told = 0;

  const follow = async () => {
    const reader = await fixture.reader();
    let view: TaskView | undefined;
    let movedMs = performance.now();
    for await (const { events, reset, head } of reader.follow(taskId, { signal: life.signal })) {
      if (events.length > 0) {
        movedMs = performance.now();
        view = foldTask(events, reset ? undefined : view);
        for (const event of events) {
          await tell(event);
          told += 1;
        }
      }
      const deadlineS = view && jumpTo(view, head.timestampS);
      if (deadlineS !== undefined && deadlineS >= head.timestampS) {
        const seconds = deadlineS - head.timestampS + 1;
        onJump(seconds);
        await fixture.chain.increaseTime(seconds);
      }
      if (performance.now() - movedMs > stallMs) {
        throw new FedledgerError("STALLED", {
          seconds: stallMs / 1000,
          reason: `round ${view?.rounds.at(-1)?.round ?? 0} is ${view?.rounds.at(-1)?.phase ?? "not open"}`,
          path: "the log (--log FILE)",
        });
      }
    }
  };
  const following = follow().catch((error: unknown) => {
    if (!life.signal.aborted) stall.reject(error);
  });
  const stop = async () => {
    life.abort();
    await following;
  };
  return {
    stalled: stall.promise,
    stop,
    async finish(history) {
      await stop();
      for (const event of history.slice(told)) await tell(event);
    },
  };
}
