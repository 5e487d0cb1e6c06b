import { FedledgerError } from "../../core/errors/error.ts";
import type { TaskRules } from "../../core/records.ts";
import type { Clock } from "../../ports/system.ts";
import type { TaskLook } from "./task-look.ts";

/** How long bytes may take before they count as not to be had. */
export interface BytesPatience {
  readonly clock: Clock;
  readonly timeoutMs: number;
}

const leastMs = 1_000;
const mostMs = 300_000;

/** A quarter of the time in which a proposal is attested to, a second to five minutes. */
export function bytesPatience(clock: Clock, { attestWindowS }: Pick<TaskRules, "attestWindowS">): BytesPatience {
  return { clock, timeoutMs: Math.min(mostMs, Math.max(leastMs, attestWindowS * 250)) };
}

/**
 * What `get` gives, but where it takes too long it is aborted and rejects with BLOB_NOT_FOUND: a peer that sends a byte
 * now and then withholds, too. Rejects with the look's reason where that is aborted first.
 */
export async function withPatience<T>(
  patience: BytesPatience | undefined,
  contentId: string,
  look: TaskLook,
  get: (look: TaskLook) => Promise<T>,
): Promise<T> {
  if (patience === undefined) return await get(look);
  const late = new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: "those asked in time" });
  const waiting = new AbortController();
  const timeout = new AbortController();
  const signal = AbortSignal.any([look.signal, timeout.signal]);
  patience.clock.sleep(patience.timeoutMs, { signal: waiting.signal }).then(
    () => timeout.abort(late),
    () => undefined,
  );
  try {
    return await get({ ...look, signal });
  } catch (error) {
    look.signal.throwIfAborted();
    throw timeout.signal.aborted ? late : error;
  } finally {
    waiting.abort();
  }
}
