import * as tf from "@tensorflow/tfjs-core";
import { itemAt } from "../../core/bytes/items.ts";
import type { Layer } from "../models/model-layers.ts";
import type { TfModel } from "../models/models.ts";

/** What a batch added to the sum. */
export interface BatchGradients {
  /** Loss of the examples together; no finite number where that of one is none. */
  readonly loss: number;
  /** Examples whose gradient is no finite number: they added nothing. */
  readonly overflowed: number;
}

/** Where gradients are added up, and how long one may be. */
export interface GradientSum {
  /** Steps of the grid in each parameter, flat, in the model's order: integers. */
  readonly steps: Float64Array;
  /** Greatest L2 norm of what one example adds, in steps; an integer. */
  readonly mostSteps: number;
  /** Of the grid, in units of the gradient. */
  readonly stepSize: number;
}

/** A dense layer's or a convolution's input and the gradient of every example's own loss before the activation. */
interface TappedLayer {
  readonly layer: Layer;
  readonly input: tf.Tensor;
  readonly delta: tf.Tensor;
}

/** Every example's own gradient of a layer, as it came out of float32: its squared norm, and how it is added. */
interface LayerGradients {
  /** Kernel and bias. */
  readonly parameters: number;
  /** In double precision, relative error below 2^-22 for up to 2^31 parameters. */
  squaredNorm(example: number): number;
  /** Adds `trunc(factor * gradient)` from a place of the sum on. */
  add(example: number, factor: number, steps: Float64Array, from: number): void;
}

/** Gradients are cut so much below the bound: more than norm, factor and product can be wrong by. */
const margin = 2 ** -20;

/**
 * Adds to the sum, for each example, its own loss' gradient times min(1, bound / its norm), each parameter cut to the
 * grid towards zero.
 *
 * What one example adds is a vector of integers whose norm is at most `mostSteps`, whatever the model's width: the norm
 * is that of the very numbers that are added, in double precision with a margin, and cutting makes none longer. Sums of
 * integers below 2^53 are exact, so nothing else depends on the example: no rounding of a sum, and none of a batch.
 *
 * Abadi et al. 2016 (arXiv 1607.00133), algorithm 1. One backward pass gives every example's gradient before each
 * activation; a dense layer's is the product of two vectors (Goodfellow 2015, arXiv 1510.01799), and a convolution's is
 * made from the patches of its input. Memory grows with examples × the greatest convolution kernel.
 *
 * `inputs` is [examples, ...inputShape], `labels` what labelTensor gives. Call within tf.tidy.
 */
export function addClippedGradients(
  model: TfModel,
  tensors: readonly tf.Tensor[],
  { inputs, labels }: { readonly inputs: tf.Tensor; readonly labels: tf.Tensor2D },
  { steps, mostSteps, stepSize }: GradientSum,
): BatchGradients {
  const { loss, tapped } = tapLayers(model, tensors, inputs, labels);
  const layers = tapped.map((each) =>
    each.layer.kind === "dense" ? denseGradients(each) : convolutionGradients(each),
  );
  let overflowed = 0;
  for (let example = 0; example < itemAt(inputs.shape, 0); example++) {
    const norm = Math.sqrt(layers.reduce((sum, layer) => sum + layer.squaredNorm(example), 0)) / stepSize;
    if (!Number.isFinite(norm)) {
      overflowed++;
      continue;
    }
    // a gradient of zero has a factor of 1 / stepSize: 0 / 0 never arises, as the bound is above 0
    const factor = Math.min(1, (mostSteps * (1 - margin)) / norm) / stepSize;
    let from = 0;
    for (const layer of layers) {
      layer.add(example, factor, steps, from);
      from += layer.parameters;
    }
  }
  return { loss, overflowed };
}

/**
 * One forward pass, in which every layer's sum gets an addend of zeros; the gradients for these addends are the deltas.
 */
