import { FedledgerError } from "../../core/errors/error.ts";
import type { Clock } from "../../ports/index.ts";

/** Heads and logs of endpoints that follow a chain agree within seconds, whatever reorganisations there are. */
const patienceMs = 30_000;

/**
 * What is read, once the endpoint does not contradict itself any more: a head may be gone before its logs are read.
 * Rejects with RPC_UNREACHABLE after half a minute, with the signal's reason, and as `read` does.
 *
 * @param read undefined where it is to be tried again
 */
export async function untilSettled<T>(
  read: () => Promise<T | undefined>,
  { clock, pauseMs, signal }: { readonly clock: Clock; readonly pauseMs: number; readonly signal?: AbortSignal },
): Promise<T> {
  const lastMs = clock.nowMs() + patienceMs;
  for (;;) {
    const settled = await read();
    if (settled !== undefined) return settled;
    if (clock.nowMs() >= lastMs) {
      const reason = "what it says of its newest block and of that block's logs does not agree";
      throw new FedledgerError("RPC_UNREACHABLE", { url: "endpoint", reason });
    }
    await clock.sleep(pauseMs, signal ? { signal } : {});
  }
}
