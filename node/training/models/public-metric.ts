import { setImmediate } from "node:timers/promises";
import { itemAt } from "../../core/bytes/items.ts";
import { modelPart } from "../../core/task/task-lanes.ts";
import type { TaskSpec } from "../../core/task/task-spec.ts";
import { decodeTestSet, exampleSize, type TestSet } from "../../core/task/test-set.ts";
import type { PublicMetric } from "../../ports/public-test.ts";
import { exactForward } from "./exact-forward.ts";
import { exactExp, exactLog } from "./exact-math.ts";

/** 2^24: units of the results. */
const one = 2 ** 24;
/** Greatest loss that is told; one that is not finite is this. */
const mostLossQ24 = 2n ** 63n - 1n;
/** Longest time without a look at the event loop, milliseconds. */
const longestMs = 25;

/**
 * What a model reaches on a public test set: the same numbers for everybody, on every machine. It uses no tensor
 * library: binary64 sums in a fixed order (exact-forward.ts), and an exponential and a logarithm of its own
 * (exact-math.ts). Cost: one multiplication and addition for each weight that an example meets; a million of them take
 * a millisecond or two.
 *
 * @param lanes the task's model; not modified
 * @param testSet bytes as docs/protocol fixes them
 * Throws INVALID_TEST_SET.
 */
export async function publicMetric(
  { spec, fractionBits }: { readonly spec: Pick<TaskSpec, "model" | "privacy">; readonly fractionBits: number },
  lanes: Int32Array,
  testSet: Uint8Array,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<PublicMetric> {
  const set = decodeTestSet(testSet, spec.model);
  const { model } = spec;
  const { output } = model;
  const size = exampleSize(model);
  const forward = exactForward(
    model,
    Float64Array.from(modelPart(lanes, spec), (lane) => lane / 2 ** fractionBits),
  );
  const outputs = new Float64Array(output.kind === "numbers" ? set.labels.length : 0);
  let correct = 0;
  let lossSum = 0;
  let sinceMs = performance.now();
  for (let example = 0; example < set.examples; example++) {
    if (performance.now() - sinceMs > longestMs) {
      await setImmediate();
      options.signal?.throwIfAborted();
      sinceMs = performance.now();
    }
    const given = forward(set.inputs.subarray(example * size.inputs, (example + 1) * size.inputs));
    const labels = set.labels.subarray(example * size.labels, (example + 1) * size.labels);
    lossSum += lossOf(output.kind, given, labels);
    if (output.kind === "numbers") outputs.set(given, example * size.labels);
    else if (classOf(output.kind, given) === labels[0]) correct++;
  }
  const lossQ24 = inUnits(lossSum / set.examples);
  if (output.kind !== "numbers") return { examples: set.examples, correct, lossQ24 };
  return { examples: set.examples, r2Q24: inUnits(rSquared(set, outputs, size.labels)), lossQ24 };
}

/** Rounded down; within 63 bits and a sign. */
function inUnits(value: number): bigint {
  const scaled = Math.floor(value * one);
  if (Number.isNaN(scaled) || scaled >= 2 ** 63) return mostLossQ24;
  return scaled <= -(2 ** 63) ? -mostLossQ24 : BigInt(scaled);
}

/** The greatest output, the first of several; of a binary model, whether it is at least 0. */
function classOf(kind: "classes" | "binary", outputs: Float64Array): number {
  if (kind === "binary") return itemAt(outputs, 0) >= 0 ? 1 : 0;
  return outputs.reduce((best, value, at) => (value > itemAt(outputs, best) ? at : best), 0);
}

/** Cross-entropy of softmax or sigmoid in natural units, or the mean square error of an example's numbers. */
function lossOf(kind: TaskSpec["model"]["output"]["kind"], outputs: Float64Array, labels: Float32Array): number {
  if (kind === "binary") {
    const z = itemAt(outputs, 0);
    return Math.max(z, 0) - z * itemAt(labels, 0) + exactLog(1 + exactExp(-Math.abs(z)));
  }
  if (kind === "classes") {
    const greatest = outputs.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    const sum = outputs.reduce((total, value) => total + exactExp(value - greatest), 0);
    return greatest - itemAt(outputs, itemAt(labels, 0)) + exactLog(sum);
  }
  const squares = outputs.reduce((total, value, at) => total + square(value - itemAt(labels, at)), 0);
  return squares / outputs.length;
}

/** One multiplication, whose rounding IEEE 754 fixes; that of a power it does not. */
function square(x: number): number {
  return x * x;
}

/**
 * R² = 1 − Σ(y − ŷ)² / Σ(y − ȳ)², averaged over the outputs; of one whose labels are all equal 1 where it is told
 * exactly, else 0.
 */
function rSquared({ labels, examples }: TestSet, outputs: Float64Array, width: number): number {
  let sum = 0;
  for (let column = 0; column < width; column++) {
    let labelSum = 0;
    for (let at = column; at < labels.length; at += width) labelSum += itemAt(labels, at);
    const mean = labelSum / examples;
    let residual = 0;
    let total = 0;
    for (let at = column; at < labels.length; at += width) {
      const label = itemAt(labels, at);
      residual += square(label - itemAt(outputs, at));
      total += square(label - mean);
    }
    sum += total > 0 ? 1 - residual / total : residual === 0 ? 1 : 0;
  }
  return sum / width;
}
