import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../ports/system.ts";

/** The machine's clock and timers. A sleep does not keep the process alive when nothing else does. */
export function createClock(): Clock {
  return {
    nowMs: () => Date.now(),
    sleep: async (ms, options) => {
      await delay(ms, undefined, options?.signal ? { signal: options.signal } : {}).catch((error: unknown) => {
        throw options?.signal?.aborted ? options.signal.reason : error;
      });
    },
  };
}
