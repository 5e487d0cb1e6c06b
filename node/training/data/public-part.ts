import type { TaskSpec } from "../../core/task/task-spec.ts";
import { encodeTestSet } from "../../core/task/test-set.ts";
import { type Dataset, selectExamples } from "./dataset.ts";
import { type DatasetOptions, datasetByName } from "./dataset-by-name.ts";

/** Every fifth example is public, or fewer where these were more than so many: they settle accuracy to a percent. */
const mostPublic = 2000;

/**
 * Which examples of a named data set nobody trains on, as they are its public test set: the first of every five, in the
 * data's own order; and which are left. Both ascending.
 */
export function publicIndices({ samples }: Pick<Dataset, "samples">): { test: Uint32Array; train: Uint32Array } {
  const step = Math.max(5, Math.ceil(samples / mostPublic));
  const all = Uint32Array.from({ length: samples }, (_, index) => index);
  return { test: all.filter((index) => index % step === 0), train: all.filter((index) => index % step !== 0) };
}

/**
 * The test set that presets take for a named data set, in its bytes: the same for everybody who has the data set. Of a
 * file, all of it. Throws what {@link datasetByName} throws, and INVALID_TEST_SET.
 */
export async function namedTestSet(
  dataset: string,
  options: DatasetOptions & { readonly spec: Pick<TaskSpec, "model" | "data"> },
): Promise<{ readonly bytes: Uint8Array; readonly examples: number }> {
  const whole = await datasetByName(dataset, options);
  const set = isFile(dataset) ? whole : selectExamples(whole, publicIndices(whole).test);
  return { bytes: encodeTestSet({ ...set, examples: set.samples }, options.spec.model), examples: set.samples };
}

/** Whether a data set's name is that of somebody's own file, of which nothing is public. */
export function isFile(dataset: string): boolean {
  return dataset.startsWith("csv:");
}
