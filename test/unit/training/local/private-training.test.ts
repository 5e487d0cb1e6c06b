import * as tf from "@tensorflow/tfjs-core";
import { expect } from "chai";
import fc from "fast-check";
import type { ExamplePrivacy } from "../../../../node/core/task/privacy-spec.ts";
import type { ModelSpec } from "../../../../node/core/task/task-spec.ts";
import type { PrivateRandom } from "../../../../node/ports/noise.ts";
import { createPrivateRandom } from "../../../../node/privacy/noise/index.ts";
import { selectExamples } from "../../../../node/training/data/dataset.ts";
import { addClippedGradients } from "../../../../node/training/local/example-gradients.ts";
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
        const steps = new Float64Array(parameters.length);
        const stepSize = 2 ** -26;
        tf.tidy(() => {
          const inputs = tf.tensor(data.inputs, [13, ...tfModel.inputShape]);
          const labels = tfModel.labelTensor(data.labels, 13);
          const sum = { steps, mostSteps: Math.floor(clipNorm / stepSize), stepSize };
          addClippedGradients(tfModel, tfModel.upload(parameters), { inputs, labels }, sum);
        });
        expect(tf.memory().numTensors, "tensors left behind").to.equal(before);
        oneByOne(model, parameters, 13, clipNorm).forEach((value, i) => {
          expect(steps[i]! * stepSize).to.be.closeTo(value, 2e-5 * (1 + Math.abs(value)));
        });
      }
    });
  }

  const stepSize = 2 ** -21;
  const mostSteps = 2 ** 20;
  /** What examples of a model add, in steps. */
  function added(
    modelSpec: ModelSpec,
    parameters: Float32Array,
    inputs: Float32Array,
    labels: Float32Array,
  ): Float64Array {
    const model = createTfModel(modelSpec);
    const samples = inputs.length / model.inputShape.reduce((product, side) => product * side, 1);
    const steps = new Float64Array(model.parameterCount);
    tf.tidy(() => {
      const batch = {
        inputs: tf.tensor(inputs, [samples, ...model.inputShape]),
        labels: model.labelTensor(labels, samples),
      };
      addClippedGradients(model, model.upload(parameters), batch, { steps, mostSteps, stepSize });
    });
    return steps;
  }
  /** Exactly, of integers. */
  function squaredNorm(steps: Float64Array): bigint {
    let sum = 0n;
    for (const value of steps) if (value !== 0) sum += BigInt(value) ** 2n;
    return sum;
  }
  const bound = BigInt(mostSteps) ** 2n;

  it("no example adds more than the bound, in exact arithmetic, at any width up to 2^20 and for the worst numbers", async function () {
    this.timeout(120_000);
    await selectBackend("wasm");
    // a sum of float32 squares loses what is small beside what is great, or beside what was added before
    const worst: readonly ((width: number) => Float32Array)[] = [
      (width) => new Float32Array(width).fill(1).fill(4096, 0, 1),
      (width) => new Float32Array(width).fill(1).fill(4096, width - 1),
      (width) => new Float32Array(width).fill(0.1),
      (width) => Float32Array.from({ length: width }, (_, i) => (i % 64 === 0 ? 1 : 2 ** -12)),
      (width) => Float32Array.from({ length: width }, (_, i) => (-1) ** i * (1 + (i % 7) * 2 ** -23)),
      (width) => Float32Array.from({ length: width }, (_, i) => 2 ** -(i % 30)),
      (width) => new Float32Array(width).fill(1e-38).fill(1e19, 3, 4),
    ];
    for (const width of [64, 65_536, 65_537, 2 ** 18, 2 ** 20]) {
      const model: ModelSpec = { kind: "linear-regression", inputs: width, output: { kind: "numbers", count: 1 } };
      for (const make of worst) {
        const norm = squaredNorm(added(model, new Float32Array(width + 1), make(width), new Float32Array([1e4])));
        expect(norm <= bound, `${width}: ${Math.sqrt(Number(norm)) / mostSteps}`).to.equal(true);
        expect(Number(norm) / Number(bound), "and hardly less").to.be.above(0.9);
      }
    }
  });

  it("so it is for wide outputs, images of many pixels, and whatever numbers come", async function () {
    this.timeout(120_000);
    await selectBackend("wasm");
    const models: readonly ModelSpec[] = [
      { kind: "linear-regression", inputs: 2, output: { kind: "numbers", count: 2 ** 17 } },
      { kind: "logistic-regression", inputs: 3, output: { kind: "classes", count: 65_536 } },
      { kind: "mlp", inputs: 40, hidden: [4096], activation: "relu", output: { kind: "classes", count: 3 } },
      {
        ...{ kind: "cnn", height: 64, width: 64, channels: 3, convolutions: [{ filters: 16, kernel: 5 }] },
        ...{ hidden: [], output: { kind: "classes", count: 3 } },
      },
      { kind: "linear-regression", inputs: 5000, output: { kind: "numbers", count: 1 } },
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...models),
        fc.integer(),
        fc.integer({ min: -30, max: 12 }),
        (model, seed, exponent) => {
          const random = createSeededRandom(seed);
          const tfModel = createTfModel(model);
          const width = tfModel.inputShape.reduce((product, side) => product * side, 1);
          const wild = () => 2 ** (exponent * random.next()) * (random.next() - 0.5);
          const parameters = Float32Array.from({ length: tfModel.parameterCount }, () => random.next() - 0.5);
          const labels = new Float32Array(model.output.kind === "numbers" ? model.output.count : 1).fill(1);
          const steps = added(model, parameters, Float32Array.from({ length: width }, wild), labels);
          return squaredNorm(steps) <= bound && steps.every(Number.isInteger);
        },
      ),
      { numRuns: 25 },
    );
  });

  for (const model of smallModels) {
    it(`what one example of a ${model.kind} (${JSON.stringify(model.output)}) adds changes nothing of what others add, to the last bit`, async () => {
      await selectBackend("wasm");
      const parameters = initialParameters(taskOf(model));
      const data = randomDataset(model, 7, 9);
      const width = data.inputs.length / 7;
      const without = (kept: (row: number) => boolean) =>
        data.inputs.map((value, i) => (kept(Math.floor(i / width)) ? value : Number.NaN));
      const all = added(model, parameters, data.inputs, data.labels);
      const sum = new Float64Array(all.length);
      for (let row = 0; row < 7; row++) {
        const alone = added(
          model,
          parameters,
          without((each) => each === row),
          data.labels,
        );
        for (const [i, value] of alone.entries()) sum[i]! += value;
      }
      expect(sum).to.deep.equal(all);
    });
  }

  it("is gradient descent where every example is drawn, nothing is clipped and the noise is zero", async () => {
    const model = smallModels[5]!;
    const privacy = { samplingRate: 1, clipNorm: 2 ** 5 };
    const { trainer, parameters, spec } = await trainerOf(model, privacy, silent);
    const trained = await trainer.train({ parameters, round: 1, seed: 1 });
    const plain = await createTfjsTrainer({
      spec: taskOf(model, { batchSize: 21 }),
      train: randomDataset(model, 21, 4),
      heldOut: randomDataset(model, 0, 1),
    });
    const expected = await plain.train({ parameters, round: 1, seed: 1 });
    expect(spec.training.epochs).to.equal(2);
    // the grid's step is 2^-15 here: a parameter moves by at most that, times the rate, twice
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
    const poisoned = {
      ...train,
      inputs: Float32Array.from(train.inputs, (value, i) => (i >= 4 && i < 8 ? 3e38 : value)),
    };
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
