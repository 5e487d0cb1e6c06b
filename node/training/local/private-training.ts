import * as tf from "@tensorflow/tfjs-core";
import { itemAt } from "../../core/bytes/items.ts";
import { type ExamplePrivacy, stepsPerRound } from "../../core/task/privacy-spec.ts";
import type { PrivateRandom } from "../../ports/noise.ts";
import type { TrainJob, TrainResult } from "../../ports/trainer.ts";
import { selectExamples } from "../data/dataset.ts";
import { addClippedGradients } from "./example-gradients.ts";
import { type LocalTrainingDeps, requireFinite } from "./local-training.ts";
import { createPause, useBackend } from "./pause.ts";

/** What private training needs. */
export interface PrivateTrainingDeps extends LocalTrainingDeps {
  readonly privacy: ExamplePrivacy;
  readonly privateRandom: PrivateRandom;
}

/** Steps of the noise's grid in one clip norm. */
const stepsPerClip = 2 ** 20;
/** Most examples whose gradients are made at once, and most parameters times examples. */
const mostAtOnce = 64;
const mostWorkAtOnce = 2 ** 23;
/** Parameters that get their noise without a look at the event loop. */
const lanesAtOnce = 1 << 14;

/**
 * A function that runs one job by DP-SGD (Abadi et al. 2016, arXiv 1607.00133, algorithm 1; docs/privacy.md): Poisson
 * batches, each example's gradient within the clip norm, noise on their sum. A batch without examples is a step of
 * noise alone.
 *
 * Gradients are added up as integers on a grid of 2^-20 of the clip norm, each example's of a norm within the clip
 * (example-gradients.ts), and noise is drawn exactly on that grid: a Gaussian in floating point would leave traces
 * (Mironov 2012). So the sensitivity is the clip norm, with nothing to add.
 *
 * Rejects with TRAINING_FAILED when a parameter is not finite (which says no more than the parameters would), or with
 * the signal's reason.
 */
export function createPrivateTraining(deps: PrivateTrainingDeps): (job: TrainJob) => Promise<TrainResult> {
  const { model, training, data, tfName, privacy, privateRandom } = deps;
  const { clipNorm, noiseMultiplier, samplingRate } = privacy;
  const stepsPerEpoch = stepsPerRound({ epochs: 1 }, privacy);
  const gridStep = clipNorm / stepsPerClip;
  const draw = privateRandom.gaussian(noiseMultiplier * stepsPerClip);
  const examplesAtOnce = Math.max(1, Math.min(mostAtOnce, Math.floor(mostWorkAtOnce / model.parameterCount)));
  const rate = (training.learningRate * gridStep) / (samplingRate * data.samples);

  /** Adds the clipped gradients of these examples to the sum; returns their loss. One that overflows adds nothing. */
  const addGradients = (parameters: Float32Array, rows: Uint32Array, steps: Float64Array): number => {
    const batch = selectExamples(data, rows);
    let loss = 0;
    // nothing is returned from the tidy: it would look at every number for tensors in it
    tf.tidy(() => {
      const examples = {
        inputs: tf.tensor(batch.inputs, [rows.length, ...model.inputShape], "float32"),
        labels: model.labelTensor(batch.labels, rows.length),
      };
      const sum = { steps, mostSteps: stepsPerClip, stepSize: gridStep };
      ({ loss } = addClippedGradients(model, model.upload(parameters), examples, sum));
    });
    return Number.isFinite(loss) ? loss : 0;
  };

  /** Moves the parameters from a place on against the sum, with noise of its own each. */
  const move = (parameters: Float32Array, sum: Float64Array, from: number): void => {
    const to = Math.min(sum.length, from + lanesAtOnce);
    for (let i = from; i < to; i++) {
      const change = itemAt(sum, i) + draw();
      parameters[i] = itemAt(parameters, i) - rate * change;
    }
  };

  return async (job) => {
    job.signal?.throwIfAborted();
    const pause = createPause(job.signal);
    const rest = async () => {
      if (await pause()) await useBackend(tfName);
    };
    await useBackend(tfName);
    const parameters = job.parameters.slice();
    /** One step of the training; its examples and their loss are added to the totals. */
    const step = async (totals: { seen: number; lossSum: number }): Promise<void> => {
      const rows = poissonSample(data.samples, samplingRate, privateRandom);
      const sum = new Float64Array(parameters.length);
      for (let from = 0; from < rows.length; from += examplesAtOnce) {
        await rest();
        totals.lossSum += addGradients(parameters, rows.subarray(from, from + examplesAtOnce), sum);
      }
      for (let from = 0; from < sum.length; from += lanesAtOnce) {
        await rest();
        move(parameters, sum, from);
      }
      totals.seen += rows.length;
    };
    let meanLoss = 0;
    for (let epoch = 1; epoch <= training.epochs; epoch++) {
      const totals = { seen: 0, lossSum: 0 };
      for (let done = 0; done < stepsPerEpoch; done++) {
        await step(totals);
      }
      if (totals.seen > 0) meanLoss = totals.lossSum / totals.seen;
      job.onProgress?.({ epoch, epochs: training.epochs, loss: meanLoss });
    }
    return { parameters: requireFinite(parameters), samples: data.samples, loss: meanLoss };
  };
}

/** Each of 0 to `samples - 1` with probability `rate`, independently. */
function poissonSample(samples: number, rate: number, random: PrivateRandom): Uint32Array {
  const rows: number[] = [];
  for (let row = 0; row < samples; row++) if (random.chance(rate)) rows.push(row);
  return Uint32Array.from(rows);
}
