import type { RoundNumber } from "../../core/ids.ts";
import { isSealed } from "../../core/task/blob-length.ts";
import type { PublicMetric } from "../../ports/index.ts";
import { openContent } from "../content/open-content.ts";
import type { EndpointOptions } from "../record/open-federation.ts";
import { logOf } from "../record/open-federation.ts";
import { specOf, type TaskReader, viewOf } from "../record/open-record.ts";
import { openerOf, readerOf } from "../sealed/open-sealed.ts";
import { createPublicMeasure } from "../tasks/test-set.ts";
import { acceptedLanes, type ModelOptions } from "./recorded-model.ts";

/** By what the models of a task are read and measured. */
export interface PublicResultsOptions extends Omit<ModelOptions, "round">, Pick<EndpointOptions, "log"> {
  /** A CSV file with the public test set, where no bundled data set gives it. */
  readonly testSet?: string | undefined;
}

/**
 * What each accepted round's model reaches on the task's public test set, by round; without those whose blob is not to
 * be had. Nothing is fetched where the task has no test set, or no model yet. Rejects with UNKNOWN_TASK, GRANT_INVALID,
 * INVALID_TEST_SET, RPC_UNREACHABLE.
 */
export async function publicResults(
  record: TaskReader,
  options: PublicResultsOptions = {},
): Promise<ReadonlyMap<RoundNumber, PublicMetric>> {
  const { testSet, signal } = options;
  const log = logOf(options);
  const view = await viewOf(record, { signal });
  const results = new Map<RoundNumber, PublicMetric>();
  if (specOf(view)?.testSet === undefined || !view.rounds.some(({ result }) => result !== undefined)) return results;
  const store = options.content ?? (await openContent({ record, ifNone: "empty", log }));
  const opener = isSealed(view) ? await openerOf(await readerOf(options.reader), record) : undefined;
  const measure = createPublicMeasure({ ...record, task: async () => view, store, values: { testSet }, log });
  for (const round of view.rounds.filter(({ result }) => result !== undefined)) {
    try {
      const lanes = await acceptedLanes({ view, store, opener, signal }, round);
      const metric = await measure(lanes, { round: round.round, signal });
      if (metric === undefined) break;
      results.set(round.round, metric);
    } catch (error) {
      signal?.throwIfAborted();
      log.info("A model could not be measured", { round: round.round, error });
    }
  }
  return results;
}
