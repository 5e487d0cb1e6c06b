import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { FedledgerError } from "../../core/errors/error.ts";
import {
  bundledDatasetPath,
  bundledDatasets,
  datasetByName,
  parsePartition,
  partitionIndices,
  publicIndices,
  selectExamples,
  taskPreset,
} from "../../training/index.ts";

/** Names of the data sets that come with the package, each a table. */
export const bundledNames: readonly string[] = Object.keys(bundledDatasets);

/** How to cut a bundled data set. */
export interface SplitOptions {
  /** One of {@link bundledNames}. */
  readonly name: string;
  /** Number of parts, 1 to 64; default 3. */
  readonly parts?: number | undefined;
  /** `iid`, `dirichlet:ALPHA`, `label:CLASSES` or `quantity:ALPHA`; default the one of the data set's preset. */
  readonly partition?: string | undefined;
  /** uint32; default 1. */
  readonly seed?: number | undefined;
}

/**
 * A bundled data set as tables, one a participant: their CSV texts, the rows as they are in the source. Every fifth row
 * is left out: these are the public test set of tasks with this data set. Rejects with INVALID_CONFIG, TOO_LITTLE_DATA.
 */
export async function splitDataset(
  options: SplitOptions,
): Promise<readonly { readonly csv: string; readonly examples: number }[]> {
  const { name, seed = 1 } = options;
  const path = bundledDatasetPath(name);
  if (path === undefined)
    throw new FedledgerError("INVALID_CONFIG", { name, reason: `expected one of ${bundledNames.join(", ")}` });
  const { spec, partition } = taskPreset(name);
  const whole = await datasetByName(name, { spec });
  const { train } = publicIndices(whole);
  const division = parsePartition(options.partition ?? partition);
  const parts = partitionIndices(selectExamples(whole, train), division, options.parts ?? 3, seed);
  const [header, ...rows] = gunzipSync(await readFile(path))
    .toString("utf8")
    .trimEnd()
    .split(/\r?\n/);
  return parts.map((indices) => ({
    csv: `${[header, ...Array.from(indices, (row) => rows[train[row] ?? 0])].join("\n")}\n`,
    examples: indices.length,
  }));
}
