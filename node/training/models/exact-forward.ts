import { modelLayout, tensorSize } from "../../core/task/model-layout.ts";
import type { ModelSpec } from "../../core/task/task-spec.ts";
import { exactTanh } from "./exact-math.ts";
import { type Layer, modelLayers } from "./model-layers.ts";

/** An image between two layers: height × width × channels, row by row. */
interface Image {
  readonly values: Float64Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * A model's function in plain binary64, the same bits on every machine: each sum runs over its inputs in their order,
 * from 0, and the bias comes last. Inputs that are 0 are passed over, which changes no bit of a finite sum.
 *
 * @param parameters flattened in the model's order, exact (lane / 2^fractionBits)
 * @returns from one example's inputs to its logits or numbers
 */
export function exactForward(model: ModelSpec, parameters: Float64Array): (inputs: Float32Array) => Float64Array {
  const { tensors } = modelLayout(model);
  let at = 0;
  const parts = tensors.map(({ shape }) => {
    const part = parameters.subarray(at, at + tensorSize(shape));
    at += part.length;
    return part;
  });
  const layers = modelLayers(model);
  const shape = model.kind === "cnn" ? model : { height: 1, width: 1, channels: model.inputs };
  return (inputs) => {
    let next = 0;
    let x: Image = { values: Float64Array.from(inputs), ...shape };
    for (const layer of layers) {
      if (layer.kind === "convolution") {
        x = convolved(x, layer, parts[next]!, parts[next + 1]!);
        next += 2;
      } else if (layer.kind === "dense") {
        const values = dense(x.values, layer, parts[next]!, parts[next + 1]!);
        x = { values, height: 1, width: 1, channels: values.length };
        next += 2;
      } else if (layer.kind === "pool") {
        x = pooled(x);
      }
      // flattening changes no value: images are kept row by row
    }
    return x.values;
  };
}

function dense(
  x: Float64Array,
  { units, activation }: Extract<Layer, { kind: "dense" }>,
  kernel: Float64Array,
  bias: Float64Array,
): Float64Array {
  const sums = new Float64Array(units);
  for (let i = 0; i < x.length; i++) addScaled(sums, 0, x[i]!, kernel, i * units, units);
  for (let unit = 0; unit < units; unit++) {
    const sum = sums[unit]! + bias[unit]!;
    sums[unit] = activation === "linear" ? sum : activation === "relu" ? Math.max(sum, 0) : exactTanh(sum);
  }
  return sums;
}

function convolved(
  { values, height, width, channels }: Image,
  { filters, kernel: side }: Extract<Layer, { kind: "convolution" }>,
  kernel: Float64Array,
  bias: Float64Array,
): Image {
  const sums = new Float64Array(height * width * filters);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const to = (y * width + x) * filters;
      addWindow(sums, { values, height, width, channels }, { filters, side, kernel }, y, x);
      for (let f = 0; f < filters; f++) sums[to + f] = Math.max(sums[to + f]! + bias[f]!, 0);
    }
  }
  return { values: sums, height, width, channels: filters };
}

/** Adds to one place's sums what the part of the kernel makes that lies within the image around it. */
function addWindow(
  sums: Float64Array,
  { values, height, width, channels }: Image,
  { filters, side, kernel }: { readonly filters: number; readonly side: number; readonly kernel: Float64Array },
  y: number,
  x: number,
): void {
  const before = Math.floor((side - 1) / 2);
  const to = (y * width + x) * filters;
  for (let ky = Math.max(0, before - y); ky < Math.min(side, height + before - y); ky++) {
    for (let kx = Math.max(0, before - x); kx < Math.min(side, width + before - x); kx++) {
      const from = ((y + ky - before) * width + x + kx - before) * channels;
      const weights = (ky * side + kx) * channels * filters;
      for (let c = 0; c < channels; c++) {
        addScaled(sums, to, values[from + c]!, kernel, weights + c * filters, filters);
      }
    }
  }
}

function pooled({ values, height, width, channels }: Image): Image {
  const smaller = { height: Math.floor(height / 2), width: Math.floor(width / 2), channels };
  const kept = new Float64Array(smaller.height * smaller.width * channels);
  const value = (y: number, x: number, c: number) => values[(y * width + x) * channels + c]!;
  for (let y = 0; y < smaller.height; y++) {
    for (let x = 0; x < smaller.width; x++) {
      for (let c = 0; c < channels; c++) {
        kept[(y * smaller.width + x) * channels + c] = Math.max(
          value(2 * y, 2 * x, c),
          value(2 * y, 2 * x + 1, c),
          value(2 * y + 1, 2 * x, c),
          value(2 * y + 1, 2 * x + 1, c),
        );
      }
    }
  }
  return { values: kept, ...smaller };
}

/** Adds one input's products to the sums of all outputs. */
function addScaled(
  sums: Float64Array,
  to: number,
  x: number,
  weights: Float64Array,
  from: number,
  count: number,
): void {
  if (x === 0) return;
  for (let i = 0; i < count; i++) sums[to + i]! += x * weights[from + i]!;
}
