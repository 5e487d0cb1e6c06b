// What noise costs in accuracy: digits, divided among participants in this process, the same arithmetic as in a real
// round (training, encodeRound, weightedMean), for budgets epsilon and three ways to make noise. Masks change nothing
// of a sum, so none are made here.
//
// node test/bench/privacy-accuracy.ts [--participants 60] [--rounds 5] [--seeds 3] [--ways 1,2] [--epsilons 1,8,inf]
// (see below)
import { parseArgs } from "node:util";
import { weightedMean } from "../../node/aggregation/index.ts";
import { withPrivacy } from "../../node/api/tasks/task-privacy.ts";
import { taskRules } from "../../node/api/tasks/task-rules.ts";
import { decodeLanes } from "../../node/core/bytes/fixed-point.ts";
import type { Mode, TaskRules } from "../../node/core/records.ts";
import { initialLanes } from "../../node/core/task/initial-model.ts";
import { modelPart } from "../../node/core/task/task-lanes.ts";
import type { TaskSpec } from "../../node/core/task/task-spec.ts";
import { encodeRound } from "../../node/participant/update/encode-round.ts";
import type { Trainer } from "../../node/ports/trainer.ts";
import { createPrivateRandom } from "../../node/privacy/noise/index.ts";
import { createRandom } from "../../node/system/index.ts";
import {
  createModelRunner,
  createTfjsTrainer,
  type Dataset,
  datasetByName,
  holdOut,
  parsePartition,
  partitionIndices,
  selectExamples,
  taskPreset,
} from "../../node/training/index.ts";

const { values } = parseArgs({
  options: {
    participants: { type: "string", default: "60" },
    rounds: { type: "string", default: "5" },
    seeds: { type: "string", default: "3" },
    "clip-norm": { type: "string", default: "1" },
    "example-clip": { type: "string", default: "1" },
    "sampling-rate": { type: "string", default: "0.2" },
    epochs: { type: "string", default: "5" },
    "example-epochs": { type: "string", default: "5" },
    "example-rate": { type: "string", default: "0.3" },
    epsilons: { type: "string", default: "1,2,4,8,16,inf" },
    /** Of the ways below, by number from 1. */
    ways: { type: "string", default: "1,2,3,4" },
  },
});
const participants = Number(values.participants);
const rounds = Number(values.rounds);
const epsilons = values.epsilons.split(",").map((each) => (each === "inf" ? undefined : Number(each)));
const random = createRandom();
const preset = taskPreset("digits", "logistic-regression");

interface Way {
  readonly name: string;
  readonly mode: Mode;
  readonly unit: "participant" | "example";
  readonly adaptiveClip?: true;
}

const ways: readonly Way[] = [
  { name: "participant, each update noised (transparent)", mode: "transparent", unit: "participant" },
  { name: "participant, shares of noise (masked)", mode: "masked", unit: "participant" },
  { name: "participant, shares of noise, adaptive clip", mode: "masked", unit: "participant", adaptiveClip: true },
  { name: "example, DP-SGD", mode: "transparent", unit: "example" },
];

/** The task of a way and a budget; without one, the same task without noise. */
function taskOf({ mode, unit, adaptiveClip }: Way, epsilon: number | undefined): { spec: TaskSpec; rules: TaskRules } {
  const isExample = unit === "example";
  const training = { ...preset.spec.training, epochs: Number(values.epochs) };
  if (isExample && epsilon !== undefined) {
    training.learningRate = Number(values["example-rate"]);
    training.epochs = Number(values["example-epochs"]);
  }
  const spec = { ...preset.spec, training };
  const rules = taskRules(spec, { mode, participants, rounds, clip: 8, minUpdates: participants } as never);
  const noise = {
    epsilon,
    privacyUnit: unit,
    clipNorm: Number(values[isExample ? "example-clip" : "clip-norm"]),
    ...(isExample && { samplingRate: Number(values["sampling-rate"]) }),
    ...(adaptiveClip && { adaptiveClip }),
  };
  return epsilon === undefined ? { spec, rules } : withPrivacy(spec, rules, noise as never);
}

async function accuracyOf(way: Way, epsilon: number | undefined, whole: Dataset, seed: number): Promise<number> {
  const { spec, rules } = taskOf(way, epsilon);
  const { train, heldOut } = holdOut(whole, 0.2, seed);
  const parts = partitionIndices(train, parsePartition("iid"), participants, seed);
  const trainers: Trainer[] = [];
  for (const part of parts) {
    const own = { train: selectExamples(train, part), heldOut: selectExamples(train, []) };
    trainers.push(await createTfjsTrainer({ spec, ...own, privateRandom: createPrivateRandom(random) }));
  }
  let lanes = initialLanes({ ...spec, initialSeed: seed }, rules.fractionBits);
  for (let round = 1; round <= rounds; round++) {
    const parameters = decodeLanes(modelPart(lanes, spec), rules.fractionBits);
    const updates = [];
    for (const [k, trainer] of trainers.entries()) {
      const trained = await trainer.train({ parameters, round, seed: seed * 10_007 + round * 101 + k });
      updates.push(await encodeRound(trained, lanes, { spec, rules, random }));
    }
    lanes = weightedMean({ base: lanes, updates, serverRateQ16: rules.serverRateQ16 });
  }
  const runner = await createModelRunner(spec);
  return (await runner.evaluate(decodeLanes(modelPart(lanes, spec), rules.fractionBits), heldOut)).metric;
}

const whole = await datasetByName("digits", { spec: preset.spec });
process.stdout.write(
  `digits, logistic regression, ${participants} participants, ${rounds} rounds, delta 1e-5, ${values.seeds} seeds: mean accuracy (least to greatest)\n| | ${epsilons.map((each) => each ?? "no noise").join(" | ")} |\n`,
);
for (const number of values.ways.split(",")) {
  const way = ways[Number(number) - 1]!;
  const cells: string[] = [];
  for (const epsilon of epsilons) {
    const results: number[] = [];
    for (let seed = 1; seed <= Number(values.seeds); seed++) results.push(await accuracyOf(way, epsilon, whole, seed));
    const percent = (value: number): string => (100 * value).toFixed(1);
    const mean = results.reduce((sum, each) => sum + each, 0) / results.length;
    cells.push(`${percent(mean)} (${percent(Math.min(...results))} to ${percent(Math.max(...results))})`);
  }
  process.stdout.write(`| ${way.name} | ${cells.join(" | ")} |\n`);
}
