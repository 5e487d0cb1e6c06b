import * as tf from "@tensorflow/tfjs-core";
import { itemAt } from "../../core/bytes/items.ts";
import type { Layer } from "../models/model-layers.ts";
import type { TfModel } from "../models/models.ts";

/** Of a batch: the sum of its examples' gradients, each within a norm. */
export interface ClippedGradients {
  /** Loss of the examples together. */
  readonly loss: number;
  /** Places in the batch of examples whose gradient is no finite number: where there are any, `sum` is none either. */
  readonly overflowed: readonly number[];
  /** Flat, in the model's order. */
  readonly sum: Float32Array;
}

/** A dense layer's or a convolution's input and the gradient of every example's own loss before the activation. */
interface TappedLayer {
  readonly layer: Layer;
  readonly input: tf.Tensor;
  readonly delta: tf.Tensor;
}

/** What a layer adds to each example's squared norm, and its clipped sum once the factors are known. */
interface LayerGradients {
  /** [examples] */
  readonly squaredNorms: tf.Tensor1D;
  /** Kernel and bias of the sum over the examples of factor times gradient; `factors` is [examples]. */
  weighted(factors: tf.Tensor1D): readonly [tf.Tensor, tf.Tensor];
}

/**
 * The sum over the examples of `gradient * min(1, clipNorm / its norm)`, gradient that of the example's own loss.
 *
 * Abadi et al. 2016 (arXiv 1607.00133), algorithm 1. One backward pass gives every example's gradient before each
 * activation; a dense layer's norm then needs no gradient of its own (Goodfellow 2015, arXiv 1510.01799: it is the
 * product of two vectors' norms), and a convolution's is made from the patches of its input. Memory grows with examples
 * × the greatest convolution kernel.
 *
 * `inputs` is [examples, ...inputShape], `labels` what labelTensor gives. Call within tf.tidy.
 */
export function clippedGradients(
  model: TfModel,
  tensors: readonly tf.Tensor[],
  { inputs, labels, clipNorm }: { readonly inputs: tf.Tensor; readonly labels: tf.Tensor2D; readonly clipNorm: number },
): ClippedGradients {
  const { loss, tapped } = tapLayers(model, tensors, inputs, labels);
  const layers = tapped.map((each) =>
    each.layer.kind === "dense" ? denseGradients(each) : convolutionGradients(each),
  );
  const squared = tf.addN(layers.map(({ squaredNorms }) => squaredNorms)) as tf.Tensor1D;
  const squaredNorms = squared.dataSync();
  const factors = Float32Array.from(squaredNorms, (value) => Math.min(1, clipNorm / Math.sqrt(value)));
  // a gradient of zero has a factor of 1: 0 / 0 never arises, as clipNorm is above 0
  const factorTensor = tf.tensor1d(factors);
  const parts = layers.flatMap((layer) => layer.weighted(factorTensor));
  const overflowed = [...squaredNorms.keys()].filter((place) => !Number.isFinite(squaredNorms[place]));
  return { loss, overflowed, sum: model.download(parts) };
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
  const squares = (x: tf.Tensor): tf.Tensor => tf.sum(tf.square(x), 1);
  return {
    squaredNorms: tf.mul(tf.add(squares(input), 1), squares(delta)) as tf.Tensor1D,
    weighted(factors) {
      const scaled = tf.mul(delta, tf.expandDims(factors, 1)) as tf.Tensor2D;
      return [tf.matMul(input as tf.Tensor2D, scaled, true, false), tf.sum(scaled, 0)];
    },
  };
}

function convolutionGradients({ layer, input, delta }: TappedLayer): LayerGradients {
  const { kernel } = layer as Extract<Layer, { kind: "convolution" }>;
  const [examples, height, width, channels] = input.shape as [number, number, number, number];
  const filters = itemAt(delta.shape, 3);
  const patches = tf.reshape(patchesOf(input as tf.Tensor4D, kernel), [examples, height * width, -1]);
  const flat = tf.reshape(delta, [examples, height * width, filters]);
  // [examples, kernel² · channels, filters]: every example's own gradient
  const kernels = tf.matMul(patches, flat, true, false);
  const biases = tf.sum(flat, 1);
  return {
    squaredNorms: tf.add(tf.sum(tf.square(kernels), [1, 2]), tf.sum(tf.square(biases), 1)) as tf.Tensor1D,
    weighted(factors) {
      const column = tf.expandDims(factors, 1);
      const kernelSum = tf.sum(tf.mul(kernels, tf.expandDims(column, 2)), 0);
      return [tf.reshape(kernelSum, [kernel, kernel, channels, filters]), tf.sum(tf.mul(biases, column), 0)];
    },
  };
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
