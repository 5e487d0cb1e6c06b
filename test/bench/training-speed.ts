/**
 * Samples a second of local training, by backend and model: batches of 32, one thread, the best of three runs.
 *
 *     node test/bench/training-speed.ts [BACKEND]
 *
 * The last column is DP-SGD on wasm (per-example clipping, noise), with batches of 32 on average.
 */
import { decodeLanes } from "../../node/core/bytes/fixed-point.ts";
import { initialLanes } from "../../node/core/task/initial-model.ts";
import { type ModelSpec, parseTaskSpec, type TaskSpec } from "../../node/core/task/task-spec.ts";
import { createPrivateRandom } from "../../node/privacy/noise/index.ts";
import { createRandom } from "../../node/system/index.ts";
import { type BackendChoice, createTfjsTrainer } from "../../node/training/index.ts";
import { randomDataset } from "../support/training/random-dataset.ts";

const output = { kind: "classes", count: 10 } as const;
const image = { kind: "cnn", height: 28, width: 28, channels: 1, output } as const;
const models: { name: string; model: ModelSpec; samples: Record<"wasm" | "cpu", number> }[] = [
  {
    name: "logistic regression 784-10",
    model: { kind: "logistic-regression", inputs: 784, output },
    samples: { wasm: 32_000, cpu: 6400 },
  },
  {
    name: "MLP 784-200-200-10",
    model: { kind: "mlp", inputs: 784, hidden: [200, 200], activation: "relu", output },
    samples: { wasm: 12_800, cpu: 640 },
  },
  {
    name: "CNN 5x5x8-5x5x16-64-10",
    model: {
      ...image,
      convolutions: [
        { filters: 8, kernel: 5 },
        { filters: 16, kernel: 5 },
      ],
      hidden: [64],
    },
    samples: { wasm: 1600, cpu: 64 },
  },
  {
    name: "CNN 5x5x32-5x5x64-512-10",
    model: {
      ...image,
      convolutions: [
        { filters: 32, kernel: 5 },
        { filters: 64, kernel: 5 },
      ],
      hidden: [512],
    },
    samples: { wasm: 320, cpu: 0 },
  },
];

const backends: BackendChoice[] = process.argv[2] ? [process.argv[2] as BackendChoice] : ["wasm", "cpu"];
process.stdout.write(
  `| model | parameters | ${backends.join(" | ")} | DP-SGD |\n| --- | --- |${" --- |".repeat(backends.length + 1)}\n`,
);
for (const { name, model, samples } of models) {
  const spec = parseTaskSpec({
    format: "fedledger/task/1",
    name,
    model,
    initialSeed: 1,
    training: { objective: "fedavg", epochs: 1, batchSize: 32, learningRate: 0.01 },
    data: {},
  });
  const parameters = decodeLanes(initialLanes(spec, 20), 20);
  const cells: string[] = [];
  for (const backend of backends) {
    const count = samples[backend === "cpu" ? "cpu" : "wasm"];
    if (count === 0) {
      cells.push("not run");
      continue;
    }
    cells.push(await samplesPerSecond(spec, parameters, count, backend));
  }
  // a fraction of the examples: the sampling rate is what matters
  const count = Math.max(160, samples.wasm / 10);
  const privacy = {
    unit: "example",
    mechanism: "dp-sgd",
    clipNorm: 1,
    noiseMultiplier: 1,
    samplingRate: 32 / count,
    epsilon: 8,
    delta: 1e-5,
  } as const;
  cells.push(await samplesPerSecond({ ...spec, privacy }, parameters, count, "wasm"));
  process.stdout.write(`| ${name} | ${parameters.length.toLocaleString("en")} | ${cells.join(" | ")} |\n`);
}

async function samplesPerSecond(
  spec: TaskSpec,
  parameters: Float32Array,
  count: number,
  backend: BackendChoice,
): Promise<string> {
  const { model } = spec;
  const own = { train: randomDataset(model, count, 1), heldOut: randomDataset(model, 0, 1) };
  const trainer = await createTfjsTrainer({
    spec,
    ...own,
    backend,
    privateRandom: createPrivateRandom(createRandom()),
  });
  let bestMs = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 3; run++) {
    const startMs = performance.now();
    await trainer.train({ parameters, round: 1, seed: run });
    bestMs = Math.min(bestMs, performance.now() - startMs);
  }
  return Math.round((count / bestMs) * 1000).toLocaleString("en");
}
