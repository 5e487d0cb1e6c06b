import * as tf from "@tensorflow/tfjs-core";
import { expect } from "chai";
import type { ExamplePrivacy } from "../../../../node/core/task/privacy-spec.ts";
import type { ModelSpec } from "../../../../node/core/task/task-spec.ts";
import type { PrivateRandom } from "../../../../node/ports/noise.ts";
import { createPrivateRandom } from "../../../../node/privacy/noise/index.ts";
import { selectExamples } from "../../../../node/training/data/dataset.ts";
import { clippedGradients } from "../../../../node/training/local/example-gradients.ts";
import { createTfjsTrainer } from "../../../../node/training/local/tfjs-trainer.ts";
import { selectBackend } from "../../../../node/training/models/backend.ts";
import { createTfModel } from "../../../../node/training/models/models.ts";
import { createSeededRandom } from "../../../simulation/world/seeded-random.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { examplePrivacy } from "../../../support/states/privacy-specs.ts";
import { initialParameters, smallModels, taskOf } from "../../../support/states/small-tasks.ts";
import { momentsOf } from "../../../support/training/goodness-of-fit.ts";
import { randomDataset } from "../../../support/training/random-dataset.ts";

/** The clipped sum the slow way: a backward pass for each example. */
function oneByOne(modelSpec: ModelSpec, parameters: Float32Array, samples: number, clipNorm: number): Float64Array {
  const model = createTfModel(modelSpec);
  const data = randomDataset(modelSpec, samples, 4);
  const sum = new Float64Array(parameters.length);
  for (let row = 0; row < samples; row++) {
    const one = selectExamples(data, [row]);
    const gradient = tf.tidy(() => {
      const inputs = tf.tensor(one.inputs, [1, ...model.inputShape]);
      const labels = model.labelTensor(one.labels, 1);
      const { grads } = tf.valueAndGrads((...at: tf.Tensor[]) => model.loss(model.forward(at, inputs), labels))(
        model.upload(parameters),
      );
      return model.download(grads);
    });
    const factor = Math.min(1, clipNorm / Math.hypot(...gradient));
    for (const [i, value] of gradient.entries()) sum[i]! += factor * value;
  }
  return sum;
}

/** No noise worth the name, and every example in every batch. */
const silent: PrivateRandom = { gaussian: () => () => 0, chance: () => true };
const seeded = (seed: number) => createPrivateRandom(createSeededRandom(seed));

async function trainerOf(
  model: ModelSpec,
  privacy: Partial<ExamplePrivacy>,
  privateRandom: PrivateRandom,
  samples = 21,
) {
  const spec = { ...taskOf(model), privacy: { ...examplePrivacy, ...privacy } };
  const train = randomDataset(model, samples, 4);
  const trainer = await createTfjsTrainer({ spec, train, heldOut: randomDataset(model, 0, 1), privateRandom });
  return { trainer, parameters: initialParameters(taskOf(model)), spec };
}

