import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../../ports/index.ts";

/** How fast an endpoint may be asked, learnt from its refusals. */
export interface Pace {
  /** Resolves when the next request may be sent, in the order of calls. Rejects with the signal's reason. */
  turn(signal?: AbortSignal): Promise<void>;
  /** How long until it may be asked again, milliseconds; 0 where it does not rest. */
  restMs(): number;
  /** It answered. */
  served(): void;
  /** It refused: it rests as long as it wants, and is asked more slowly from then on. */
  refused(wantedMs: number | undefined): void;
}

const firstGapMs = 125;
const longestGapMs = 4_000;
/** A quota of a day is asked for again before the day is over. */
const longestRestMs = 60_000;
/** A gap shorter than this is none. */
const shortestGapMs = 10;

/**
 * A pace: no gap between requests at first, twice the gap after each refusal, a sixteenth less after each answer. So
 * several nodes that share a limit find their shares of it.
 */
export function createPace(clock: Clock): Pace {
  let gapMs = 0;
  let nextMs = 0;
  let restUntilMs = 0;
  return {
    async turn(signal) {
      const at = Math.max(clock.nowMs(), nextMs);
      nextMs = at + gapMs;
      // Again, where it refused another request meanwhile.
      for (let waitMs = at - clock.nowMs(); waitMs > 0; waitMs = restUntilMs - clock.nowMs()) {
        await clock.sleep(waitMs, signal ? { signal } : {});
      }
    },
    restMs: () => Math.max(0, restUntilMs - clock.nowMs()),
    served() {
      gapMs = gapMs < shortestGapMs ? 0 : (gapMs * 15) / 16;
    },
    refused(wantedMs) {
      gapMs = Math.min(longestGapMs, Math.max(firstGapMs, gapMs * 2));
      const now = clock.nowMs();
      restUntilMs = Math.max(restUntilMs, now + Math.min(longestRestMs, wantedMs ?? gapMs));
      nextMs = Math.max(nextMs, restUntilMs);
    },
  };
}

/** The machine's clock, for what has none of its own. */
export const machineClock: Clock = {
  nowMs: () => Date.now(),
  sleep: async (ms, { signal } = {}) => {
    await delay(ms, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted());
  },
};
