import * as tf from "@tensorflow/tfjs-core";
import { expect } from "chai";
import { createSeededRandom } from "../../../../node/training/data/seeded-random.ts";
import { selectBackend } from "../../../../node/training/models/backend.ts";
import { registerWasmKernels } from "../../../../node/training/models/wasm-kernels.ts";

type Backend = "wasm" | "cpu";
const random = createSeededRandom(7);

function values(shape: readonly number[], shift = 0): { shape: number[]; data: Float32Array } {
  const size = shape.reduce((product, side) => product * side, 1);
  return { shape: [...shape], data: Float32Array.from({ length: size }, () => random.normal() + shift) };
}

/** Runs a kernel on one backend and reads its result. */
async function run(
  backend: Backend,
  kernel: string,
  inputs: Record<string, { shape: number[]; data: Float32Array }>,
  attrs: tf.NamedAttrMap,
): Promise<{ shape: number[]; data: Float32Array }> {
  await tf.setBackend(backend);
  return tf.tidy(() => {
    const tensors = Object.fromEntries(
      Object.entries(inputs).map(([name, { shape, data }]) => [name, tf.tensor(data.slice(), shape)]),
    );
    const result = tf.engine().runKernel(kernel, tensors, attrs) as tf.Tensor;
    return { shape: result.shape, data: result.dataSync() as Float32Array };
  });
}

/** The largest difference, relative to the largest value of the reference. */
async function difference(
  ...call: Parameters<typeof run> extends [Backend, ...infer Rest] ? Rest : never
): Promise<number> {
  const ours = await run("wasm", ...call);
  const reference = await run("cpu", ...call);
  expect(ours.shape).to.deep.equal(reference.shape);
  expect(ours.data.length).to.equal(reference.data.length);
  let largest = 0;
  let worst = 0;
  reference.data.forEach((value, i) => {
    largest = Math.max(largest, Math.abs(value));
    worst = Math.max(worst, Math.abs(value - ours.data[i]!));
  });
  expect(largest).to.be.greaterThan(0);
  return worst / largest;
}

const tolerance = 5e-6;

