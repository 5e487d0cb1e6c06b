import type { ModelSpec } from "../../core/task/task-spec.ts";

/** One step of a model, in the terms of tfjs layers. Images are [height, width, channels]. */
export type Layer =
  /** Stride 1, padding "same", then ReLU. */
  | { readonly kind: "convolution"; readonly filters: number; readonly kernel: number }
  /** The maximum of 2 × 2, stride 2; an odd last row or column is dropped. */
  | { readonly kind: "pool" }
  | { readonly kind: "flatten" }
  | { readonly kind: "dense"; readonly units: number; readonly activation: "relu" | "tanh" | "linear" };

/** Shape of one example as the first layer takes it. */
export function modelInputShape(model: ModelSpec): readonly number[] {
  return model.kind === "cnn" ? [model.height, model.width, model.channels] : [model.inputs];
}

/** The layers of a model, the last one linear: softmax or sigmoid belong to the loss and the prediction. */
export function modelLayers(model: ModelSpec): Layer[] {
  const layers: Layer[] = [];
  if (model.kind === "cnn") {
    for (const convolution of model.convolutions)
      layers.push({ kind: "convolution", ...convolution }, { kind: "pool" });
    layers.push({ kind: "flatten" });
  }
  const activation = model.kind === "mlp" ? model.activation : "relu";
  const hidden = model.kind === "mlp" || model.kind === "cnn" ? model.hidden : [];
  for (const units of hidden) layers.push({ kind: "dense", units, activation });
  layers.push({ kind: "dense", units: model.output.kind === "binary" ? 1 : model.output.count, activation: "linear" });
  return layers;
}
