import * as tf from "@tensorflow/tfjs-core";
import { itemAt } from "../../core/bytes/items.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { TaskSpec } from "../../core/task/task-spec.ts";
import type { TrainJob, TrainResult } from "../../ports/trainer.ts";
import { type Dataset, selectExamples } from "../data/dataset.ts";
import { createSeededRandom, shuffledIndices } from "../data/seeded-random.ts";
import type { TfModel } from "../models/models.ts";
import { createPause, useBackend } from "./pause.ts";

/** What local training needs. */
export interface LocalTrainingDeps {
  readonly model: TfModel;
  readonly training: TaskSpec["training"];
  readonly data: Dataset;
  /** TensorFlow.js's name of the backend, already initialized. */
  readonly tfName: string;
}

/**
 * A function that runs one job: `epochs` passes over the data, each in an order drawn from the job's seed, in batches
 * of `batchSize` (the last one shorter), `parameter -= learningRate · gradient of the batch's mean loss` after each.
 *
 * It rejects with TRAINING_FAILED when a loss or a parameter is not finite, or with the signal's reason. Tensors of a
 * job live only within it; a batch is the longest time between two yields if it takes more than 25 ms.
 */
export function createLocalTraining({
  model,
  training,
  data,
  tfName,
}: LocalTrainingDeps): (job: TrainJob) => Promise<TrainResult> {
  const { epochs, batchSize, learningRate } = training;

  const step = (tensors: readonly tf.Tensor[], rows: Uint32Array): { loss: number; next: tf.Tensor[] } => {
    const batch = selectExamples(data, rows);
    let loss = Number.NaN;
    const next = tf.tidy(() => {
      const inputs = tf.tensor(batch.inputs, [rows.length, ...model.inputShape], "float32");
      const labels = model.labelTensor(batch.labels, rows.length);
      const gradients = tf.valueAndGrads((...at: tf.Tensor[]) => model.loss(model.forward(at, inputs), labels))([
        ...tensors,
      ]);
      loss = itemAt(gradients.value.dataSync(), 0);
      return gradients.grads.map((gradient, i) => tf.sub(itemAt(tensors, i), tf.mul(gradient, learningRate)));
    });
    return { loss, next };
  };

  return async (job) => {
    job.signal?.throwIfAborted();
    const random = createSeededRandom(job.seed);
    const pause = createPause(job.signal);
    await useBackend(tfName);
    let tensors = model.upload(job.parameters);
    try {
      let meanLoss = Number.NaN;
      for (let epoch = 1; epoch <= epochs; epoch++) {
        const order = shuffledIndices(data.samples, random);
        let sum = 0;
        for (let from = 0; from < order.length; from += batchSize) {
          if (await pause()) await useBackend(tfName);
          const rows = order.subarray(from, from + batchSize);
          const { loss, next } = step(tensors, rows);
          tf.dispose(tensors);
          tensors = next;
          if (!Number.isFinite(loss)) {
            throw new FedledgerError("TRAINING_FAILED", { reason: `the loss is ${loss} in epoch ${epoch}` });
          }
          sum += loss * rows.length;
        }
        meanLoss = sum / data.samples;
        job.onProgress?.({ epoch, epochs, loss: meanLoss });
      }
      const parameters = requireFinite(model.download(tensors));
      return { parameters, samples: data.samples, loss: meanLoss };
    } finally {
      tf.dispose(tensors);
    }
  };
}

/** The same parameters. Throws TRAINING_FAILED where one is not finite. */
export function requireFinite(parameters: Float32Array): Float32Array {
  if (parameters.every(Number.isFinite)) return parameters;
  throw new FedledgerError("TRAINING_FAILED", { reason: "a trained parameter is not a finite number" });
}
