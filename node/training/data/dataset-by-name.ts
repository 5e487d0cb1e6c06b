import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { FedledgerError } from "../../core/errors/error.ts";
import type { DataSpec } from "../../core/task/data-spec.ts";
import type { TaskSpec } from "../../core/task/task-spec.ts";
import type { KeyedHashes } from "../../ports/keyed-hash.ts";
import { modelInputShape } from "../models/model-layers.ts";
import { type BundledName, bundledDatasetPath, bundledDatasets, readCsvFile } from "./bundled.ts";
import { checkDatasetFits, type Dataset } from "./dataset.ts";
import { readIdxPair } from "./idx.ts";
import { syntheticTen } from "./synthetic.ts";

/** What reading a data set depends on beside its name. */
export interface DatasetOptions {
  /** Its model and data parts say how inputs and labels are read. */
  readonly spec: Pick<TaskSpec, "model" | "data">;
  /** The salts of declared hashes; default none. */
  readonly hashes?: KeyedHashes;
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
 * - `mnist:DIRECTORY`: IDX files train-images-idx3-ubyte and train-labels-idx1-ubyte, or where they are absent the
 *   t10k ones; plain or .gz
 * - `csv:FILE`: a table, plain or .gz
 *
 * The transforms that the specification declares are made while a table is read; the others have no columns, and are
 * refused for such a task.
 *
 * Throws INVALID_CONFIG for another name; INVALID_DATA, TOO_LITTLE_DATA, DATA_SALT_MISSING, DATA_SALT_WRONG,
 * FILE_NOT_FOUND, FILE_UNREADABLE.
 */
export async function datasetByName(name: string, options: DatasetOptions): Promise<Dataset> {
  const dataset = await read(name, options);
  checkDatasetFits(dataset, options.spec.model, options);
  // Tables and images alike are given the model's shape: the check above has found the sizes equal.
  return { ...dataset, inputShape: modelInputShape(options.spec.model) };
}

/** A table that a data set's name stands for. */
export interface NamedTable {
  /** Name for messages. */
  readonly source: string;
  readonly path: string;
  /** The specification's data part; of a bundled table with the label column that it is known to have. */
  readonly data: DataSpec;
}

/** The table of that name: a bundled one or `csv:FILE`; undefined for another name. */
export function tableByName(name: string, data: DataSpec): NamedTable | undefined {
  const bundled = bundledDatasetPath(name);
  if (bundled !== undefined)
    return { source: name, path: bundled, data: { label: bundledDatasets[name as BundledName].label, ...data } };
  const path = name.startsWith("csv:") ? name.slice(4) : "";
  return path === "" ? undefined : { source: path, path, data };
}

async function read(name: string, { spec, seed = 1, samples, ...schema }: DatasetOptions): Promise<Dataset> {
  const table = tableByName(name, spec.data);
  if (table) return readCsvFile(table.source, table.path, { ...schema, model: spec.model, data: table.data });
  const mnist = name.startsWith("mnist:") && name.length > 6;
  if (name === "synthetic-ten" || mnist) {
    if (spec.data.transforms || spec.data.anonymity)
      throw new FedledgerError("INVALID_DATA", { source: name, reason: "the task masks columns: it needs a table" });
    return mnist ? readMnist(name.slice(6), spec.data) : syntheticTen(seed, samples);
  }
  throw new FedledgerError("INVALID_CONFIG", {
    name: "dataset",
    reason: `"${name}" is none of ${Object.keys(bundledDatasets).join(", ")}, synthetic-ten, mnist:DIRECTORY, csv:FILE`,
  });
}

async function readMnist(directory: string, data: DataSpec): Promise<Dataset> {
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
