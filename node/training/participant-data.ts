import { FedledgerError } from "../core/error.ts";
import { type Dataset, holdOut, selectExamples } from "./dataset.ts";
import { type DatasetOptions, datasetByName } from "./dataset-by-name.ts";
import { parsePartition, partitionIndices } from "./partition.ts";

/** Which share of which data one participant of an experiment has. */
export interface ParticipantDataOptions extends DatasetOptions {
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
 * Reads, divides and splits: what a participant trains on and what it measures on.
 *
 * Throws what {@link datasetByName}, {@link parsePartition} and {@link partitionIndices} throw.
 */
export async function loadParticipantData(
  options: ParticipantDataOptions,
): Promise<{ train: Dataset; heldOut: Dataset }> {
  const { share, seed = 1, heldOutFraction = 0.2 } = options;
  const whole = await datasetByName(options.dataset, options);
  if (share === undefined) return holdOut(whole, heldOutFraction, seed);
  const parts = partitionIndices(whole, parsePartition(share.partition), share.parts, seed);
  const own = parts[share.part];
  if (own === undefined)
    throw new FedledgerError("INVALID_ARGUMENT", {
      name: "part",
      value: share.part,
      expected: `0 to ${share.parts - 1}`,
    });
  return holdOut(selectExamples(whole, own), heldOutFraction, seed);
}
