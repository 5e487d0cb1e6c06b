import { isFedledgerError } from "../core/error.ts";
import type { Commitment } from "../core/records.ts";
import type { Log } from "../ports/system.ts";
import { reasonOf } from "../rounds/action-runner.ts";
import type { ModelSource } from "../rounds/model-source.ts";
import type { TaskLook } from "../rounds/task-look.ts";
import type { AggregatorEvent } from "./aggregator-state.ts";
import type { GatherQueue } from "./gather-queue.ts";

/** Gets an update from whoever has it. Rejects as ModelSource.update does: to be tried again. */
export async function gatherUpdate(
  { source, queue, log }: { readonly source: ModelSource; readonly queue: GatherQueue; readonly log: Log },
  commitment: Commitment,
  look: TaskLook,
): Promise<AggregatorEvent> {
  try {
    await queue.run(() => source.update(commitment, look), look.signal);
    return { kind: "update", commitment, fact: "here" };
  } catch (error) {
    if (!isFedledgerError(error, "SEAL_BROKEN")) throw error;
    log.debug("A sealed update does not open", { round: commitment.round, ...reasonOf(error) });
    return { kind: "update", commitment, fact: "unusable" };
  }
}
