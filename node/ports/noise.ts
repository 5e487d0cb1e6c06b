import type { Bytes32 } from "../core/ids.ts";

/** Randomness that nobody can predict or repeat, for a training with differential privacy. */
export interface PrivateRandom {
  /**
   * A sampler of exact discrete Gaussians: integers of this standard deviation (not its square), above 0, at most 2^40.
   */
  gaussian(noiseStd: number): () => number;
  /** True with this probability, from 0 to 1, rounded down to a multiple of 2^-53. */
  chance(probability: number): boolean;
}

/** One update that noise was drawn for. */
export interface NoiseEntry {
  /** Of the data: see Trainer.dataFingerprint. */
  readonly dataset: Bytes32;
  /** Chain, federation, task and account. */
  readonly task: string;
  /** Round and its start value: which opening of the task's rounds. */
  readonly opening: string;
  /** What it costs, as text (privacy/accountant/cost-text.ts). */
  readonly cost: string;
}

/** What was released with noise of this machine's data sets, over tasks and federations. */
export interface NoiseLedger {
  /** Where it is, for people. */
  readonly path: string;
  /** All entries; none where there is no file. Rejects as `spend` does. */
  read(): Promise<readonly NoiseEntry[]>;
  /**
   * Gives all entries to `decide`, and writes this one where that says "draw". Nobody else reads or writes between.
   * Rejects with what `decide` throws, nothing being written then, with PRIVACY_LEDGER_UNREADABLE for a damaged file,
   * and with STORAGE_FAILED.
   */
  spend(entry: NoiseEntry, decide: (entries: readonly NoiseEntry[]) => "draw" | "drawn"): Promise<void>;
}
