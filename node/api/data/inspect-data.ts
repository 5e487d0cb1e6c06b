import type { TaskSpec } from "../../core/task/task-spec.ts";
import type { KeyedHashes } from "../../ports/index.ts";
import {
  type AnonymityReport,
  anonymityReport,
  type Dataset,
  type DatasetOptions,
  datasetByName,
  inputSize,
  inspectTable,
  loadOwnExamples,
  loadParticipantData,
  type ParticipantDataOptions,
  requireAnonymity,
  type TableReport,
} from "../../training/index.ts";
import { datasetName } from "../tasks/dataset-name.ts";

/** Which data, and for which task. */
export interface DataOptions {
  readonly spec: TaskSpec;
  /** A CSV file (plain or .gz), or a bundled data set by its name. */
  readonly data: string;
  /** The salts of hashed columns; default none. */
  readonly hashes?: KeyedHashes | undefined;
  /** One part of a division, of experiments; default all. */
  readonly share?: ParticipantDataOptions["share"];
  /** uint32, of the division; default 1. */
  readonly seed?: number | undefined;
}

/** What a task makes of a table. */
export interface DataReport {
  /** Column by column. The examples of values are for the data's owner alone. */
  readonly table: TableReport;
  /** How alike the rows are; absent where the task does not ask. */
  readonly anonymity?: AnonymityReport | undefined;
  /** Throws ANONYMITY_TOO_LOW where the rows are less alike than the task asks for. */
  requireAnonymity(): void;
}

/**
 * What a task makes of a participant's table, before anything is trained: what leaves and what stays. Rejects with
 * INVALID_DATA, TOO_LITTLE_DATA, DATA_SALT_MISSING, DATA_SALT_WRONG, FILE_NOT_FOUND, FILE_UNREADABLE, INVALID_CONFIG.
 */
export async function inspectData(options: DataOptions): Promise<DataReport> {
  const { spec, data, hashes = {} } = options;
  const { anonymity } = spec.data;
  const own = await loadOwnExamples(loading(options));
  const table = await inspectTable(datasetName(data), spec.data, inputSize(own), hashes);
  return {
    table,
    anonymity: anonymity && own.groups && anonymityReport(own.groups, anonymity),
    requireAnonymity: () => requireAnonymity(own, anonymity),
  };
}

/**
 * Rejects where a participant could not train on these data: as {@link inspectData} does, and with ANONYMITY_TOO_LOW.
 */
export async function requireTrainable(
  options: DataOptions & { readonly heldOutFraction?: number | undefined },
): Promise<void> {
  const { heldOutFraction } = options;
  await loadParticipantData({ ...loading(options), ...(heldOutFraction !== undefined && { heldOutFraction }) });
}

/**
 * A data set that suits a task's model, to measure it or to predict from. Rejects as {@link inspectData} does.
 *
 * @param options.labelled default true; false reads no labels
 */
export function loadDataset(
  options: Pick<DataOptions, "data" | "hashes"> & Pick<DatasetOptions, "spec" | "labelled">,
): Promise<Dataset> {
  const { data, hashes, ...rest } = options;
  return datasetByName(datasetName(data), { ...rest, ...(hashes && { hashes }) });
}

function loading({ spec, data, hashes, share, seed }: DataOptions): ParticipantDataOptions {
  return {
    spec,
    dataset: datasetName(data),
    ...(hashes && { hashes }),
    ...(share && { share }),
    ...(seed !== undefined && { seed }),
  };
}
