import { FedledgerError } from "../core/error.ts";
import type { ModelSpec } from "../core/task-spec.ts";

/** One step of a model, in the terms of tfjs layers. Images are [height, width, channels]; padding of convolutions is "same". */
export type Layer =
  | { readonly kind: "convolution"; readonly channels: number; readonly filters: number; readonly kernel: number }
  | { readonly kind: "pool" }
  | { readonly kind: "flatten" }
  | {
      readonly kind: "dense";
      readonly inputs: number;
      readonly units: number;
      readonly activation: "relu" | "tanh" | "linear";
    };

/** Shape of one example as the first layer takes it. */
export function modelInputShape(model: ModelSpec): readonly number[] {
  return model.kind === "cnn" ? [model.height, model.width, model.channels] : [model.inputs];
}

/** Numbers that the last layer gives: the classes, 1 for binary, or the numbers. */
export function outputUnits(model: ModelSpec): number {
  return model.output.kind === "binary" ? 1 : model.output.count;
}

/**
 * The layers of a model, the last one linear: softmax or sigmoid belong to the loss and the prediction.
 *
 * Throws UNSUPPORTED_MODEL where pooling leaves no pixel.
 */
export function modelLayers(model: ModelSpec): Layer[] {
  const layers: Layer[] = [];
  let width: number;
  let hidden: readonly number[] = [];
  let activation: "relu" | "tanh" = "relu";
  if (model.kind === "cnn") {
    let [height, across, channels] = [model.height, model.width, model.channels];
    for (const { filters, kernel } of model.convolutions) {
      layers.push({ kind: "convolution", channels, filters, kernel }, { kind: "pool" });
      [height, across, channels] = [Math.floor(height / 2), Math.floor(across / 2), filters];
    }
    if (height < 1 || across < 1) {
      throw new FedledgerError("UNSUPPORTED_MODEL", {
        reason: `${model.convolutions.length} poolings leave nothing of ${model.height}x${model.width}`,
      });
    }
    layers.push({ kind: "flatten" });
    width = height * across * channels;
    hidden = model.hidden;
  } else {
    width = model.inputs;
    if (model.kind === "mlp") ({ hidden, activation } = model);
  }
  for (const units of hidden) {
    layers.push({ kind: "dense", inputs: width, units, activation });
    width = units;
  }
  layers.push({ kind: "dense", inputs: width, units: outputUnits(model), activation: "linear" });
  return layers;
}

/** Shapes of the model's tensors in the order of its parameters: kernel, then bias, layer by layer. */
export function parameterShapes(model: ModelSpec): number[][] {
  return modelLayers(model).flatMap((layer) => {
    if (layer.kind === "convolution") {
      return [[layer.kernel, layer.kernel, layer.channels, layer.filters], [layer.filters]];
    }
    return layer.kind === "dense" ? [[layer.inputs, layer.units], [layer.units]] : [];
  });
}
