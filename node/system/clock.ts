import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../ports/system.ts";

/**
 * The machine's clock as it stood when the process began, and timers. It goes on evenly where somebody sets the
 * machine's clock, for a node measures spans by it. A sleep does not keep the process alive when nothing else does.
 */
export function createClock(): Clock {
  return {
    nowMs: () => Math.round(performance.timeOrigin + performance.now()),
    sleep: async (ms, options) => {
      await delay(ms, undefined, options?.signal ? { signal: options.signal } : {}).catch((error: unknown) => {
        throw options?.signal?.aborted ? options.signal.reason : error;
      });
    },
  };
}
