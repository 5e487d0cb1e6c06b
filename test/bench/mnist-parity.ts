/**
 * Does fixed point cost accuracy? MNIST, 8,000 images for training, 2,000 held out (by index, in file order), ten
 * participants.
 *
 *     node test/bench/mnist-parity.ts [DIRECTORY] [ROUNDS]
 *
 * One pipeline is Fedledger's: its trainer, updates encoded as int32 lanes, the exact weighted mean. The other one is
 * FedAvg as anyone would write it in plain TensorFlow.js: a layers model, `trainOnBatch`, a weighted mean of float32
 * weights. Both start from the same model and see the same batches. The best accuracies on the same 2,000 images must
 * agree to half a point, as must the last ones.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { weightedMean } from "../../node/aggregation/index.ts";
import { decodeLanes, encodeUpdate } from "../../node/core/bytes/fixed-point.ts";
import { initialLanes } from "../../node/core/task/initial-model.ts";
import { modelLayout } from "../../node/core/task/model-layout.ts";
import { createSeededRandom, shuffledIndices } from "../../node/training/data/seeded-random.ts";
import {
  createModelRunner,
  createTfjsTrainer,
  type Dataset,
  datasetByName,
  encodeTfjsModel,
  partitionIndices,
  selectExamples,
  taskPreset,
} from "../../node/training/index.ts";

const json = process.argv.includes("--json");
const [directoryGiven, roundsGiven] = process.argv.slice(2).filter((argument) => argument !== "--json");
const directory = directoryGiven ?? fileURLToPath(new URL("../../../shared/data/mnist", import.meta.url));
const rounds = Number(roundsGiven ?? 15);
const participants = 10;
/** With --json, standard output is for the figures alone. */
const say = (text: string): void => void (json ? process.stderr : process.stdout).write(`${text}\n`);
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const jobSeed = (round: number, k: number): number => round * 1009 + k;

if (!existsSync(directory)) {
  say(`Skipped: there is no MNIST at ${directory}; give its directory as the first argument.`);
  process.exit(0);
}

const { spec, rules } = taskPreset("mnist");
const whole = await datasetByName(`mnist:${directory}`, { spec });
const train = selectExamples(whole, range(0, 8000));
const heldOut = selectExamples(whole, range(8000, 10_000));
const shares = partitionIndices(train, { kind: "dirichlet", alpha: 0.5 }, participants, 1).map((indices) =>
  selectExamples(train, indices),
);
const runner = await createModelRunner(spec);
const start = initialLanes(spec, rules.fractionBits);
say(`${runner.description}`);
say(`${spec.name}: ${start.length} parameters, ${participants} participants (dirichlet:0.5), ${rounds} rounds`);

/** Fedledger's own arithmetic. */
async function inFixedPoint(): Promise<number[]> {
  const trainers = await Promise.all(shares.map((share) => createTfjsTrainer({ spec, train: share, heldOut })));
  const accuracies: number[] = [];
  let lanes = start;
  for (let round = 1; round <= rounds; round++) {
    const parameters = decodeLanes(lanes, rules.fractionBits);
    const updates = [];
    for (const [k, trainer] of trainers.entries()) {
      const trained = await trainer.train({ parameters, round, seed: jobSeed(round, k) });
      updates.push({ lanes: encodeUpdate(trained.parameters, lanes, rules).lanes, weight: trained.samples });
    }
    lanes = weightedMean({ base: lanes, updates, serverRateQ16: rules.serverRateQ16 });
    accuracies.push((await runner.evaluate(decodeLanes(lanes, rules.fractionBits), heldOut)).metric);
  }
  return accuracies;
}

/** Plain TensorFlow.js, float32. */
async function inFloats(): Promise<number[]> {
  const { epochs, batchSize, learningRate } = spec.training;
  let global = decodeLanes(start, rules.fractionBits);
  const files = encodeTfjsModel(spec.model, global);
  const json = JSON.parse(files["model.json"]);
  const model = await tfl.loadLayersModel({
    load: async () => ({
      modelTopology: json.modelTopology,
      weightSpecs: json.weightsManifest[0].weights,
      weightData: files["weights.bin"].slice().buffer,
    }),
  });
  const accuracies: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const sums = new Float32Array(global.length);
    for (const [k, share] of shares.entries()) {
      setWeights(model, global);
      model.compile({ optimizer: tf.train.sgd(learningRate), loss: "categoricalCrossentropy", metrics: ["accuracy"] });
      const random = createSeededRandom(jobSeed(round, k));
      for (let epoch = 0; epoch < epochs; epoch++) {
        const order = shuffledIndices(share.samples, random);
        for (let from = 0; from < order.length; from += batchSize) {
          const [inputs, labels] = tensorsOf(selectExamples(share, order.subarray(from, from + batchSize)));
          await model.trainOnBatch(inputs, labels);
          tf.dispose([inputs, labels]);
        }
      }
      getWeights(model).forEach((value, i) => {
        sums[i]! += value * (share.samples / train.samples);
      });
    }
    global = sums;
    setWeights(model, global);
    const [inputs, labels] = tensorsOf(heldOut);
    const [, accuracy] = model.evaluate(inputs, labels) as tf.Scalar[];
    accuracies.push(accuracy!.dataSync()[0]!);
    tf.dispose([inputs, labels]);
  }
  return accuracies;
}

function tensorsOf(data: Dataset): [tf.Tensor, tf.Tensor] {
  const oneHot = tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d([...data.labels], "int32"), 10), "float32"));
  return [tf.tensor(data.inputs, [data.samples, 784]), oneHot];
}

function setWeights(model: tfl.LayersModel, flat: Float32Array): void {
  tf.tidy(() => {
    let offset = 0;
    const tensors = modelLayout(spec.model).tensors.map(({ shape }) => {
      const size = shape.reduce((product, side) => product * side, 1);
      offset += size;
      return tf.tensor(flat.slice(offset - size, offset), [...shape]);
    });
    model.setWeights(tensors);
  });
}

function getWeights(model: tfl.LayersModel): number[] {
  return model.getWeights().flatMap((tensor) => [...tensor.dataSync()]);
}

const percent = (value: number): string => `${(100 * value).toFixed(2)} %`;
const timed = async (name: string, run: () => Promise<number[]>): Promise<number[]> => {
  const startMs = performance.now();
  const accuracies = await run();
  say(`${name}: ${accuracies.map(percent).join(" ")} (${((performance.now() - startMs) / 1000).toFixed(1)} s)`);
  return accuracies;
};
const fixed = await timed("fixed point", inFixedPoint);
const floats = await timed("float32", inFloats);
if (json) {
  process.stdout.write(`${JSON.stringify({ fixedPoint: fixed.at(-1), float32: floats.at(-1) })}\n`);
}
const last = Math.abs(fixed.at(-1)! - floats.at(-1)!);
const best = Math.abs(Math.max(...fixed) - Math.max(...floats));
say(`last round: ${percent(fixed.at(-1)!)} and ${percent(floats.at(-1)!)}, ${(100 * last).toFixed(2)} points apart`);
say(
  `best round: ${percent(Math.max(...fixed))} and ${percent(Math.max(...floats))}, ${(100 * best).toFixed(2)} points apart`,
);
if (Math.max(last, best) > 0.005) {
  say("More than half a point apart.");
  process.exitCode = 1;
}