function tapLayers(
  model: TfModel,
  tensors: readonly tf.Tensor[],
  inputs: tf.Tensor,
  labels: tf.Tensor2D,
): { readonly loss: number; readonly tapped: readonly TappedLayer[] } {
  const examples = itemAt(inputs.shape, 0);
  const shapes: number[][] = [];
  tf.tidy(() => {
    model.forward(tensors, inputs, ({ sum }) => {
      shapes.push([...sum.shape]);
      return sum;
    });
  });
  const seen: { layer: Layer; input: tf.Tensor }[] = [];
  const run = (...addends: tf.Tensor[]): tf.Scalar => {
    const outputs = model.forward(tensors, inputs, ({ layer, input, sum }) => {
      seen.push({ layer, input: tf.keep(tf.clone(input)) });
      return tf.add(sum, itemAt(addends, seen.length - 1));
    });
    // the mean's gradient is that of each example's own loss divided by their number
    return tf.mul(model.loss(outputs, labels), examples) as tf.Scalar;
  };
  const { value, grads } = tf.valueAndGrads(run)(shapes.map((shape) => tf.zeros(shape)));
  // kept beyond the pass, they belong to the caller's tidy from here on
  const tapped = seen.map(({ layer, input }, i) => {
    const own = tf.clone(input);
    input.dispose();
    return { layer, input: own, delta: itemAt(grads, i) };
  });
  return { loss: itemAt(value.dataSync(), 0), tapped };
}

function denseGradients({ input, delta }: TappedLayer): LayerGradients {
  const [ins, outs] = [rowsOf(input), rowsOf(delta)];
  return {
    parameters: (ins.width + 1) * outs.width,
    squaredNorm: (example) => (squares(ins.row(example)) + 1) * squares(outs.row(example)),
    add(example, factor, steps, from) {
      const [x, d] = [ins.row(example), outs.row(example)];
      for (let i = 0; i < x.length; i++) addTimes(d, factor * x[i]!, steps, from + i * d.length);
      addTimes(d, factor, steps, from + x.length * d.length);
    },
  };
}

function convolutionGradients({ layer, input, delta }: TappedLayer): LayerGradients {
  const { kernel } = layer as Extract<Layer, { kind: "convolution" }>;
  const [examples, height, width] = input.shape as [number, number, number, number];
  const filters = itemAt(delta.shape, 3);
  const patches = tf.reshape(patchesOf(input as tf.Tensor4D, kernel), [examples, height * width, -1]);
  const flat = tf.reshape(delta, [examples, height * width, filters]);
  // [examples, kernel² · channels, filters]: every example's own gradient
  const kernels = rowsOf(tf.matMul(patches, flat, true, false));
  const biases = rowsOf(tf.sum(flat, 1));
  return {
    parameters: kernels.width + biases.width,
    squaredNorm: (example) => squares(kernels.row(example)) + squares(biases.row(example)),
    add(example, factor, steps, from) {
      addTimes(kernels.row(example), factor, steps, from);
      addTimes(biases.row(example), factor, steps, from + kernels.width);
    },
  };
}

/** A tensor's numbers, one row an example. */
function rowsOf(tensor: tf.Tensor): { readonly width: number; row(example: number): Float32Array } {
  const width = tensor.size / itemAt(tensor.shape, 0);
  const values = tensor.dataSync() as Float32Array;
  return { width, row: (example) => values.subarray(example * width, (example + 1) * width) };
}

/** In double precision: the square of a float32 is exact there, and never above its range. */
function squares(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}

function addTimes(values: Float32Array, factor: number, steps: Float64Array, from: number): void {
  if (factor === 0) return;
  for (let i = 0; i < values.length; i++) steps[from + i]! += Math.trunc(factor * values[i]!);
}

/**
 * The window of each pixel, "same" padding: [examples, height, width, kernel² · channels], rows of the window first.
 */
function patchesOf(input: tf.Tensor4D, kernel: number): tf.Tensor {
  const [examples, height, width, channels] = input.shape;
  const before = Math.floor((kernel - 1) / 2);
  const behind = kernel - 1 - before;
  const around: [number, number] = [before, behind];
  const padded = tf.pad(input, [[0, 0], around, around, [0, 0]]);
  const windows: tf.Tensor4D[] = [];
  for (let row = 0; row < kernel; row++) {
    for (let column = 0; column < kernel; column++) {
      windows.push(tf.slice(padded, [0, row, column, 0], [examples, height, width, channels]) as tf.Tensor4D);
    }
  }
  return windows.length === 1 ? itemAt(windows, 0) : tf.concat(windows, 3);
}
