import { FedledgerError } from "../core/error.ts";
import type { TaskSpec } from "../core/task-spec.ts";
import type { Trainer } from "../ports/trainer.ts";
import { type BackendChoice, selectBackend } from "./backend.ts";
import { checkDatasetFits, type Dataset } from "./dataset.ts";

/** What a trainer works on. */
export interface TfjsTrainerOptions {
  readonly spec: TaskSpec;
  /** Local training examples, prepared; at least 1. */
  readonly train: Dataset;
  /** Local examples that are never trained on; may be empty. */
  readonly heldOut: Dataset;
  /** Default "auto": wasm, or cpu where wasm cannot run. */
  readonly backend?: BackendChoice;
}

/** A trainer, with a line for people on what computes and why. */
export interface TfjsTrainer extends Trainer {
  readonly description: string;
}

/**
 * A trainer that runs in this process on TensorFlow.js; the library is loaded here, at the first use.
 *
 * FedAvg's local steps (McMahan et al. 2017, arXiv 1602.05629, algorithm 1, ClientUpdate): every epoch in a new seeded order,
 * minibatches, plain stochastic gradient descent. docs/protocol.md section 8 fixes the order of everything.
 *
 * Throws BACKEND_UNAVAILABLE, UNSUPPORTED_MODEL, INVALID_DATA, TOO_LITTLE_DATA.
 */
export async function createTfjsTrainer({ spec, train, heldOut, backend }: TfjsTrainerOptions): Promise<TfjsTrainer> {
  if (train.samples < 1) throw new FedledgerError("TOO_LITTLE_DATA", { source: train.source, actual: 0, required: 1 });
  checkDatasetFits(train, spec.model);
  checkDatasetFits(heldOut, spec.model);
  const selected = await selectBackend(backend);
  const { createLocalTraining } = await import("./local-training.ts");
  const { evaluateModel } = await import("./evaluation.ts");
  const { createTfModel } = await import("./models.ts");
  const model = createTfModel(spec.model);
  const runJob = createLocalTraining({ model, training: spec.training, data: train, tfName: selected.tfName });
  return {
    engine: `tfjs-${selected.name} ${selected.version}`,
    reproducible: selected.reproducible,
    description: selected.description,
    samples: train.samples,
    train: runJob,
    evaluate: (parameters, options = {}) =>
      evaluateModel({ model, output: spec.model.output, data: heldOut, tfName: selected.tfName }, parameters, options),
    // Every call frees its own tensors; the backend stays for other trainers of this process.
    close: async () => {},
  };
}
