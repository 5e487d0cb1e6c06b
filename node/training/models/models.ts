import * as tf from "@tensorflow/tfjs-core";
import { itemAt } from "../../core/bytes/items.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import { modelLayout, outputCount, tensorSize } from "../../core/task/model-layout.ts";
import type { ModelSpec } from "../../core/task/task-spec.ts";
import { type Layer, modelInputShape, modelLayers } from "./model-layers.ts";

/** Sees a dense layer's or a convolution's input and its result before the activation, and gives what to go on with. */
export type LayerTap = (place: {
  readonly layer: Layer;
  readonly input: tf.Tensor;
  readonly sum: tf.Tensor;
}) => tf.Tensor;

/** A model as a function of its parameters; it holds no tensors itself. */
export interface TfModel {
  readonly parameterCount: number;
  readonly inputShape: readonly number[];
  /** The flat parameters as one tensor for each kernel and bias; the caller disposes them. Throws LENGTH_MISMATCH. */
  upload(parameters: Float32Array): tf.Tensor[];
  /** The inverse of `upload`; the tensors stay. */
  download(tensors: readonly tf.Tensor[]): Float32Array;
  /** Logits or numbers, [examples, outputs]; `inputs` is [examples, ...inputShape]. Call within tf.tidy. */
  forward(tensors: readonly tf.Tensor[], inputs: tf.Tensor, tap?: LayerTap): tf.Tensor2D;
  /**
   * Mean loss over the examples, a scalar: cross-entropy of softmax or sigmoid in natural units, or the mean square
   * error. `labels` is what `labelTensor` gives. Call within tf.tidy.
   */
  loss(outputs: tf.Tensor2D, labels: tf.Tensor2D): tf.Scalar;
  /**
   * Labels of a data set (samples × labelWidth numbers) as [samples, outputs]: one-hot for classes. The caller disposes
   * it.
   */
  labelTensor(labels: Float32Array, samples: number): tf.Tensor2D;
  /** What the model predicts: probabilities of classes, of the positive class, or numbers. Call within tf.tidy. */
  predict(tensors: readonly tf.Tensor[], inputs: tf.Tensor): tf.Tensor2D;
}

/** The model of a specification in TensorFlow.js operations, on whatever backend is set. Throws UNSUPPORTED_MODEL. */
export function createTfModel(model: ModelSpec): TfModel {
  const { tensors: layout, parameterCount } = modelLayout(model);
  const layers = modelLayers(model);
  const inputShape = modelInputShape(model);
  const outputs = outputCount(model.output);
  const { kind } = model.output;

  const forward = (tensors: readonly tf.Tensor[], inputs: tf.Tensor, tap?: LayerTap): tf.Tensor2D => {
    let next = 0;
    let x = inputs;
    for (const layer of layers) {
      const takes = layer.kind === "dense" || layer.kind === "convolution" ? 2 : 0;
      x = apply(layer, x, tensors.slice(next, next + takes), tap);
      next += takes;
    }
    return x as tf.Tensor2D;
  };

  return {
    parameterCount,
    inputShape,
    upload(parameters) {
      if (parameters.length !== parameterCount) {
        throw new FedledgerError("LENGTH_MISMATCH", {
          name: "parameters",
          actual: parameters.length,
          expected: parameterCount,
        });
      }
      let offset = 0;
      return layout.map(({ shape }) => {
        const size = tensorSize(shape);
        const values = parameters.slice(offset, offset + size);
        offset += size;
        return tf.tensor(values, [...shape], "float32");
      });
    },
    download(tensors) {
      const parameters = new Float32Array(parameterCount);
      let offset = 0;
      for (const tensor of tensors) {
        parameters.set(tensor.dataSync() as Float32Array, offset);
        offset += tensor.size;
      }
      return parameters;
    },
    forward,
    loss(result, labels) {
      if (kind === "classes") return tf.losses.softmaxCrossEntropy(labels, result) as tf.Scalar;
      if (kind === "binary") return tf.losses.sigmoidCrossEntropy(labels, result) as tf.Scalar;
      return tf.losses.meanSquaredError(labels, result) as tf.Scalar;
    },
    labelTensor(labels, samples) {
      if (kind !== "classes") return tf.tensor2d(labels.slice(), [samples, outputs], "float32");
      const oneHot = new Float32Array(samples * outputs);
      for (let i = 0; i < samples; i++) oneHot[i * outputs + itemAt(labels, i)] = 1;
      return tf.tensor2d(oneHot, [samples, outputs], "float32");
    },
    predict(tensors, inputs) {
      const result = forward(tensors, inputs);
      if (kind === "classes") return tf.softmax(result);
      return kind === "binary" ? tf.sigmoid(result) : result;
    },
  };
}

function apply(layer: Layer, x: tf.Tensor, own: readonly tf.Tensor[], tap: LayerTap = ({ sum }) => sum): tf.Tensor {
  switch (layer.kind) {
    case "convolution": {
      const [kernel, bias] = [itemAt(own, 0), itemAt(own, 1)];
      const sum = tf.add(tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, 1, "same"), bias);
      return tf.relu(tap({ layer, input: x, sum }));
    }
    case "pool":
      return tf.maxPool(x as tf.Tensor4D, 2, 2, "valid");
    case "flatten":
      return tf.reshape(x, [itemAt(x.shape, 0), -1]);
    case "dense": {
      const [kernel, bias] = [itemAt(own, 0), itemAt(own, 1)];
      const sum = tap({ layer, input: x, sum: tf.add(tf.matMul(x as tf.Tensor2D, kernel as tf.Tensor2D), bias) });
      if (layer.activation === "linear") return sum;
      return layer.activation === "relu" ? tf.relu(sum) : tf.tanh(sum);
    }
  }
}
