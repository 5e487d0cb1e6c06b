/** Lets a few jobs run at a time; the others wait, those with fewer tries behind them first. */
export interface GatherQueue {
  /** Runs the job when its turn comes. Rejects with the job's reason, or the signal's if that aborts first. */
  run<T>(job: () => Promise<T>, signal: AbortSignal, tries: number): Promise<T>;
}

/** A queue for at most `concurrency` jobs at a time. */
export function createGatherQueue(concurrency: number): GatherQueue {
  const waiting: { readonly go: () => void; readonly tries: number }[] = [];
  let active = 0;

  const turn = (tries: number): Promise<void> =>
    new Promise((go) => {
      const behind = waiting.findIndex((other) => other.tries > tries);
      waiting.splice(behind === -1 ? waiting.length : behind, 0, { go, tries });
    });

  return {
    async run(job, signal, tries) {
      if (active >= concurrency) await turn(tries);
      else active++;
      try {
        signal.throwIfAborted();
        return await job();
      } finally {
        // The place passes to the next in line, or is free.
        const next = waiting.shift();
        if (next === undefined) active--;
        else next.go();
      }
    },
  };
}
