import type { Clock } from "../../../node/ports/system.ts";

/** Time that passes only when nothing is left to do. */
export interface VirtualClock extends Clock {
  /** Runs until `isDone`, or until the time is up; whether it was done. No time passes while `work` is under way. */
  run(isDone: () => boolean, limitMs: number, work?: { isUnderWay(): boolean }): Promise<boolean>;
  /** Calls back after so many milliseconds, like a sleep nobody can abort. */
  after(ms: number, call: () => void): void;
}

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly fire: () => void;
  cancelled: boolean;
}

/** A clock that starts at `startMs` since 1970. */
export function createVirtualClock(startMs: number): VirtualClock {
  let nowMs = startMs;
  let order = 0;
  const timers: Timer[] = [];
  const before = (a: Timer, b: Timer): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

  const push = (timer: Timer): void => {
    let at = timers.push(timer) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (before(timers[above]!, timer)) break;
      timers[at] = timers[above]!;
      at = above;
    }
    timers[at] = timer;
  };

  const pop = (): Timer | undefined => {
    const first = timers[0];
    const last = timers.pop();
    if (first === undefined || last === undefined || timers.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= timers.length) break;
      if (child + 1 < timers.length && before(timers[child + 1]!, timers[child]!)) child++;
      if (before(last, timers[child]!)) break;
      timers[at] = timers[child]!;
      at = child;
    }
    timers[at] = last;
    return first;
  };

  const schedule = (ms: number, fire: () => void): Timer => {
    const timer: Timer = { atMs: nowMs + Math.max(0, ms), order: order++, fire, cancelled: false };
    push(timer);
    return timer;
  };

  return {
    nowMs: () => nowMs,
    sleep: (ms, options) =>
      new Promise<void>((resolve, reject) => {
        const signal = options?.signal;
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        const abort = (): void => {
          timer.cancelled = true;
          reject(signal?.reason);
        };
        const timer = schedule(ms, () => {
          signal?.removeEventListener("abort", abort);
          resolve();
        });
        signal?.addEventListener("abort", abort, { once: true });
      }),
    after: (ms, call) => {
      schedule(ms, call);
    },
    async run(isDone, limitMs, work) {
      const endMs = nowMs + limitMs;
      for (;;) {
        // All promise callbacks run before the next immediate.
        do await new Promise((resolve) => setImmediate(resolve));
        while (work?.isUnderWay());
        if (isDone()) return true;
        while (timers[0]?.cancelled) pop();
        if (timers[0] === undefined || timers[0].atMs > endMs) {
          nowMs = endMs;
          return false;
        }
        const timer = pop()!;
        nowMs = timer.atMs;
        timer.fire();
      }
    },
  };
}
