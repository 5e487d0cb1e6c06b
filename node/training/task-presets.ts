import { FedledgerError } from "../core/errors/error.ts";
import type { TaskRules } from "../core/records.ts";
import { type ModelSpec, parseTaskSpec, type TaskSpec } from "../core/task/task-spec.ts";
import type { BundledName } from "./data/bundled.ts";

/** A complete task that is known to learn, for demonstrations and as a start of one's own. */
export interface TaskPreset {
  /** Data set and model, such as "digits-mlp". */
  readonly name: string;
  /** What {@link datasetByName} takes; "mnist" needs `:DIRECTORY` behind it. */
  readonly dataset: BundledName | "synthetic-ten" | "mnist";
  readonly spec: TaskSpec;
  /** The rules that belong to the numbers of this model. */
  readonly rules: Pick<TaskRules, "fractionBits" | "clipLanes" | "maxWeight" | "serverRateQ16" | "rounds">;
  readonly participants: number;
  /** Share of the participants drawn per round, in 1/10000. */
  readonly participationBps: number;
  /** For parsePartition. */
  readonly partition: string;
  /** Share of each participant's examples that is held out. */
  readonly heldOutFraction: number;
}

const digitClasses = { kind: "classes", count: 10 } as const;
const grey = { scale: 1 / 16 } as const;
const bytes = { scale: 1 / 255 } as const;

/** Means of the table's columns, and the inverse of their standard deviations, four digits each. */
const breastCancer = {
  classes: ["benign", "malignant"],
  offset: [
    14.13, 19.29, 91.97, 654.9, 0.09636, 0.1043, 0.0888, 0.04892, 0.1812, 0.0628, 0.4052, 1.217, 2.866, 40.34, 0.007041,
    0.02548, 0.03189, 0.0118, 0.02054, 0.003795, 16.27, 25.68, 107.3, 880.6, 0.1324, 0.2543, 0.2722, 0.1146, 0.2901,
    0.08395,
  ],
  scale: [
    0.284, 0.2327, 0.04118, 0.002844, 71.17, 18.95, 12.55, 25.79, 36.51, 141.8, 3.609, 1.814, 0.495, 0.022, 333.3, 55.9,
    33.15, 162.2, 121.1, 378.2, 0.2071, 0.1628, 0.02979, 0.001758, 43.84, 6.361, 4.798, 15.23, 16.18, 55.4,
  ],
};
const diabetes = {
  offset: [48.52, 1.468, 26.38, 94.65, 189.1, 115.4, 49.79, 4.07, 4.641, 91.26],
  scale: [0.0764, 2.004, 0.2266, 0.07236, 0.02893, 0.03292, 0.0774, 0.7758, 1.916, 0.08711],
};

interface Draft {
  readonly name: string;
  readonly dataset: TaskPreset["dataset"];
  readonly model: ModelSpec;
  readonly data: TaskSpec["data"];
  readonly training: Omit<TaskSpec["training"], "objective">;
  /** Greatest change of a parameter in one round, a power of two; default 8. */
  readonly clip?: number;
  readonly rounds?: number;
  readonly participants?: number;
  readonly participationBps?: number;
  readonly partition?: string;
}

