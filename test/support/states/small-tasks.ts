import { decodeLanes } from "../../../node/core/bytes/fixed-point.ts";
import { initialLanes } from "../../../node/core/task/initial-model.ts";
import { type ModelSpec, parseTaskSpec, type TaskSpec } from "../../../node/core/task/task-spec.ts";

/** A specification of a model, for tests. */
export function taskOf(model: ModelSpec, training: Partial<TaskSpec["training"]> = {}): TaskSpec {
  return parseTaskSpec({
    format: "fedledger/task/1",
    name: "test",
    model,
    initialSeed: 5,
    training: { objective: "fedavg", epochs: 2, batchSize: 8, learningRate: 0.1, ...training },
    data: {},
  });
}

/** A specification's initial parameters. */
export function initialParameters(spec: TaskSpec): Float32Array {
  return decodeLanes(initialLanes(spec, 20), 20);
}

/** One small model of every family and output. */
export const smallModels: readonly ModelSpec[] = [
  { kind: "linear-regression", inputs: 4, output: { kind: "numbers", count: 1 } },
  { kind: "linear-regression", inputs: 4, output: { kind: "numbers", count: 3 } },
  { kind: "logistic-regression", inputs: 4, output: { kind: "binary" } },
  { kind: "logistic-regression", inputs: 4, output: { kind: "classes", count: 3 } },
  { kind: "mlp", inputs: 4, hidden: [6], activation: "relu", output: { kind: "binary" } },
  { kind: "mlp", inputs: 4, hidden: [6, 5], activation: "tanh", output: { kind: "classes", count: 3 } },
  { kind: "mlp", inputs: 4, hidden: [5], activation: "tanh", output: { kind: "numbers", count: 2 } },
  {
    kind: "cnn",
    height: 7,
    width: 6,
    channels: 2,
    convolutions: [
      { filters: 3, kernel: 3 },
      { filters: 4, kernel: 2 },
    ],
    hidden: [],
    output: { kind: "classes", count: 3 },
  },
  {
    kind: "cnn",
    height: 5,
    width: 4,
    channels: 1,
    convolutions: [{ filters: 2, kernel: 3 }],
    hidden: [5],
    output: { kind: "binary" },
  },
];
