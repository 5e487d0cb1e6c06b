import * as tf from "@tensorflow/tfjs-core";
import type { OutputSpec } from "../core/task-spec.ts";
import type { EvaluationResult } from "../ports/trainer.ts";
import { type Dataset, inputSize } from "./dataset.ts";
import type { TfModel } from "./models.ts";
import { createPause, useBackend } from "./pause.ts";

const examplesAtOnce = 128;

/** What an evaluation needs. */
export interface EvaluationDeps {
  readonly model: TfModel;
  readonly output: OutputSpec;
  readonly data: Dataset;
  /** TensorFlow.js's name of the backend, already initialized. */
  readonly tfName: string;
}

/**
 * Measures parameters on a data set, in the data's order.
 *
 * Metric: the share of examples whose greatest output (or, for binary, whose side of one half) is the label; for numbers
 * R² = 1 − Σ(y − ŷ)² / Σ(y − ȳ)², averaged over the outputs, and where an output's labels are all equal 1 if predicted exactly, else 0.
 * Without examples all three results are 0. Loss and metric may be non-finite for parameters that overflow.
 */
export async function evaluateModel(
  { model, output, data, tfName }: EvaluationDeps,
  parameters: Float32Array,
  options: { readonly signal?: AbortSignal } = {},
): Promise<EvaluationResult> {
  options.signal?.throwIfAborted();
  if (data.samples === 0) return { samples: 0, metric: 0, loss: 0 };
  const pause = createPause(options.signal);
  const width = inputSize(data);
  await useBackend(tfName);
  const tensors = model.upload(parameters);
  try {
    let lossSum = 0;
    const predicted: Float32Array[] = [];
    for (let from = 0; from < data.samples; from += examplesAtOnce) {
      if (await pause()) await useBackend(tfName);
      const to = Math.min(data.samples, from + examplesAtOnce);
      const [loss, outputs] = tf.tidy(() => {
        const inputs = tf.tensor(
          data.inputs.slice(from * width, to * width),
          [to - from, ...model.inputShape],
          "float32",
        );
        const labels = model.labelTensor(data.labels.subarray(from * data.labelWidth, to * data.labelWidth), to - from);
        const result = model.forward(tensors, inputs);
        return [model.loss(result, labels).dataSync()[0]!, result.dataSync() as Float32Array] as const;
      });
      lossSum += loss * (to - from);
      predicted.push(outputs);
    }
    const metric = output.kind === "numbers" ? rSquared(data, predicted) : accuracy(data, predicted, output.kind);
    return { samples: data.samples, metric, loss: lossSum / data.samples };
  } finally {
    tf.dispose(tensors);
  }
}

function accuracy(data: Dataset, predicted: readonly Float32Array[], kind: "classes" | "binary"): number {
  let correct = 0;
  let example = 0;
  for (const outputs of predicted) {
    const count = Math.min(examplesAtOnce, data.samples - example);
    const width = outputs.length / count;
    for (let i = 0; i < count; i++, example++) {
      const row = outputs.subarray(i * width, (i + 1) * width);
      const label =
        kind === "binary" ? Number(row[0]! >= 0) : row.reduce((best, value, at) => (value > row[best]! ? at : best), 0);
      if (label === data.labels[example]) correct++;
    }
  }
  return correct / data.samples;
}

function rSquared(data: Dataset, predicted: readonly Float32Array[]): number {
  const width = data.labelWidth;
  let sum = 0;
  for (let column = 0; column < width; column++) {
    let mean = 0;
    for (let i = 0; i < data.samples; i++) mean += data.labels[i * width + column]! / data.samples;
    let residual = 0;
    let total = 0;
    for (let i = 0; i < data.samples; i++) {
      const label = data.labels[i * width + column]!;
      const output = predicted[Math.floor(i / examplesAtOnce)]![(i % examplesAtOnce) * width + column]!;
      residual += (label - output) ** 2;
      total += (label - mean) ** 2;
    }
    sum += total > 0 ? 1 - residual / total : residual === 0 ? 1 : 0;
  }
  return sum / width;
}
