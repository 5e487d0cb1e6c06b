import type { Bytes32, RoundNumber } from "../core/ids.ts";

/** One local training. */
export interface TrainJob {
  /** Parameters to start from, flattened in the model's order, float32; not modified. */
  readonly parameters: Float32Array;
  readonly round: RoundNumber;
  /** uint32; the same seed, parameters and data give the same result bits where `reproducible`. */
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { epoch: number; epochs: number; loss: number }) => void;
}

/** What training brought. */
export interface TrainResult {
  /** Trained parameters, float32, same order and length as the job's. */
  readonly parameters: Float32Array;
  /** Number of training examples, the update's natural weight. */
  readonly samples: number;
  /** Mean loss over the last epoch. */
  readonly loss: number;
}

/** What evaluation brought. */
export interface EvaluationResult {
  readonly samples: number;
  /** Accuracy in [0, 1] for classes, R² for numbers. */
  readonly metric: number;
  /** Mean loss, at least 0. */
  readonly loss: number;
}

/** Trains a task's model on this participant's data. */
export interface Trainer {
  /** What computes, for people and the record, such as "tfjs-wasm 4.22.0". */
  readonly engine: string;
  /** Whether the same job gives the same bits again. */
  readonly reproducible: boolean;
  /** Number of training examples. */
  readonly samples: number;
  /**
   * Names the data that it trains on, whatever they are called: what noise costs them is counted under it. Two trainers
   * on the same rows must have the same one.
   */
  readonly dataFingerprint: Bytes32;
  /** Rejects with TRAINING_FAILED, or the signal's reason. Yields to the event loop at least every 50 ms. */
  train(job: TrainJob): Promise<TrainResult>;
  /** Measures on the held-out part. */
  evaluate(parameters: Float32Array, options?: { signal?: AbortSignal }): Promise<EvaluationResult>;
  /** Frees tensors and processes. */
  close(): Promise<void>;
}