describe("training/private-training", () => {
  for (const model of smallModels) {
    it(`clips each example of a ${model.kind} (${JSON.stringify(model.output)}) as a pass for each would`, async () => {
      await selectBackend("wasm");
      const parameters = initialParameters(taskOf(model));
      const data = randomDataset(model, 13, 4);
      const tfModel = createTfModel(model);
      for (const clipNorm of [0.3, 2, 1e6]) {
        const before = tf.memory().numTensors;
        let sum: Float32Array = new Float32Array();
        tf.tidy(() => {
          ({ sum } = clippedGradients(tfModel, tfModel.upload(parameters), {
            inputs: tf.tensor(data.inputs, [13, ...tfModel.inputShape]),
            labels: tfModel.labelTensor(data.labels, 13),
            clipNorm,
          }));
        });
        expect(tf.memory().numTensors, "tensors left behind").to.equal(before);
        oneByOne(model, parameters, 13, clipNorm).forEach((value, i) => {
          expect(sum[i]).to.be.closeTo(value, 2e-5 * (1 + Math.abs(value)));
        });
      }
    });
  }

  it("is gradient descent where every example is drawn, nothing is clipped and the noise is zero", async () => {
    const model = smallModels[5]!;
    const privacy = { samplingRate: 1, clipNorm: 2 ** 10 };
    const { trainer, parameters, spec } = await trainerOf(model, privacy, silent);
    const trained = await trainer.train({ parameters, round: 1, seed: 1 });
    const plain = await createTfjsTrainer({
      spec: taskOf(model, { batchSize: 21 }),
      train: randomDataset(model, 21, 4),
      heldOut: randomDataset(model, 0, 1),
    });
    const expected = await plain.train({ parameters, round: 1, seed: 1 });
    expect(spec.training.epochs).to.equal(2);
    // the grid's step is 2^-10 here, a parameter moves by at most half of it, times the rate, over 21, twice
    trained.parameters.forEach((value, i) => {
      expect(value).to.be.closeTo(expected.parameters[i]!, 1e-5);
    });
    expect(trained.samples).to.equal(21);
    expect(trained.loss).to.be.closeTo(expected.loss, 1e-4);
  });

  it("adds noise of multiplier times clip norm to the sum of gradients: its deviation, not its square or root", async () => {
    const model: ModelSpec = { kind: "linear-regression", inputs: 4000, output: { kind: "numbers", count: 1 } };
    for (const [noiseMultiplier, clipNorm] of [
      [3, 0.5],
      [0.4, 7],
    ] as const) {
      // nobody is drawn: what changes is noise alone, one step an epoch
      const nobody: PrivateRandom = { ...seeded(5), chance: () => false };
      const privacy = { noiseMultiplier, clipNorm, samplingRate: 1 };
      const { trainer, parameters, spec } = await trainerOf(model, privacy, nobody, 10);
      const { parameters: after, loss } = await trainer.train({ parameters, round: 1, seed: 1 });
      const { learningRate, epochs } = spec.training;
      let at = 0;
      const { std, mean } = momentsOf(() => after[at]! - parameters[at++]!, after.length);
      const expected = (learningRate * noiseMultiplier * clipNorm * Math.sqrt(epochs)) / 10;
      expect(std / expected).to.be.within(0.96, 1.04);
      expect(Math.abs(mean) / expected).to.be.below(0.07);
      expect(loss).to.equal(0);
    }
  });

  it("draws batches by chance, each example with the sampling rate", async () => {
    const model = smallModels[2]!;
    const random = seeded(6);
    let asked = 0;
    let drawn = 0;
    const counting: PrivateRandom = {
      gaussian: () => () => 0,
      chance: (probability) => {
        expect(probability).to.equal(0.15);
        asked++;
        const is = random.chance(probability);
        if (is) drawn++;
        return is;
      },
    };
    const { trainer, parameters } = await trainerOf(model, { samplingRate: 0.15 }, counting, 100);
    await trainer.train({ parameters, round: 1, seed: 1 });
    expect(asked, "2 epochs of ceil(1 / 0.15) steps over 100 examples").to.equal(2 * 7 * 100);
    expect(drawn / asked).to.be.within(0.12, 0.18);
  });

  it("is never the same twice, and says so", async () => {
    const { trainer, parameters } = await trainerOf(smallModels[4]!, {}, seeded(7));
    expect(trainer.reproducible).to.equal(false);
    const first = await trainer.train({ parameters, round: 1, seed: 1 });
    const second = await trainer.train({ parameters, round: 1, seed: 1 });
    expect(first.parameters).to.not.deep.equal(second.parameters);
  });

  it("needs a source of randomness, and is aborted as any training", async () => {
    const spec = { ...taskOf(smallModels[4]!), privacy: examplePrivacy };
    const train = randomDataset(smallModels[4]!, 9, 4);
    await expectCode("INVALID_ARGUMENT", () => createTfjsTrainer({ spec, train, heldOut: train }));
    const { trainer, parameters } = await trainerOf(smallModels[4]!, {}, seeded(8));
    const reason = new RangeError("enough");
    let seen: unknown;
    await trainer
      .train({ parameters, round: 1, seed: 1, signal: AbortSignal.abort(reason) })
      .catch((error: unknown) => {
        seen = error;
      });
    expect(seen).to.equal(reason);
    const bad = parameters.map(() => Number.POSITIVE_INFINITY);
    await expectCode("TRAINING_FAILED", () => trainer.train({ parameters: bad, round: 1, seed: 1 }));
  });

  it("an example that overflows counts as zero, and the others as ever: one example must not change more than its clip", async () => {
    const model = smallModels[0]!;
    const train = randomDataset(model, 6, 4);
    const poisoned = { ...train, inputs: Float32Array.from(train.inputs, (value, i) => (i === 5 ? 3e38 : value)) };
    const privacy = { ...examplePrivacy, samplingRate: 1, clipNorm: 4 };
    const spec = { ...taskOf(model, { epochs: 1, learningRate: 1 }), privacy };
    const change = async (data: typeof train) => {
      const trainer = await createTfjsTrainer({ spec, train: data, heldOut: train, privateRandom: silent });
      const parameters = new Float32Array(5).fill(0.5);
      return (await trainer.train({ parameters, round: 1, seed: 1 })).parameters.map((value) => value - 0.5);
    };
    const without = selectExamples(train, [0, 2, 3, 4, 5]);
    const expected = await change(without);
    // the mean is over the examples there are: 6 with the poisoned one
    (await change(poisoned)).forEach((value, i) => {
      expect(value).to.be.closeTo((expected[i]! * 5) / 6, 1e-5);
    });
  });
});
