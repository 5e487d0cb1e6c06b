import * as tf from "@tensorflow/tfjs-core";
import { itemAt } from "../../core/bytes/items.ts";
import type { OutputSpec } from "../../core/task/task-spec.ts";
import type { EvaluationResult } from "../../ports/trainer.ts";
import { type Dataset, inputSize } from "../data/dataset.ts";
import type { TfModel } from "../models/models.ts";
import { createPause, useBackend } from "./pause.ts";

const examplesAtOnce = 128;

/** What a prediction needs. */
export interface PredictionDeps {
  readonly model: TfModel;
  readonly data: Dataset;
  /** TensorFlow.js's name of the backend, already initialized. */
  readonly tfName: string;
}

/** What an evaluation needs. */
export interface EvaluationDeps extends PredictionDeps {
  readonly output: OutputSpec;
}

/**
 * What the model gives for each example, samples × outputs, row by row: probabilities or numbers. Rejects with
 * LENGTH_MISMATCH.
 */
export async function predictModel(
  deps: PredictionDeps,
  parameters: Float32Array,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Float32Array> {
  const pieces: Float32Array[] = [];
  await inBatches(deps, parameters, options.signal, (tensors, inputs) => {
    pieces.push(deps.model.predict(tensors, inputs).dataSync() as Float32Array);
  });
  return concatenated(pieces);
}

/**
 * Measures parameters on a data set, in the data's order.
 *
 * Metric: the share of examples whose greatest output (or, for binary, whose side of one half) is the label; for
 * numbers R² = 1 − Σ(y − ŷ)² / Σ(y − ȳ)², averaged over the outputs, and where an output's labels are all equal 1 if
 * predicted exactly, else 0. Without examples all three results are 0. Loss and R² are not finite for parameters that
 * overflow. Rejects with LENGTH_MISMATCH.
 */
export async function evaluateModel(
  deps: EvaluationDeps,
  parameters: Float32Array,
  options: { readonly signal?: AbortSignal } = {},
): Promise<EvaluationResult> {
  const { model, output, data } = deps;
  const { samples, labelWidth } = data;
  if (samples === 0) return { samples: 0, metric: 0, loss: 0 };
  let lossSum = 0;
  const pieces: Float32Array[] = [];
  await inBatches(deps, parameters, options.signal, (tensors, inputs, from, to) => {
    const labels = model.labelTensor(data.labels.subarray(from * labelWidth, to * labelWidth), to - from);
    const outputs = model.forward(tensors, inputs);
    lossSum += itemAt(model.loss(outputs, labels).dataSync(), 0) * (to - from);
    pieces.push(outputs.dataSync() as Float32Array);
  });
  const outputs = concatenated(pieces);
  const metric = output.kind === "numbers" ? rSquared(data, outputs) : accuracy(data, outputs, output.kind);
  return { samples, metric, loss: lossSum / samples };
}

async function inBatches(
  { model, data, tfName }: PredictionDeps,
  parameters: Float32Array,
  signal: AbortSignal | undefined,
  work: (tensors: readonly tf.Tensor[], inputs: tf.Tensor, from: number, to: number) => void,
): Promise<void> {
  signal?.throwIfAborted();
  const width = inputSize(data);
  const pause = createPause(signal);
  await useBackend(tfName);
  const tensors = model.upload(parameters);
  try {
    for (let from = 0; from < data.samples; from += examplesAtOnce) {
      if (await pause()) await useBackend(tfName);
      const to = Math.min(data.samples, from + examplesAtOnce);
      tf.tidy(() => {
        const rows = data.inputs.slice(from * width, to * width);
        work(tensors, tf.tensor(rows, [to - from, ...model.inputShape], "float32"), from, to);
      });
    }
  } finally {
    tf.dispose([...tensors]);
  }
}

function concatenated(pieces: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function accuracy({ samples, labels }: Dataset, outputs: Float32Array, kind: "classes" | "binary"): number {
  const width = outputs.length / samples;
  let correct = 0;
  for (let i = 0; i < samples; i++) {
    const row = outputs.subarray(i * width, (i + 1) * width);
    const greatest = row.reduce((best, value, at) => (value > itemAt(row, best) ? at : best), 0);
    if ((kind === "binary" ? Number(itemAt(row, 0) >= 0) : greatest) === labels[i]) correct++;
  }
  return correct / samples;
}

function rSquared({ samples, labels, labelWidth }: Dataset, outputs: Float32Array): number {
  let sum = 0;
  for (let column = 0; column < labelWidth; column++) {
    let mean = 0;
    for (let i = column; i < labels.length; i += labelWidth) mean += itemAt(labels, i) / samples;
    let residual = 0;
    let total = 0;
    for (let i = column; i < labels.length; i += labelWidth) {
      const label = itemAt(labels, i);
      residual += (label - itemAt(outputs, i)) ** 2;
      total += (label - mean) ** 2;
    }
    sum += total > 0 ? 1 - residual / total : residual === 0 ? 1 : 0;
  }
  return sum / labelWidth;
}
