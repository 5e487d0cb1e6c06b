import { FedledgerError } from "../../core/errors/error.ts";
import type { TaskSpec } from "../../core/task/task-spec.ts";
import { requireAnonymity } from "./anonymity.ts";
import { type Dataset, holdOut, selectExamples } from "./dataset.ts";
import { type DatasetOptions, datasetByName } from "./dataset-by-name.ts";
import { parsePartition, partitionIndices } from "./partition.ts";
import { isFile, publicIndices } from "./public-part.ts";

/** Which share of which data one participant of an experiment has. */
export interface ParticipantDataOptions extends DatasetOptions {
  readonly spec: DatasetOptions["spec"] & Pick<Partial<TaskSpec>, "testSet">;
  /** For {@link datasetByName}. */
  readonly dataset: string;
  /** Absent: this participant has all of it, as one who brings his own file. */
  readonly share?: {
    /** For {@link parsePartition}. */
    readonly partition: string;
    readonly parts: number;
    /** From 0 to parts - 1. */
    readonly part: number;
  };
  /** 0 to less than 1; default 0.2. */
  readonly heldOutFraction?: number;
  /** uint32, of the division and the held-out part; default 1. All participants of an experiment have the same. */
  readonly seed?: number;
}

/**
 * Reads, divides, checks and splits: what a participant trains on and what it measures on.
 *
 * Throws ANONYMITY_TOO_LOW where its examples are less alike than the task asks for, and what {@link loadOwnExamples}
 * throws.
 */
export async function loadParticipantData(
  options: ParticipantDataOptions,
): Promise<{ train: Dataset; heldOut: Dataset }> {
  const own = await loadOwnExamples(options);
  requireAnonymity(own, options.spec.data.anonymity);
  return holdOut(own, options.heldOutFraction ?? 0.2, options.seed ?? 1);
}

/**
 * Reads and divides: all examples of one participant. Of a named data set whose task has a public test set, that part
 * is nobody's. Throws what {@link datasetByName}, {@link parsePartition} and {@link partitionIndices} throw.
 */
export async function loadOwnExamples(options: Omit<ParticipantDataOptions, "heldOutFraction">): Promise<Dataset> {
  const { share, seed = 1 } = options;
  const all = await datasetByName(options.dataset, options);
  const isPublic = options.spec.testSet !== undefined && !isFile(options.dataset);
  const whole = isPublic ? selectExamples(all, publicIndices(all).train) : all;
  if (share === undefined) return whole;
  const parts = partitionIndices(whole, parsePartition(share.partition), share.parts, seed);
  const own = parts[share.part];
  if (own === undefined)
    throw new FedledgerError("INVALID_ARGUMENT", {
      name: "part",
      value: share.part,
      expected: `0 to ${share.parts - 1}`,
    });
  return selectExamples(whole, own);
}
