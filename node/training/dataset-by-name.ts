import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { FedledgerError } from "../core/error.ts";
import type { TaskSpec } from "../core/task-spec.ts";
import { type BundledName, bundledDatasets, readBundled, readCsvFile } from "./bundled.ts";
import { checkDatasetFits, type Dataset } from "./dataset.ts";
import { readIdxPair } from "./idx.ts";
import { modelInputShape } from "./model-layers.ts";
import { syntheticTen } from "./synthetic.ts";

/** What reading a data set depends on beside its name. */
export interface DatasetOptions {
  /** Its model and data parts say how inputs and labels are read. */
  readonly spec: Pick<TaskSpec, "model" | "data">;
  /** Seed of generated data, uint32; default 1. */
  readonly seed?: number;
  /** Default true; false reads a table without its label column, to predict from. */
  readonly labelled?: boolean;
  /** Number of generated examples; default 10,000. */
  readonly samples?: number;
}

/**
 * Reads a data set by its name and checks that it suits the model.
 *
 * - `digits`, `breast-cancer`, `diabetes`: bundled
 * - `synthetic-ten`: generated, see synthetic.ts
 * - `mnist:DIRECTORY`: IDX files train-images-idx3-ubyte and train-labels-idx1-ubyte, or where they are absent the t10k ones; plain or .gz
 * - `csv:FILE`: a table, plain or .gz
 *
 * Throws INVALID_CONFIG for another name; INVALID_DATA, TOO_LITTLE_DATA, FILE_NOT_FOUND, FILE_UNREADABLE.
 */
export async function datasetByName(name: string, options: DatasetOptions): Promise<Dataset> {
  const dataset = await read(name, options);
  checkDatasetFits(dataset, options.spec.model, options);
  // Tables and images alike are given the model's shape: the check above has found the sizes equal.
  return { ...dataset, inputShape: modelInputShape(options.spec.model) };
}

async function read(name: string, { spec, seed = 1, samples, labelled = true }: DatasetOptions): Promise<Dataset> {
  if (Object.hasOwn(bundledDatasets, name)) return readBundled(name as BundledName, { ...spec, labelled });
  if (name === "synthetic-ten") return syntheticTen(seed, samples);
  const colon = name.indexOf(":");
  const [kind, path] = [name.slice(0, colon), name.slice(colon + 1)];
  if (colon > 0 && path !== "") {
    if (kind === "csv") return readCsvFile(path, path, { ...spec, labelled });
    if (kind === "mnist") return readMnist(path, spec.data);
  }
  throw new FedledgerError("INVALID_CONFIG", {
    name: "dataset",
    reason: `"${name}" is none of ${Object.keys(bundledDatasets).join(", ")}, synthetic-ten, mnist:DIRECTORY, csv:FILE`,
  });
}

async function readMnist(directory: string, data: TaskSpec["data"]): Promise<Dataset> {
  for (const part of ["train", "t10k"]) {
    const images = await readIfThere(join(directory, `${part}-images-idx3-ubyte`));
    const labels = await readIfThere(join(directory, `${part}-labels-idx1-ubyte`));
    if (images && labels) return readIdxPair(images, labels, data);
  }
  throw new FedledgerError("FILE_NOT_FOUND", { path: join(directory, "train-images-idx3-ubyte(.gz)") });
}

async function readIfThere(path: string): Promise<{ source: string; file: Uint8Array } | undefined> {
  for (const source of [path, `${path}.gz`]) {
    try {
      return { source, file: await readFile(source) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") continue;
      throw new FedledgerError("FILE_UNREADABLE", { path: source, reason: (error as Error).message }, error);
    }
  }
  return undefined;
}