describe("training/wasm-kernels", () => {
  before(async () => {
    await selectBackend("cpu");
    await selectBackend("wasm");
  });

  const convolutions: {
    x: number[];
    filter: number[];
    strides: number | [number, number];
    pad: "same" | "valid" | number;
  }[] = [
    { x: [2, 8, 8, 1], filter: [3, 3, 1, 4], strides: 1, pad: "same" },
    { x: [3, 8, 8, 2], filter: [3, 3, 2, 5], strides: 1, pad: "valid" },
    { x: [2, 7, 9, 3], filter: [5, 5, 3, 4], strides: 1, pad: "same" },
    { x: [2, 7, 9, 3], filter: [2, 4, 3, 4], strides: 1, pad: "same" },
    { x: [1, 6, 6, 3], filter: [1, 1, 3, 7], strides: 1, pad: "valid" },
    { x: [2, 9, 9, 2], filter: [3, 3, 2, 3], strides: 2, pad: "same" },
    { x: [2, 10, 9, 2], filter: [3, 3, 2, 3], strides: 2, pad: "valid" },
    { x: [2, 10, 11, 2], filter: [3, 2, 2, 3], strides: [2, 3], pad: "valid" },
    { x: [2, 10, 11, 2], filter: [3, 2, 2, 3], strides: [3, 1], pad: "same" },
    { x: [1, 8, 8, 2], filter: [3, 3, 2, 3], strides: 3, pad: "valid" },
    { x: [2, 6, 6, 2], filter: [3, 3, 2, 3], strides: 1, pad: 1 },
    { x: [2, 6, 6, 2], filter: [3, 3, 2, 3], strides: 2, pad: 2 },
    { x: [2, 5, 5, 2], filter: [2, 2, 2, 3], strides: 1, pad: 3 },
    { x: [4, 3, 3, 2], filter: [3, 3, 2, 6], strides: 1, pad: "valid" },
  ];
  for (const { x, filter, strides, pad } of convolutions) {
    it(`convolution gradients of ${x} by ${filter}, strides ${strides}, padding ${pad}, as on cpu`, async () => {
      const info = tf.backend_util.computeConv2DInfo(
        x as [number, number, number, number],
        filter as [number, number, number, number],
        strides,
        1,
        pad,
      );
      const dy = values(info.outShape);
      const common = { strides: [strides].flat().length === 2 ? strides : [strides, strides], pad, dataFormat: "NHWC" };
      const attrs = common as unknown as tf.NamedAttrMap;
      expect(
        await difference(tf.Conv2DBackpropFilter, { x: values(x), dy }, { ...attrs, filterShape: filter }),
      ).to.be.lessThan(tolerance);
      expect(
        await difference(tf.Conv2DBackpropInput, { dy, filter: values(filter) }, { ...attrs, inputShape: x }),
      ).to.be.lessThan(tolerance);
    });
  }

  for (const [transposeA, transposeB] of [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ] as const) {
    for (const batches of [
      [1, 1],
      [3, 3],
      [1, 3],
      [3, 1],
    ] as const) {
      it(`product, transposed ${transposeA} ${transposeB}, batches ${batches}, as on cpu`, async () => {
        const a = values([batches[0], ...(transposeA ? [6, 17] : [17, 6])]);
        const b = values([batches[1], ...(transposeB ? [9, 6] : [6, 9])]);
        expect(await difference(tf.BatchMatMul, { a, b }, { transposeA, transposeB })).to.be.lessThan(tolerance);
      });
    }
  }

  for (const shift of [-5, 0, 5]) {
    for (const { size, strides, pad } of [
      { size: 2, strides: 2, pad: "valid" },
      { size: 3, strides: 2, pad: "same" },
      { size: 3, strides: 1, pad: "same" },
      { size: 2, strides: 3, pad: "valid" },
    ] as const) {
      it(`max pool gradient of values about ${shift}, window ${size}, stride ${strides}, ${pad}, as on cpu`, async () => {
        const input = values([2, 7, 9, 3], shift);
        const shape = input.shape as [number, number, number, number];
        const info = tf.backend_util.computePool2DInfo(shape, size, strides, 1, pad);
        const attrs = { filterSize: [size, size], strides: [strides, strides], pad } as unknown as tf.NamedAttrMap;
        const output = await run("cpu", tf.MaxPool, { x: input }, attrs);
        const dy = values(info.outShape);
        expect(await difference(tf.MaxPoolGrad, { dy, input, output }, attrs)).to.be.lessThan(tolerance);
      });
    }
  }

  it("gives a window of equal values to its first one", async () => {
    const input = { shape: [1, 2, 2, 1], data: new Float32Array(4).fill(-1) };
    const one = { shape: [1, 1, 1, 1], data: Float32Array.of(3) };
    const attrs = { filterSize: [2, 2], strides: [2, 2], pad: "valid" } as unknown as tf.NamedAttrMap;
    const { data } = await run("wasm", tf.MaxPoolGrad, { dy: one, input, output: one }, attrs);
    expect([...data]).to.deep.equal([3, 0, 0, 0]);
  });

  it("registers once", () => {
    const before = tf.getKernel(tf.BatchMatMul, "wasm").kernelFunc;
    registerWasmKernels();
    expect(tf.getKernel(tf.BatchMatMul, "wasm").kernelFunc).to.equal(before);
  });

  it("leaves no intermediate result in the backend's memory", async () => {
    await tf.setBackend("wasm");
    const backend = tf.backend() as unknown as { numDataIds(): number };
    const before = backend.numDataIds();
    const x = values([2, 9, 9, 2]);
    const attrs = { strides: [2, 2], pad: "valid", dataFormat: "NHWC" } as unknown as tf.NamedAttrMap;
    await run(
      "wasm",
      tf.Conv2DBackpropFilter,
      { x, dy: values([2, 4, 4, 3]) },
      { ...attrs, filterShape: [3, 3, 2, 3] },
    );
    await run(
      "wasm",
      tf.BatchMatMul,
      { a: values([1, 3, 4]), b: values([1, 5, 4]) },
      { transposeA: false, transposeB: true },
    );
    expect(backend.numDataIds()).to.equal(before);
  });
});
