import { setImmediate } from "node:timers/promises";
import * as tf from "@tensorflow/tfjs-core";

/** Longest time without a look at the event loop, in milliseconds, apart from one single step. */
const longestMs = 25;

/**
 * A function to call between steps of long work: once 25 ms have passed since the last time it lets the event loop run
 * and resolves to true. It rejects with the signal's reason after an abort.
 */
export function createPause(signal?: AbortSignal): () => Promise<boolean> {
  let last = performance.now();
  return async () => {
    signal?.throwIfAborted();
    if (performance.now() - last < longestMs) return false;
    await setImmediate();
    last = performance.now();
    signal?.throwIfAborted();
    return true;
  };
}

/** Makes an initialized backend the current one; another trainer of this process may have set its own meanwhile. */
export async function useBackend(tfName: string): Promise<void> {
  if (tf.getBackend() !== tfName) await tf.setBackend(tfName);
}
