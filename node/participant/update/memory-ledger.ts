import type { NoiseEntry, NoiseLedger } from "../../ports/noise.ts";

/** A noise ledger that lasts as long as the process. */
export function createMemoryLedger(): NoiseLedger {
  const entries: NoiseEntry[] = [];
  return {
    path: "in memory",
    read: async () => entries,
    async spend(entry, decide) {
      if (decide(entries) === "draw") entries.push(entry);
    },
  };
}
