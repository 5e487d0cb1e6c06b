import type { RoundNumber } from "../core/ids.ts";

/**
 * What a model reaches on a task's public test set: exact numbers, the same for everybody on the reproducible backend.
 */
export interface PublicMetric {
  /** Examples of the set; at least 1. */
  readonly examples: number;
  /** Of a task of classes: how many of the examples the model tells rightly. Absent where the output is numbers. */
  readonly correct?: number;
  /** Where the output is numbers: R² in units of 2^-24, rounded down. Absent in tasks of classes. */
  readonly r2Q24?: bigint;
  /** Mean loss in units of 2^-24, rounded down. */
  readonly lossQ24: bigint;
}

/**
 * Measures a round's model on the task's public test set. Resolves to undefined where the task names none, or its bytes
 * are not to be had.
 *
 * @param lanes the model; not modified
 */
export type MeasurePublicly = (
  lanes: Int32Array,
  about: { readonly round: RoundNumber; readonly signal?: AbortSignal | undefined },
) => Promise<PublicMetric | undefined>;
