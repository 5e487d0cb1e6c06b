/** Work after which the rest of the process gets its turn, about 30 ms: in lanes times masks. */
export const longestStep = 2 ** 22;

/**
 * Runs long work to its end; it yields how much it did since the last time, in the unit of {@link longestStep}. Rejects
 * with the signal's reason.
 */
export async function inSteps(work: Generator<number>, signal?: AbortSignal): Promise<void> {
  let done = 0;
  for (const step of work) {
    signal?.throwIfAborted();
    done += step;
    if (done < longestStep) continue;
    done = 0;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  signal?.throwIfAborted();
}
