import { FedledgerError } from "../../core/errors/error.ts";
import type { TaskSpec } from "../../core/task/task-spec.ts";
import type { PrivateRandom } from "../../ports/noise.ts";
import type { Trainer } from "../../ports/trainer.ts";
import { checkDatasetFits, type Dataset } from "../data/dataset.ts";
import { dataFingerprint } from "../data/fingerprint.ts";
import { type BackendChoice, selectBackend } from "../models/backend.ts";

/** What a trainer works on. */
export interface TfjsTrainerOptions {
  readonly spec: TaskSpec;
  /** Local training examples, prepared; at least 1. */
  readonly train: Dataset;
  /** Local examples that are never trained on; may be empty. */
  readonly heldOut: Dataset;
  /** Default "auto": wasm, or cpu where wasm cannot run. */
  readonly backend?: BackendChoice;
  /** What DP-SGD draws from; needed where `spec.privacy` is of unit example, and used nowhere else. */
  readonly privateRandom?: PrivateRandom;
}

/** A trainer, with a line for people on what computes and why. */
export interface TfjsTrainer extends Trainer {
  readonly description: string;
}

/**
 * A trainer that runs in this process on TensorFlow.js; the library is loaded here, at the first use.
 *
 * FedAvg's local steps (McMahan et al. 2017, arXiv 1602.05629, algorithm 1, ClientUpdate): every epoch in a new seeded
 * order, minibatches, plain stochastic gradient descent. docs/protocol/specification.md fixes the order of everything.
 * With `spec.privacy` of unit example it is DP-SGD instead, and then nothing can be repeated.
 *
 * Throws INVALID_ARGUMENT for DP-SGD without randomness, BACKEND_UNAVAILABLE, UNSUPPORTED_MODEL, INVALID_DATA,
 * TOO_LITTLE_DATA.
 */
export async function createTfjsTrainer(options: TfjsTrainerOptions): Promise<TfjsTrainer> {
  const { spec, train, heldOut, backend, privateRandom } = options;
  const privacy = spec.privacy?.unit === "example" ? spec.privacy : undefined;
  if (privacy && privateRandom === undefined) {
    throw new FedledgerError("INVALID_ARGUMENT", { name: "privateRandom", value: undefined, expected: "a source" });
  }
  if (train.samples < 1) throw new FedledgerError("TOO_LITTLE_DATA", { source: train.source, actual: 0, required: 1 });
  checkDatasetFits(train, spec.model);
  checkDatasetFits(heldOut, spec.model);
  const selected = await selectBackend(backend);
  const { createLocalTraining } = await import("./local-training.ts");
  const { evaluateModel } = await import("./evaluation.ts");
  const { createTfModel } = await import("../models/models.ts");
  const model = createTfModel(spec.model);
  const { createPrivateTraining } = await import("./private-training.ts");
  const deps = { model, training: spec.training, data: train, tfName: selected.tfName };
  const runJob =
    privacy && privateRandom ? createPrivateTraining({ ...deps, privacy, privateRandom }) : createLocalTraining(deps);
  return {
    engine: `tfjs-${selected.name} ${selected.version}`,
    reproducible: selected.reproducible && privacy === undefined,
    description: selected.description,
    samples: train.samples,
    dataFingerprint: dataFingerprint(train, heldOut),
    train: runJob,
    evaluate: (parameters, options = {}) =>
      evaluateModel({ model, output: spec.model.output, data: heldOut, tfName: selected.tfName }, parameters, options),
    // Every call frees its own tensors; the backend stays for other trainers of this process.
    close: async () => {},
  };
}
