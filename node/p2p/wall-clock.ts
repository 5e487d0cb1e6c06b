import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../ports/index.ts";

/** The machine's clock, for hosts that are given no other. */
export const wallClock: Clock = {
  nowMs: () => Date.now(),
  sleep: async (ms, options) => sleep(ms, undefined, options?.signal ? { signal: options.signal } : {}),
};
