import * as tf from "@tensorflow/tfjs-core";
import { FedledgerError } from "../../core/errors/error.ts";

type Info = tf.TensorInfo;
type Attrs = tf.NamedAttrMap;
type Quad = [number, number, number, number];

/** What we use of the wasm backend, which does not export its type. */
interface WasmBackend {
  makeOutput(shape: readonly number[], dtype: "float32"): Info;
  typedArrayFromHeap(info: Info): Float32Array;
  disposeData(dataId: object): boolean;
}

type Kernel = (args: { inputs: Record<string, Info>; backend: WasmBackend; attrs: Attrs }) => Info;

/**
 * Registers the kernels that training needs and the wasm backend (4.22) lacks, has wrong, or has slow:
 *
 * - `Conv2DBackpropFilter`: missing. Composed from a convolution with the roles of batch and channels exchanged.
 * - `MaxPoolGrad`: gives nothing to a window whose maximum is negative. Done anew.
 * - `BatchMatMul` with a transposed operand: a scalar loop. The transpose is made first, then the fast product is used.
 * - `Conv2DBackpropInput` at stride 1: a scalar loop. A convolution with the reversed, transposed filter instead.
 *
 * A second call does nothing. Call after `@tensorflow/tfjs-backend-wasm` is loaded.
 */
export function registerWasmKernels(): void {
  if (tf.getKernel(tf.Conv2DBackpropFilter, "wasm") !== undefined) return;
  const shippedMatMul = shipped(tf.BatchMatMul);
  const shippedInputGradient = shipped(tf.Conv2DBackpropInput);
  replace(tf.BatchMatMul, (args) => batchMatMul(args, shippedMatMul));
  replace(tf.Conv2DBackpropInput, (args) => conv2dInputGradient(args, shippedInputGradient));
  replace(tf.MaxPoolGrad, maxPoolGradient);
  replace(tf.Conv2DBackpropFilter, conv2dFilterGradient);
}

function shipped(name: string): Kernel {
  const kernel = tf.getKernel(name, "wasm");
  if (kernel === undefined) {
    throw new FedledgerError("BACKEND_UNAVAILABLE", { name: "wasm", reason: `it has no kernel ${name}` });
  }
  return kernel.kernelFunc as unknown as Kernel;
}

function replace(kernelName: string, kernel: Kernel): void {
  const before = tf.getKernel(kernelName, "wasm");
  if (before !== undefined) tf.unregisterKernel(kernelName, "wasm");
  // The shipped kernel's set-up binds its function in the wasm module; ours may still call that.
  const setupFunc = before?.setupFunc;
  tf.registerKernel({
    kernelName,
    backendName: "wasm",
    kernelFunc: kernel as unknown as tf.KernelFunc,
    ...(setupFunc ? { setupFunc } : {}),
  });
}

/** Runs kernels whose results are intermediate; all but the kept one are freed at the end. */
function compose(
  backend: WasmBackend,
  body: (run: (name: string, inputs: Record<string, Info>, attrs: object) => Info) => Info,
): Info {
  const made: Info[] = [];
  const result = body((name, inputs, attrs) => {
    const out = shipped(name)({ inputs, backend, attrs: attrs as Attrs });
    made.push(out);
    return out;
  });
  for (const info of made) if (info !== result) backend.disposeData(info.dataId);
  return result;
}

function batchMatMul({ inputs, backend, attrs }: Parameters<Kernel>[0], plain: Kernel): Info {
  const { a, b } = inputs as { a: Info; b: Info };
  const { transposeA, transposeB } = attrs as { transposeA?: boolean; transposeB?: boolean };
  if (!transposeA && !transposeB) return plain({ inputs: { a, b }, backend, attrs });
  const exchanged = (rank: number): number[] => {
    const perm = Array.from({ length: rank }, (_, axis) => axis);
    [perm[rank - 2], perm[rank - 1]] = [rank - 1, rank - 2];
    return perm;
  };
  const scratch: Info[] = [];
  const transposed = (x: Info): Info => {
    const out = shipped(tf.Transpose)({ inputs: { x }, backend, attrs: { perm: exchanged(x.shape.length) } });
    scratch.push(out);
    return out;
  };
  const left = transposeA ? transposed(a) : a;
  const right = transposeB ? transposed(b) : b;
  const out = plain({ inputs: { a: left, b: right }, backend, attrs: { transposeA: false, transposeB: false } });
  for (const info of scratch) backend.disposeData(info.dataId);
  return out;
}

