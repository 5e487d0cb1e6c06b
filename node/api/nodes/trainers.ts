import type { TaskSpec } from "../../core/task/task-spec.ts";
import type { KeyedHashes } from "../../ports/index.ts";
import { createPrivateRandom } from "../../privacy/noise/index.ts";
import { createRandom } from "../../system/index.ts";
import {
  type BackendChoice,
  createTfjsTrainer,
  type Dataset,
  datasetOf,
  type Examples,
  holdOut,
  loadParticipantData,
  type ParticipantDataOptions,
  type TfjsTrainer,
} from "../../training/index.ts";
import { datasetName } from "../tasks/dataset-name.ts";

/** How a trainer works, whatever its data. */
export interface TrainerChoices {
  /** Share of the examples that is never trained on, from 0 to less than 1; default 0.2. */
  readonly heldOutFraction?: number | undefined;
  /** uint32: which examples are held out; default 1. */
  readonly seed?: number | undefined;
  /** What computes; default "auto": TensorFlow.js on WebAssembly, or plain where that cannot run. */
  readonly backend?: BackendChoice | undefined;
}

/**
 * A trainer on examples in memory, which are copied. Throws TOO_LITTLE_DATA, INVALID_DATA, LENGTH_MISMATCH,
 * BACKEND_UNAVAILABLE, UNSUPPORTED_MODEL.
 */
export function createTrainer(
  options: TrainerChoices & { readonly spec: TaskSpec; readonly examples: Examples },
): Promise<TfjsTrainer> {
  const { spec, examples, heldOutFraction = 0.2, seed = 1 } = options;
  return trainerOf(options, holdOut(datasetOf(spec, examples), heldOutFraction, seed));
}

/** A data set by its name, and how much of it. */
export interface LoadTrainerOptions extends TrainerChoices {
  readonly spec: TaskSpec;
  /** A CSV file (plain or .gz), or a bundled data set by its name. */
  readonly data: string;
  /** The salts of hashed columns; default none. */
  readonly hashes?: KeyedHashes | undefined;
  /** One part of a division, of experiments; default all. */
  readonly share?: ParticipantDataOptions["share"];
}

/**
 * A trainer on a data set that is read by its name, and how many of its examples are held out. Throws as {@link
 * createTrainer} does; FILE_NOT_FOUND, FILE_UNREADABLE, DATA_SALT_MISSING, DATA_SALT_WRONG, ANONYMITY_TOO_LOW.
 */
export async function loadTrainer(
  options: LoadTrainerOptions,
): Promise<TfjsTrainer & { readonly heldOutSamples: number }> {
  const { spec, data, hashes, share, heldOutFraction = 0.2, seed = 1 } = options;
  const parts = await loadParticipantData({
    spec,
    dataset: datasetName(data),
    heldOutFraction,
    seed,
    ...(hashes && { hashes }),
    ...(share && { share }),
  });
  return { ...(await trainerOf(options, parts)), heldOutSamples: parts.heldOut.samples };
}

function trainerOf(
  { spec, backend = "auto" }: TrainerChoices & { readonly spec: TaskSpec },
  parts: { readonly train: Dataset; readonly heldOut: Dataset },
): Promise<TfjsTrainer> {
  return createTfjsTrainer({ spec, ...parts, backend, privateRandom: createPrivateRandom(createRandom()) });
}