const drafts: readonly Draft[] = [
  {
    name: "digits-mlp",
    dataset: "digits",
    model: { kind: "mlp", inputs: 64, hidden: [64], activation: "relu", output: digitClasses },
    data: grey,
    training: { epochs: 8, batchSize: 32, learningRate: 0.4 },
  },
  {
    name: "digits-logistic-regression",
    dataset: "digits",
    model: { kind: "logistic-regression", inputs: 64, output: digitClasses },
    data: grey,
    training: { epochs: 5, batchSize: 16, learningRate: 0.3 },
  },
  {
    name: "digits-cnn",
    dataset: "digits",
    model: {
      kind: "cnn",
      height: 8,
      width: 8,
      channels: 1,
      convolutions: [{ filters: 16, kernel: 3 }],
      hidden: [],
      output: digitClasses,
    },
    data: grey,
    training: { epochs: 3, batchSize: 16, learningRate: 0.15 },
  },
  {
    name: "breast-cancer-logistic-regression",
    dataset: "breast-cancer",
    model: { kind: "logistic-regression", inputs: 30, output: { kind: "binary" } },
    data: breastCancer,
    training: { epochs: 5, batchSize: 16, learningRate: 0.05 },
  },
  {
    name: "breast-cancer-mlp",
    dataset: "breast-cancer",
    model: { kind: "mlp", inputs: 30, hidden: [16], activation: "relu", output: { kind: "binary" } },
    data: breastCancer,
    training: { epochs: 5, batchSize: 16, learningRate: 0.05 },
  },
  {
    name: "diabetes-linear-regression",
    dataset: "diabetes",
    model: { kind: "linear-regression", inputs: 10, output: { kind: "numbers", count: 1 } },
    data: diabetes,
    training: { epochs: 5, batchSize: 16, learningRate: 0.02 },
    clip: 256,
    partition: "iid",
  },
  {
    name: "synthetic-ten-mlp",
    dataset: "synthetic-ten",
    model: { kind: "mlp", inputs: 10, hidden: [10], activation: "relu", output: { kind: "binary" } },
    data: {},
    training: { epochs: 10, batchSize: 32, learningRate: 0.01 },
    rounds: 100,
    participants: 10,
    participationBps: 5000,
    partition: "iid",
  },
  {
    name: "mnist-mlp",
    dataset: "mnist",
    model: { kind: "mlp", inputs: 784, hidden: [128], activation: "relu", output: digitClasses },
    data: bytes,
    training: { epochs: 2, batchSize: 32, learningRate: 0.1 },
    participants: 10,
  },
  {
    name: "mnist-cnn",
    dataset: "mnist",
    model: {
      kind: "cnn",
      height: 28,
      width: 28,
      channels: 1,
      convolutions: [
        { filters: 8, kernel: 5 },
        { filters: 16, kernel: 5 },
      ],
      hidden: [64],
      output: digitClasses,
    },
    data: bytes,
    training: { epochs: 1, batchSize: 32, learningRate: 0.1 },
    participants: 10,
  },
];

const fractionBits = 20;

/** All presets; the first one of a data set is its usual one. */
export const taskPresets: readonly TaskPreset[] = drafts.map((draft) => ({
  name: draft.name,
  dataset: draft.dataset,
  spec: parseTaskSpec({
    format: "fedledger/task/1",
    name: draft.name,
    model: draft.model,
    initialSeed: 1,
    training: { objective: "fedavg", ...draft.training },
    data: draft.data,
  }),
  rules: {
    fractionBits,
    clipLanes: (draft.clip ?? 8) * 2 ** fractionBits,
    // 64 updates of this weight and a clip of 256 stay below 2^52.
    maxWeight: 1 << 16,
    serverRateQ16: 1 << 16,
    rounds: draft.rounds ?? 10,
  },
  participants: draft.participants ?? 5,
  participationBps: draft.participationBps ?? 10_000,
  partition: draft.partition ?? "dirichlet:0.5",
  heldOutFraction: 0.2,
}));

/**
 * The preset of a data set (its name without `:DIRECTORY`) and a kind of model; without a kind, the data set's usual
 * one.
 *
 * Throws INVALID_CONFIG, naming those there are.
 */
export function taskPreset(dataset: string, kind?: ModelSpec["kind"]): TaskPreset {
  const found = taskPresets.find(
    (preset) => preset.dataset === dataset && (kind ?? preset.spec.model.kind) === preset.spec.model.kind,
  );
  if (found !== undefined) return found;
  const known = taskPresets.map((preset) => `${preset.dataset} ${preset.spec.model.kind}`).join(", ");
  throw new FedledgerError("INVALID_CONFIG", {
    name: "dataset and model",
    reason: `there is no preset for ${dataset}${kind ? ` ${kind}` : ""}, only for ${known}`,
  });
}
