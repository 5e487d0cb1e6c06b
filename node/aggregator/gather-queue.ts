/** Lets a few jobs run at a time; the others wait in order. */
export interface GatherQueue {
  /** Runs the job when its turn comes. Rejects with the job's reason, or the signal's if that aborts first. */
  run<T>(job: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** A queue for at most `concurrency` jobs at a time. */
export function createGatherQueue(concurrency: number): GatherQueue {
  const waiting: (() => void)[] = [];
  let active = 0;
  return {
    async run(job, signal) {
      if (active >= concurrency) await new Promise<void>((resolve) => waiting.push(resolve));
      else active++;
      try {
        signal.throwIfAborted();
        return await job();
      } finally {
        // The place passes to the next in line, or is free.
        const next = waiting.shift();
        if (next === undefined) active--;
        else next();
      }
    },
  };
}
