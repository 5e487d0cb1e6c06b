import { layoutFor } from "../../core/task/model-layout.ts";
import type { ModelSpec } from "../../core/task/task-spec.ts";
import { type Layer, modelInputShape, modelLayers } from "./model-layers.ts";
import type { ModelMetadata } from "./safetensors.ts";

/** The two files of a TensorFlow.js layers model; they belong in one directory, under these names. */
export interface TfjsModelFiles {
  readonly "model.json": string;
  readonly "weights.bin": Uint8Array;
}

/**
 * A model as `tf.loadLayersModel` reads it: a Sequential one whose last layer has its softmax or sigmoid, so that it
 * predicts probabilities (or numbers). `metadata` goes under userDefinedMetadata. Throws LENGTH_MISMATCH.
 */
export function encodeTfjsModel(
  model: ModelSpec,
  parameters: Float32Array,
  metadata: ModelMetadata = {},
): TfjsModelFiles {
  const { tensors, parameterCount } = layoutFor(model, parameters);
  const weights = new Uint8Array(4 * parameterCount);
  const view = new DataView(weights.buffer);
  parameters.forEach((value, i) => {
    view.setFloat32(4 * i, value, true);
  });
  const json = {
    format: "layers-model",
    generatedBy: "Fedledger",
    convertedBy: null,
    userDefinedMetadata: metadata,
    modelTopology: {
      class_name: "Sequential",
      config: { name: "fedledger", layers: sequentialLayers(model) },
      keras_version: "tfjs-layers 4.22.0",
      backend: "tensor_flow.js",
    },
    weightsManifest: [
      { paths: ["weights.bin"], weights: tensors.map(({ name, shape }) => ({ name, shape, dtype: "float32" })) },
    ],
  };
  return { "model.json": JSON.stringify(json), "weights.bin": weights };
}

/** Layer names are the layout's, `conv1`, `dense2`, so that `loadLayersModel` finds the weights by name. */
function sequentialLayers(model: ModelSpec): object[] {
  const last = { classes: "softmax", binary: "sigmoid", numbers: "linear" }[model.output.kind];
  const layers = modelLayers(model);
  const counts = { convolution: 0, pool: 0, flatten: 0, dense: 0 };
  return layers.map((layer, i) => {
    const number = ++counts[layer.kind];
    const input = i === 0 ? { batch_input_shape: [null, ...modelInputShape(model)], dtype: "float32" } : {};
    return describe(layer, number, input, i === layers.length - 1 ? last : undefined);
  });
}

function describe(layer: Layer, number: number, input: object, activation: string | undefined): object {
  switch (layer.kind) {
    case "convolution": {
      const { filters, kernel } = layer;
      const config = {
        filters,
        kernel_size: [kernel, kernel],
        strides: [1, 1],
        padding: "same",
        data_format: "channels_last",
        activation: "relu",
        use_bias: true,
      };
      return { class_name: "Conv2D", config: { name: `conv${number}`, ...config, ...input } };
    }
    case "pool": {
      const config = { pool_size: [2, 2], strides: [2, 2], padding: "valid", data_format: "channels_last" };
      return { class_name: "MaxPooling2D", config: { name: `pool${number}`, ...config, ...input } };
    }
    case "flatten":
      return { class_name: "Flatten", config: { name: `flatten${number}`, ...input } };
    case "dense": {
      const config = { units: layer.units, activation: activation ?? layer.activation, use_bias: true };
      return { class_name: "Dense", config: { name: `dense${number}`, ...config, ...input } };
    }
  }
}
