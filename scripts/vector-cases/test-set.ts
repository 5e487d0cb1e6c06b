import { contentIdOf } from "../../node/core/bytes/content-id.ts";
import { toHex } from "../../node/core/bytes/hex.ts";
import { lanesToBytes } from "../../node/core/bytes/lanes.ts";
import { modelLayout } from "../../node/core/task/model-layout.ts";
import type { ModelSpec } from "../../node/core/task/task-spec.ts";
import { encodeTestSet, exampleSize } from "../../node/core/task/test-set.ts";
import { createSeededRandom } from "../../node/training/data/seeded-random.ts";
import { publicMetric } from "../../node/training/models/public-metric.ts";

const classes = { kind: "classes", count: 3 } as const;
const binary = { kind: "binary" } as const;
const image = { kind: "cnn", height: 5, width: 4, channels: 2 } as const;

const models: readonly ModelSpec[] = [
  { kind: "linear-regression", inputs: 3, output: { kind: "numbers", count: 1 } },
  { kind: "linear-regression", inputs: 2, output: { kind: "numbers", count: 2 } },
  { kind: "logistic-regression", inputs: 4, output: binary },
  { kind: "logistic-regression", inputs: 4, output: classes },
  { kind: "mlp", inputs: 5, hidden: [6, 4], activation: "relu", output: classes },
  { kind: "mlp", inputs: 5, hidden: [6], activation: "tanh", output: binary },
  { ...image, convolutions: [{ filters: 3, kernel: 3 }], hidden: [4], output: classes },
  { ...image, convolutions: [{ filters: 2, kernel: 2 }], hidden: [], output: binary },
];
/** Weights of the size that trained ones have, and such as make exponentials overflow. */
const spreads = [1, 400];
const fractionBits = 16;

/** Test sets, models, and what these reach on those. */
export async function testSetCases(): Promise<object[]> {
  const cases: object[] = [];
  for (const [index, model] of models.entries()) {
    const examples = 7 + index;
    const size = exampleSize(model);
    const random = createSeededRandom(100 + index);
    const inputs = Float32Array.from({ length: examples * size.inputs }, () => random.uniform() * 4 - 2);
    const { output } = model;
    const ofClasses = output.kind === "numbers" ? 0 : output.kind === "binary" ? 2 : output.count;
    const label = () => (ofClasses === 0 ? random.uniform() * 6 - 3 : random.below(ofClasses));
    const labels = Float32Array.from({ length: examples * size.labels }, label);
    const testSet = encodeTestSet({ examples, inputs, labels }, model);
    for (const spread of spreads) {
      const { parameterCount } = modelLayout(model);
      const lane = () => Math.round((random.uniform() * 2 - 1) * spread * 2 ** fractionBits);
      const lanes = Int32Array.from({ length: parameterCount }, lane);
      const metric = await publicMetric({ spec: { model }, fractionBits }, lanes, testSet);
      cases.push({
        name: `${model.kind}, ${model.output.kind}, weights up to ${spread}`,
        model,
        fractionBits,
        testSet: toHex(testSet),
        contentId: await contentIdOf(testSet),
        lanes: toHex(lanesToBytes(lanes)),
        ...metric,
        lossQ24: String(metric.lossQ24),
        ...(metric.r2Q24 !== undefined && { r2Q24: String(metric.r2Q24) }),
      });
    }
  }
  return cases;
}
