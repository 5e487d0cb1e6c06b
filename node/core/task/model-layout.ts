import { itemAt, lastOf } from "../bytes/items.ts";
import { FedledgerError } from "../errors/error.ts";
import type { ModelSpec, OutputSpec } from "./task-spec.ts";

/** One tensor of a model. */
export interface TensorLayout {
  /** `conv1/kernel`, `dense2/bias`: the layer's kind, its number among its kind from 1, and the role. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Inputs of one unit of the layer (kernel height × width × channels for a convolution). */
  readonly fanIn: number;
  /** Outputs that one input of the layer reaches, counted the same way. */
  readonly fanOut: number;
  readonly role: "kernel" | "bias";
}

/** The tensors of a model in the order in which its parameters are flattened, each row-major. */
export interface ModelLayout {
  readonly tensors: readonly TensorLayout[];
  readonly parameterCount: number;
}

/**
 * The tensors of a built-in model (docs/protocol/specification.md): those of the same TensorFlow.js layers model, layer
 * by layer, kernel before bias. Throws UNSUPPORTED_MODEL when pooling leaves no pixel, or above 2^30 parameters.
 */
export function modelLayout(model: ModelSpec): ModelLayout {
  const tensors: TensorLayout[] = [];
  const dense = (units: readonly number[]): void => {
    units.slice(1).forEach((outputs, i) => {
      const inputs = itemAt(units, i);
      tensors.push(...layer(`dense${i + 1}`, [inputs, outputs], inputs, outputs));
    });
  };
  const outputs = outputCount(model.output);
  switch (model.kind) {
    case "linear-regression":
    case "logistic-regression":
      dense([model.inputs, outputs]);
      break;
    case "mlp":
      dense([model.inputs, ...model.hidden, outputs]);
      break;
    case "cnn": {
      let { height, width, channels } = model;
      model.convolutions.forEach(({ filters, kernel }, i) => {
        const area = kernel * kernel;
        const shape = [kernel, kernel, channels, filters];
        tensors.push(...layer(`conv${i + 1}`, shape, area * channels, area * filters));
        height = Math.floor(height / 2);
        width = Math.floor(width / 2);
        channels = filters;
      });
      if (height === 0 || width === 0) throw unsupported("its pooling layers leave no pixel of the image");
      dense([height * width * channels, ...model.hidden, outputs]);
      break;
    }
  }
  const parameterCount = tensors.reduce((count, { shape }) => count + tensorSize(shape), 0);
  if (parameterCount > 2 ** 30) throw unsupported(`it has ${parameterCount} parameters, at most 2^30 are possible`);
  return { tensors, parameterCount };
}

/** The layout of the model that these parameters belong to. Throws as {@link modelLayout}, and LENGTH_MISMATCH. */
export function layoutFor(model: ModelSpec, parameters: ArrayLike<number>): ModelLayout {
  const layout = modelLayout(model);
  const { parameterCount: expected } = layout;
  if (parameters.length === expected) return layout;
  throw new FedledgerError("LENGTH_MISMATCH", { name: "parameters", actual: parameters.length, expected });
}

/** Number of elements of a tensor. */
export function tensorSize(shape: readonly number[]): number {
  return shape.reduce((size, dimension) => size * dimension, 1);
}

/** Units of a model's last layer. */
export function outputCount(output: OutputSpec): number {
  return output.kind === "binary" ? 1 : output.count;
}

function layer(name: string, shape: readonly number[], fanIn: number, fanOut: number): TensorLayout[] {
  return [
    { name: `${name}/kernel`, shape, fanIn, fanOut, role: "kernel" },
    { name: `${name}/bias`, shape: [lastOf(shape)], fanIn, fanOut, role: "bias" },
  ];
}

function unsupported(reason: string): FedledgerError {
  return new FedledgerError("UNSUPPORTED_MODEL", { reason });
}
