import { isFedledgerError } from "../../core/errors/error.ts";
import type { Commitment } from "../../core/records.ts";
import type { Clock, Log } from "../../ports/system.ts";
import { reasonOf } from "../actions/action-runner.ts";
import { updateKey } from "../words/update-key.ts";
import { createGatherQueue } from "./gather-queue.ts";
import { patienceOfTry, type UpdateSource } from "./gather-updates.ts";
import { bytesPatience, withPatience } from "./patient-source.ts";
import type { TaskLook } from "./task-look.ts";

/** What a gatherer works with. */
export interface GathererDeps {
  readonly source: UpdateSource;
  readonly clock: Clock;
  readonly log: Log;
  /** Updates fetched at a time. */
  readonly places: number;
}

/** Updates that could not be had and are remembered. */
const mostTries = 4096;

/**
 * Gets updates from whoever has them, each once, a few at a time. One that takes too long makes place for the others:
 * to be asked for again, behind them. Tells whether its bytes are what was committed as far as opening it shows.
 * Rejects as ModelSource.update does: to be tried again.
 */
export function createGatherer({ source, clock, log, places }: GathererDeps) {
  const queue = createGatherQueue(places);
  const triesOf = new Map<string, number>();
  return async (commitment: Commitment, look: TaskLook): Promise<"here" | "unusable"> => {
    const key = updateKey(commitment);
    const tries = triesOf.get(key) ?? 0;
    const patience = patienceOfTry(bytesPatience(clock, look.view.rules), tries);
    const get = () =>
      withPatience(patience, commitment.contentId, look, async (part) => void (await source.update(commitment, part)));
    try {
      await queue.run(get, look.signal, tries);
      triesOf.delete(key);
      return "here";
    } catch (error) {
      if (triesOf.size >= mostTries) triesOf.clear();
      triesOf.set(key, tries + 1);
      if (!isFedledgerError(error, "SEAL_BROKEN")) throw error;
      log.debug("A sealed update does not open", { round: commitment.round, ...reasonOf(error) });
      return "unusable";
    }
  };
}
