/**
 * What an aggregator learns of one participant in each mode: two experiments on the bundled digits.
 *
 *     node test/bench/leakage.ts [--json]
 *
 * Ten participants train an MLP 64-64-10. **Gradient inversion**: one step on eight examples each; from the change of
 * the first layer the examples themselves are read off. **Membership inference**: thirty epochs on forty examples each;
 * whoever sees a model guesses which examples it was trained on by their loss. The aggregator's view is, by mode: the
 * update (transparent); the masked or encrypted bytes that were committed, and the sum that is opened; the last two
 * with noise on top. Each view is made by the nodes' own code. Masks, keys and noise are fresh at every run: figures of
 * views with them change in the last digits.
 */
import { initialLanes } from "../../node/core/task/initial-model.ts";
import { type ModelSpec, parseTaskSpec, type TaskSpec } from "../../node/core/task/task-spec.ts";
import { createSeededRandom, shuffledIndices } from "../../node/training/data/seeded-random.ts";
import {
  createModelRunner,
  type Dataset,
  datasetByName,
  selectExamples,
  taskPreset,
} from "../../node/training/index.ts";
import { type Inversion, judgeInversion, reconstruct } from "./leakage/inversion.ts";
import { membershipAuc } from "./leakage/membership.ts";
import { type LocalUpdate, laneRules, movedBy, trainRound } from "./leakage/train-round.ts";
import { type View, viewsOf } from "./leakage/views.ts";

const participants = 10;
const preset = taskPreset("digits");
const whole = await datasetByName("digits", { spec: preset.spec });
const order = shuffledIndices(whole.samples, createSeededRandom(1));

/** Equal shares of so many examples, and as many others that nobody trains on. */
function cut(samples: number): { shares: Dataset[]; others: Dataset } {
  const pick = (part: number): Dataset => selectExamples(whole, order.subarray(part * samples, (part + 1) * samples));
  return { shares: Array.from({ length: participants }, (_, k) => pick(k)), others: pick(participants) };
}

function specOf(training: Omit<TaskSpec["training"], "objective">): TaskSpec {
  const { name, ...rest } = preset.spec;
  return parseTaskSpec({ ...rest, name: `${name}-leakage`, training: { objective: "fedavg", ...training } });
}

async function invert(): Promise<ReadonlyMap<View["name"], Inversion>> {
  const { shares } = cut(8);
  const spec = specOf({ epochs: 1, batchSize: 8, learningRate: 0.5 });
  const base = initialLanes(spec, laneRules.fractionBits);
  const updates = await trainRound(spec, base, shares, 1);
  const results = new Map<View["name"], Inversion>();
  for (const view of await viewsOf(updates, base)) {
    const sums = { meanBest: 0, exact: 0 };
    for (const [k, victim] of shares.entries()) {
      const found = view.changes(k).map((change) => judgeInversion(firstLayer(spec.model, change), victim));
      const best = found.reduce((a, b) => (b.meanBest > a.meanBest ? b : a));
      sums.meanBest += best.meanBest / shares.length;
      sums.exact += best.exact / shares.length;
    }
    results.set(view.name, sums);
  }
  return results;
}

/** Correlation that the mean digit, which is no secret, reaches. */
function guessing(): Inversion {
  const { shares, others } = cut(8);
  const width = others.inputs.length / others.samples;
  const mean = Float64Array.from({ length: width }, (_, i) => {
    let sum = 0;
    for (let row = 0; row < others.samples; row++) sum += others.inputs[row * width + i]!;
    return sum / others.samples;
  });
  const all = shares.map((victim) => judgeInversion([mean], victim));
  const average = (of: (one: Inversion) => number): number => all.reduce((sum, one) => sum + of(one), 0) / all.length;
  return { meanBest: average((one) => one.meanBest), exact: average((one) => one.exact) };
}

function firstLayer(model: ModelSpec, change: Float64Array): Float64Array[] {
  if (model.kind !== "mlp") return [];
  const [inputs, units] = [model.inputs, model.hidden[0]!];
  return reconstruct(change.subarray(0, inputs * units), change.subarray(inputs * units, (inputs + 1) * units));
}

async function infer(): Promise<ReadonlyMap<View["name"], number>> {
  const { shares, others } = cut(40);
  const spec = specOf({ epochs: 30, batchSize: 8, learningRate: 0.3 });
  const base = initialLanes(spec, laneRules.fractionBits);
  const updates: LocalUpdate[] = await trainRound(spec, base, shares, 1);
  const runner = await createModelRunner(spec);
  const results = new Map<View["name"], number>();
  for (const view of await viewsOf(updates, base)) {
    let sum = 0;
    for (const [k, members] of shares.entries()) {
      let best = 0;
      for (const change of view.changes(k)) {
        const auc = await membershipAuc(runner, movedBy(base, change), members, others);
        best = Math.max(best, auc);
      }
      sum += best;
    }
    results.set(view.name, sum / shares.length);
  }
  return results;
}

const inversion = await invert();
const membership = await infer();
const guess = guessing();
const rows = [...inversion].map(([view, { meanBest, exact }]) => ({
  view,
  correlation: Number(meanBest.toFixed(3)),
  exactShare: Number(exact.toFixed(3)),
  membershipAuc: Number(membership.get(view)!.toFixed(3)),
}));
if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify({ guess, rows })}\n`);
else {
  const line = (cells: readonly unknown[]): string => `| ${cells.join(" | ")} |\n`;
  process.stdout.write(
    line(["what the aggregator sees", "best correlation", "read off exactly", "membership AUC"]) +
      line(["---", "---", "---", "---"]) +
      rows.map((row) => line([row.view, row.correlation, `${100 * row.exactShare} %`, row.membershipAuc])).join("") +
      line(["(the mean of other digits)", guess.meanBest.toFixed(3), `${100 * guess.exact} %`, "0.5"]),
  );
}
