import { weightedMean } from "../../node/aggregation/weighted-mean.ts";
import { createChunkTree } from "../../node/core/bytes/chunk-tree.ts";
import { encodeParameters, encodeUpdate } from "../../node/core/bytes/fixed-point.ts";
import { itemAt } from "../../node/core/bytes/items.ts";
import type { Hex } from "../../node/core/ids.ts";
import { initialLanes } from "../../node/core/task/initial-model.ts";
import type { ModelSpec } from "../../node/core/task/task-spec.ts";
import { lanesHex, randomLanes } from "./lanes.ts";

/** The weighted mean of one chunk, with the extremes. */
export function weightedMeanCases(): unknown[] {
  const fill = (value: number): Int32Array => new Int32Array(64).fill(value);
  const smallest = -(2 ** 31);
  const largest = 2 ** 31 - 1;
  const one = 65536;
  const inputs: [string, number, Int32Array, number[], Int32Array[]][] = [
    ["one update at rate 1", one, randomLanes(1, 64, 1e6), [7], [randomLanes(2, 64, 1e6)]],
    ["three updates", one, randomLanes(3, 64), [1, 20, 300], [4, 5, 6].map((k) => randomLanes(k, 64, 1e6))],
    ["floor towards minus infinity", one, fill(0), [1, 2], [fill(-1), fill(0)]],
    ["floor of a rate", 1, fill(0), [3], [randomLanes(7, 64, 1e5)]],
    ["exact quotient, negative", one, fill(10), [5, 5], [fill(-3), fill(-5)]],
    ["saturates above", 1 << 20, fill(largest - 1), [9], [fill(2)]],
    ["saturates below", 1 << 20, fill(smallest + 1), [9], [fill(-2)]],
    ["greatest lanes and weights", one, fill(0), [2 ** 21 - 1, 1], [fill(largest), fill(smallest)]],
    ["least lanes at the greatest rate", 1 << 20, fill(largest), [2 ** 21], [fill(smallest)]],
    ["small lanes, large weights", 52_429, randomLanes(8, 64), [2 ** 32 - 1, 2 ** 31], [fill(1023), fill(-1024)]],
    [
      "sixteen updates at rate 0.8",
      52_429,
      randomLanes(9, 64),
      Array.from({ length: 16 }, (_, k) => 100 + 17 * k),
      Array.from({ length: 16 }, (_, k) => randomLanes(100 + k, 64, 1 << 22)),
    ],
    [
      "sixty-four updates",
      one,
      randomLanes(10, 64),
      Array.from({ length: 64 }, (_, k) => 1 + ((k * 7919) % 1000)),
      Array.from({ length: 64 }, (_, k) => randomLanes(200 + k, 64, 1 << 24)),
    ],
  ];
  return inputs.map(([name, serverRateQ16, base, weights, lanes]) => ({
    name,
    serverRateQ16,
    base: lanesHex(base),
    weights,
    updates: lanes.map(lanesHex),
    expected: lanesHex(
      weightedMean({ base, serverRateQ16, updates: lanes.map((l, k) => ({ lanes: l, weight: itemAt(weights, k) })) }),
    ),
  }));
}

/** Fixed-point encoding of parameters and updates; values are float32 little-endian. */
export function fixedPointCases(): unknown[] {
  const values = Float32Array.of(
    0,
    -0,
    0.5,
    -0.5,
    1,
    -1,
    1.5,
    -1.5,
    2.5,
    1 / 3,
    -1 / 3,
    2 ** -25,
    -(2 ** -26),
    100.1,
    -99.9,
  );
  const base = encodeParameters(values, 16);
  const local = values.map((value, i) => value + (i % 2 === 0 ? 0.25 : -1.75) * 2 ** -(i % 17));
  return [
    ...[1, 16, 24].map((fractionBits) => ({
      name: `parameters, ${fractionBits} fraction bits`,
      fractionBits,
      values: floatsHex(values),
      lanes: lanesHex(encodeParameters(values, fractionBits)),
    })),
    ...[1, 1000, 2 ** 31 - 1].map((clipLanes) => {
      const { lanes, clipped } = encodeUpdate(local, base, { fractionBits: 16, clipLanes });
      const inputs = { fractionBits: 16, clipLanes, local: floatsHex(local), base: lanesHex(base) };
      return { name: `update, clip ${clipLanes}`, ...inputs, lanes: lanesHex(lanes), clipped };
    }),
  ];
}

/** Initial models, small ones with all lanes. */
export function initialModelCases(): unknown[] {
  const models: [string, ModelSpec, number, number][] = [
    ["linear regression", { kind: "linear-regression", inputs: 3, output: { kind: "numbers", count: 1 } }, 1, 16],
    ["ten-ten-one", mlp(10, [10], { kind: "binary" }), 42, 20],
    ["digits", mlp(64, [32], { kind: "classes", count: 10 }), 0xffff_ffff, 16],
    ["small CNN", cnn(), 7, 24],
  ];
  return models.map(([name, model, initialSeed, fractionBits]) => {
    const lanes = initialLanes({ model, initialSeed }, fractionBits);
    const { root } = createChunkTree(lanes);
    const all = lanes.length <= 200 ? { lanes: lanesHex(lanes) } : {};
    return { name, model, initialSeed, fractionBits, parameterCount: lanes.length, root, ...all };
  });
}

function mlp(inputs: number, hidden: number[], output: ModelSpec["output"]): ModelSpec {
  return { kind: "mlp", inputs, hidden, activation: "relu", output };
}

function cnn(): ModelSpec {
  const convolutions = [{ filters: 4, kernel: 3 }];
  return {
    kind: "cnn",
    height: 9,
    width: 8,
    channels: 1,
    convolutions,
    hidden: [8],
    output: { kind: "classes", count: 10 },
  };
}

function floatsHex(values: Float32Array): Hex {
  return lanesHex(new Int32Array(values.buffer, values.byteOffset, values.length));
}
