import type { TaskView } from "../../core/record/task-view.ts";
import type { BlobOpener, BlobStore, ChainReader, Log, PublicMetric } from "../../ports/index.ts";
import { createPublicMeasure } from "../options/test-set.ts";
import { acceptedLanes } from "./final-model.ts";

/**
 * What each accepted round's model reaches on the task's public test set, by round; without those whose blob is not to
 * be had. Nothing where the task has no test set.
 */
export async function publicResults(deps: {
  readonly chain: ChainReader;
  readonly view: TaskView;
  readonly store: Pick<BlobStore, "get">;
  readonly opener?: BlobOpener | undefined;
  readonly testSet?: string | undefined;
  readonly log: Log;
  readonly signal: AbortSignal;
}): Promise<ReadonlyMap<number, PublicMetric>> {
  const { chain, view, store, opener, testSet, log, signal } = deps;
  const measure = createPublicMeasure({ chain, taskId: view.taskId, store, values: { testSet }, log });
  const results = new Map<number, PublicMetric>();
  for (const round of view.rounds.filter(({ result }) => result !== undefined)) {
    try {
      const lanes = await acceptedLanes({ view, store, opener, signal }, round);
      const metric = await measure(lanes, { round: round.round, signal });
      if (metric === undefined) break;
      results.set(round.round, metric);
    } catch (error) {
      signal.throwIfAborted();
      log.info("A model could not be measured", { round: round.round, error });
    }
  }
  return results;
}
