import { setTimeout as pause } from "node:timers/promises";

/** What a test waits for comes at once on a quiet machine: after so long it never will. */
const patienceMs = 40_000;

/** Resolves once it holds; rejects where it does not for long. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const began = performance.now();
  while (!(await holds())) {
    if (performance.now() - began > patienceMs) throw new Error("it never came to hold");
    await pause(20);
  }
}