interface Conv2dAttrs {
  readonly strides: [number, number] | number;
  readonly pad: "valid" | "same" | number;
  readonly dataFormat?: "NHWC" | "NCHW";
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

function convolutionInfo(inputShape: Quad, filterShape: Quad, attrs: Conv2dAttrs): tf.backend_util.Conv2DInfo {
  if ((attrs.dataFormat ?? "NHWC") !== "NHWC") {
    throw new FedledgerError("UNSUPPORTED_MODEL", { reason: "convolutions on wasm take NHWC only" });
  }
  return tf.backend_util.computeConv2DInfo(inputShape, filterShape, attrs.strides, 1, attrs.pad, attrs.dimRoundingMode);
}

/**
 * dW[i, j] = Σ x[s·p + i − top, s·q + j − left] · dy[p, q]: the convolution of xᵀ [ci, H, W, n] with dyᵀ [oh, ow, n,
 * co] as its filter, dilated by the stride, padded before as x was and behind so that the result is at least kh × kw.
 */
function conv2dFilterGradient({ inputs, backend, attrs }: Parameters<Kernel>[0]): Info {
  const { x, dy } = inputs as { x: Info; dy: Info };
  const { filterShape, ...rest } = attrs as unknown as Conv2dAttrs & { filterShape: Quad };
  const info = convolutionInfo(x.shape as Quad, filterShape, rest);
  const [kh, kw, ci, co] = filterShape;
  const below = (info.outHeight - 1) * info.strideHeight + kh - info.inHeight - info.padInfo.top;
  const right = (info.outWidth - 1) * info.strideWidth + kw - info.inWidth - info.padInfo.left;
  return compose(backend, (run) => {
    const images = run(tf.Transpose, { x }, { perm: [3, 1, 2, 0] });
    const filter = run(tf.Transpose, { x: dy }, { perm: [1, 2, 0, 3] });
    let product = run(
      tf.Conv2D,
      { x: images, filter },
      {
        strides: [1, 1],
        dilations: [info.strideHeight, info.strideWidth],
        pad: [
          [0, 0],
          [info.padInfo.top, Math.max(0, below)],
          [info.padInfo.left, Math.max(0, right)],
          [0, 0],
        ],
        dataFormat: "NHWC",
      },
    );
    // Rows and columns of x behind the last window belong to no output: what they gave is cut off.
    if (below < 0 || right < 0)
      product = run(tf.Slice, { x: product }, { begin: [0, 0, 0, 0], size: [ci, kh, kw, co] });
    return run(tf.Transpose, { x: product }, { perm: [1, 2, 0, 3] });
  });
}

/** At stride 1, dx is dy (padded in full) convolved with the filter reversed in both axes, its channels exchanged. */
function conv2dInputGradient(args: Parameters<Kernel>[0], plain: Kernel): Info {
  const { inputs, backend, attrs } = args;
  const { dy, filter } = inputs as { dy: Info; filter: Info };
  const { inputShape, ...rest } = attrs as unknown as Conv2dAttrs & { inputShape: Quad };
  const info = convolutionInfo(inputShape, filter.shape as Quad, rest);
  const top = info.filterHeight - 1 - info.padInfo.top;
  const left = info.filterWidth - 1 - info.padInfo.left;
  const below = info.inHeight - info.outHeight + info.filterHeight - 1 - top;
  const right = info.inWidth - info.outWidth + info.filterWidth - 1 - left;
  if (info.strideHeight !== 1 || info.strideWidth !== 1 || Math.min(top, left, below, right) < 0) return plain(args);
  return compose(backend, (run) => {
    const reversed = run(tf.Reverse, { x: filter }, { dims: [0, 1] });
    const exchanged = run(tf.Transpose, { x: reversed }, { perm: [0, 1, 3, 2] });
    return run(
      tf.Conv2D,
      { x: dy, filter: exchanged },
      {
        strides: [1, 1],
        dilations: [1, 1],
        pad: [
          [0, 0],
          [top, below],
          [left, right],
          [0, 0],
        ],
        dataFormat: "NHWC",
      },
    );
  });
}

/** Each window's dy goes to its maximum, the first in row order where several are equal (as on the cpu backend). */
function maxPoolGradient({ inputs, backend, attrs }: Parameters<Kernel>[0]): Info {
  const { dy, input } = inputs as { dy: Info; input: Info };
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as Conv2dAttrs & {
    filterSize: [number, number];
  };
  const info = tf.backend_util.computePool2DInfo(input.shape as Quad, filterSize, strides, 1, pad, dimRoundingMode);
  const { inHeight, inWidth, inChannels: channels } = info;
  const out = backend.makeOutput(input.shape, "float32");
  // Views are taken after the allocation, which may move the heap.
  const x = backend.typedArrayFromHeap(input);
  const gradient = backend.typedArrayFromHeap(dy);
  const result = backend.typedArrayFromHeap(out).fill(0);
  let from = 0;
  for (let image = 0; image < info.batchSize; image++) {
    const start = image * inHeight * inWidth;
    for (let row = 0; row < info.outHeight; row++) {
      const top = row * info.strideHeight - info.padInfo.top;
      const rowEnd = Math.min(inHeight, top + info.filterHeight);
      for (let column = 0; column < info.outWidth; column++) {
        const left = column * info.strideWidth - info.padInfo.left;
        const columnEnd = Math.min(inWidth, left + info.filterWidth);
        for (let channel = 0; channel < channels; channel++) {
          const first = (start + Math.max(0, left)) * channels + channel;
          const place = greatestOf(x, {
            first,
            rowStart: Math.max(0, top),
            rowEnd,
            columns: columnEnd - Math.max(0, left),
            inWidth,
            channels,
          });
          if (place >= 0) result[place] = result[place]! + gradient[from]!;
          from++;
        }
      }
    }
  }
  return out;
}

/** Where the greatest value of a window stands, the first of several; -1 where none is above minus infinity. */
function greatestOf(
  x: Float32Array,
  window: { first: number; rowStart: number; rowEnd: number; columns: number; inWidth: number; channels: number },
): number {
  const { first, rowStart, rowEnd, columns, inWidth, channels } = window;
  let greatest = Number.NEGATIVE_INFINITY;
  let place = -1;
  for (let row = rowStart; row < rowEnd; row++) {
    let at = first + row * inWidth * channels;
    for (let column = 0; column < columns; column++, at += channels) {
      if (x[at]! > greatest) {
        greatest = x[at]!;
        place = at;
      }
    }
  }
  return place;
}
