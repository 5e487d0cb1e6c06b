import { FedledgerError } from "../core/error.ts";
import type { TaskRules } from "../core/records.ts";
import type { Clock } from "../ports/system.ts";
import type { ModelSource } from "./model-source.ts";
import type { TaskLook } from "./task-look.ts";

/** How long one blob may take before it counts as not to be had. */
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
 * The source, of which an update or a model that takes too long rejects with BLOB_NOT_FOUND: a peer that sends a byte
 * now and then withholds, too.
 */
export function patientSource(source: ModelSource, patience: BytesPatience | undefined): ModelSource {
  if (patience === undefined) return source;
  const { clock, timeoutMs } = patience;
  const within = async (get: (look: TaskLook) => Promise<Uint8Array>, contentId: string, look: TaskLook) => {
    const late = new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: "those asked in time" });
    const waiting = new AbortController();
    const timeout = new AbortController();
    const signal = AbortSignal.any([look.signal, timeout.signal]);
    clock.sleep(timeoutMs, { signal: waiting.signal }).then(
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
  };
  return {
    ...source,
    update: (update, look) => within((own) => source.update(update, own), update.contentId, look),
    model: (of, look) => within((own) => source.model(of, own), of.proposal.contentId, look),
  };
}
