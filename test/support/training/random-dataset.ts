import type { ModelSpec } from "../../../node/core/task/task-spec.ts";
import type { Dataset } from "../../../node/training/data/dataset.ts";
import { createSeededRandom } from "../../../node/training/data/seeded-random.ts";
import { modelInputShape } from "../../../node/training/models/model-layers.ts";

/** Random examples with random labels that suit a model. */
export function randomDataset(model: ModelSpec, samples: number, seed: number): Dataset {
  const random = createSeededRandom(seed);
  const inputShape = modelInputShape(model);
  const size = samples * inputShape.reduce((product, side) => product * side, 1);
  const { output } = model;
  const labelWidth = output.kind === "numbers" ? output.count : 1;
  const classCount = output.kind === "numbers" ? 0 : output.kind === "binary" ? 2 : output.count;
  const label = classCount > 0 ? () => random.below(classCount) : () => random.normal();
  return {
    inputs: Float32Array.from({ length: size }, () => random.normal()),
    labels: Float32Array.from({ length: samples * labelWidth }, label),
    samples,
    inputShape,
    labelWidth,
    classCount,
    source: "random",
  };
}
