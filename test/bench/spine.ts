// Times of the spine beside a plain reference in the same run: node test/bench/spine.ts [--json]
// The ratio is what counts: it survives a busy or a slow machine, the milliseconds do not.
import { createHash } from "node:crypto";
import {
  coordinateMedian,
  createWeightedMean,
  medianTrim,
  trimmedMean,
  weightedMean,
} from "../../node/aggregation/index.ts";
import { chunkTreeRoot } from "../../node/core/bytes/chunk-tree.ts";
import { contentIdOf } from "../../node/core/bytes/content-id.ts";
import { decodeLanes, encodeParameters, encodeUpdate } from "../../node/core/bytes/fixed-point.ts";
import { keccak256 } from "../../node/core/bytes/keccak.ts";
import { lanesToBytes } from "../../node/core/bytes/lanes.ts";

const parameterCount = 1_000_000;
const updateCount = 32;
const repetitions = 9;
const serverRateQ16 = 65_536;

const lanesOf = (stream: number): Int32Array =>
  Int32Array.from({ length: parameterCount }, (_, i) => Math.imul(i + 1, 0x9e37_79b1 + 2 * stream) >> 14);
const updates = Array.from({ length: updateCount }, (_, k) => ({ lanes: lanesOf(k), weight: 100 + 13 * k }));
const base = lanesOf(99);
const values = decodeLanes(base, 16);
const bytes = lanesToBytes(base);

/** What one would write without thinking of caches: sum in doubles, divide, floor. */
function plainMean(): Int32Array {
  const sums = new Float64Array(parameterCount);
  let total = 0;
  for (const { lanes, weight } of updates) {
    for (let i = 0; i < parameterCount; i++) sums[i]! += weight * lanes[i]!;
    total += weight;
  }
  return Int32Array.from(base, (lane, i) => lane + Math.floor(sums[i]! / total));
}

/** Lanes in no order: a sort of columns that are nearly in order would be too easy. */
const unordered = updates.map(({ lanes }) => lanes.map((lane) => Math.imul(lane ^ (lane >>> 15), 0x85eb_ca6b) >> 12));
/** Flower's default share of values trimmed at each end is a fifth. */
const trim = Math.floor(updateCount / 5);

/** What one would write for a trimmed mean: gather a column, sort it, sum its middle. */
function plainTrimmedMean(dropped: number): Int32Array {
  const column = new Int32Array(updateCount);
  return Int32Array.from(base, (lane, i) => {
    for (let k = 0; k < updateCount; k++) column[k] = unordered[k]![i]!;
    column.sort();
    let sum = 0;
    for (let k = dropped; k < updateCount - dropped; k++) sum += column[k]!;
    return lane + Math.floor(sum / (updateCount - 2 * dropped));
  });
}

function streamedMean(): Int32Array {
  const mean = createWeightedMean({ parameterCount, serverRateQ16 });
  for (const { lanes, weight } of updates) mean.add(lanes, weight);
  return mean.finish(base);
}

/** The keccak calls that a tree with chunks of 256 bytes cannot avoid, on constant input. */
function bareHashes(): void {
  const leaf = new Uint8Array(261);
  const node = new Uint8Array(65);
  const chunkCount = Math.ceil(parameterCount / 64);
  for (let i = 0; i < chunkCount; i++) keccak256(leaf);
  for (let i = 1; i < 2 ** Math.ceil(Math.log2(chunkCount)); i++) keccak256(node);
}

const copied = (): Float32Array => values.slice();
const sha256 = (): Buffer => createHash("sha256").update(bytes).digest();
const million = `${parameterCount / 1e6} M`;
const rows: [work: string, run: () => unknown, reference: string, plain: () => unknown][] = [
  [
    `weighted mean, ${updateCount} x ${million}`,
    () => weightedMean({ base, updates, serverRateQ16 }),
    "plain loop in doubles",
    plainMean,
  ],
  [
    "  at server rate 0.8",
    () => weightedMean({ base, updates, serverRateQ16: 52_429 }),
    "plain loop in doubles (rate 1)",
    plainMean,
  ],
  ["  streamed, one after another", streamedMean, "plain loop in doubles", plainMean],
  [
    `coordinate median, ${updateCount} x ${million}`,
    () => coordinateMedian({ base, updates: unordered, serverRateQ16 }),
    "sort of every column",
    () => plainTrimmedMean(medianTrim(updateCount)),
  ],
  [
    `trimmed mean, ${updateCount} x ${million}, trim ${trim}`,
    () => trimmedMean({ base, updates: unordered, trim, serverRateQ16 }),
    "sort of every column",
    () => plainTrimmedMean(trim),
  ],
  [`chunk tree root, ${million}`, () => chunkTreeRoot(base), "its keccak calls alone", bareHashes],
  [`content id, ${million}`, () => contentIdOf(bytes), "sha256 of the bytes", sha256],
  [`encode parameters, ${million}`, () => encodeParameters(values, 16), "copy of the floats", copied],
  [
    `encode update, ${million}`,
    () => encodeUpdate(values, base, { fractionBits: 16, clipLanes: 65_536 }),
    "copy of the floats",
    copied,
  ],
  [`decode lanes, ${million}`, () => decodeLanes(base, 16), "copy of the floats", copied],
];

/** Shortest time of each of two works, measured in turns so that both see the same machine. */
async function shortest(first: () => unknown, second: () => unknown): Promise<[firstMs: number, secondMs: number]> {
  const times: [number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let n = 0; n < repetitions; n++) {
    for (const [i, work] of [first, second].entries()) {
      const start = performance.now();
      await work();
      times[i] = Math.min(times[i]!, performance.now() - start);
    }
  }
  return times;
}

const results: object[] = [];
for (const [work, run, reference, plain] of rows) {
  const [ms, referenceMs] = await shortest(run, plain);
  const ratio = ms / referenceMs;
  results.push({ work: work.trim(), ms, reference, referenceMs, ratio });
  if (process.argv.includes("--json")) continue;
  const line = `${work.padEnd(34)}${ms.toFixed(1).padStart(8)} ms  ${ratio.toFixed(2).padStart(6)} x ${reference}`;
  process.stdout.write(`${line} (${referenceMs.toFixed(1)} ms)\n`);
}
if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
