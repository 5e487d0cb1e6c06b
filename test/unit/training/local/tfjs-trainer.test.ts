import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { expect } from "chai";
import type { ModelSpec } from "../../../../node/core/task/task-spec.ts";
import { selectExamples } from "../../../../node/training/data/dataset.ts";
import { createSeededRandom, shuffledIndices } from "../../../../node/training/data/seeded-random.ts";
import { createTfjsTrainer } from "../../../../node/training/local/tfjs-trainer.ts";
import { selectBackend } from "../../../../node/training/models/backend.ts";
import { createTfModel } from "../../../../node/training/models/models.ts";
import { encodeTfjsModel } from "../../../../node/training/models/tfjs-export.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { initialParameters, smallModels, taskOf } from "../../../support/states/small-tasks.ts";
import { randomDataset } from "../../../support/training/random-dataset.ts";

const mlp = smallModels.find((model) => model.kind === "mlp")!;
const none = (model: ModelSpec) => randomDataset(model, 0, 1);

/**
 * The same training by tfjs layers' own optimizer and losses, one batch after another in the order that the protocol
 * fixes.
 */
async function trainByLayers(model: ModelSpec, start: Float32Array, seed: number): Promise<number[]> {
  const { training } = taskOf(model);
  const data = randomDataset(model, 21, 4);
  const files = encodeTfjsModel(model, start);
  const json = JSON.parse(files["model.json"]);
  const layers = await tfl.loadLayersModel({
    load: async () => ({
      modelTopology: json.modelTopology,
      weightSpecs: json.weightsManifest[0].weights,
      weightData: files["weights.bin"].slice().buffer,
    }),
  });
  const loss = { classes: "categoricalCrossentropy", binary: "binaryCrossentropy", numbers: "meanSquaredError" };
  layers.compile({ optimizer: tf.train.sgd(training.learningRate), loss: loss[model.output.kind] });
  const random = createSeededRandom(seed);
  for (let epoch = 0; epoch < training.epochs; epoch++) {
    const order = shuffledIndices(data.samples, random);
    for (let from = 0; from < order.length; from += training.batchSize) {
      const batch = selectExamples(data, order.subarray(from, from + training.batchSize));
      const inputs = tf.tensor(batch.inputs, [batch.samples, ...batch.inputShape]);
      const labels = createTfModel(model).labelTensor(batch.labels, batch.samples);
      await layers.trainOnBatch(inputs, labels);
      tf.dispose([inputs, labels]);
    }
  }
  const result = layers.getWeights().flatMap((tensor) => [...tensor.dataSync()]);
  layers.dispose();
  return result;
}

describe("training/tfjs-trainer", () => {
  for (const model of smallModels) {
    it(`trains a ${model.kind} (${JSON.stringify(model.output)}) to what tfjs layers' optimizer gives`, async () => {
      const spec = taskOf(model);
      const parameters = initialParameters(spec);
      const trainer = await createTfjsTrainer({ spec, train: randomDataset(model, 21, 4), heldOut: none(model) });
      const trained = await trainer.train({ parameters, round: 1, seed: 77 });
      const expected = await trainByLayers(model, parameters, 77);
      expect(trained.parameters.length).to.equal(expected.length);
      expected.forEach((value, i) => {
        expect(trained.parameters[i]).to.be.closeTo(value, 2e-5);
      });
      expect(trained.parameters).not.to.deep.equal(parameters);
    });
  }

  it("gives the same bits for the same seed, others for another, and does not touch what it was given", async () => {
    const spec = taskOf(mlp);
    const parameters = initialParameters(spec);
    const trainer = await createTfjsTrainer({ spec, train: randomDataset(mlp, 40, 4), heldOut: none(mlp) });
    const first = await trainer.train({ parameters, round: 1, seed: 1 });
    const again = await trainer.train({ parameters, round: 2, seed: 1 });
    const other = await trainer.train({ parameters, round: 1, seed: 2 });
    expect(again).to.deep.equal(first);
    expect(other.parameters).not.to.deep.equal(first.parameters);
    expect(parameters).to.deep.equal(initialParameters(spec));
    expect(first.samples).to.equal(40);
    expect(trainer.reproducible).to.equal(true);
    expect(trainer.engine).to.equal("tfjs-wasm 4.22.0");
  });

  it("agrees on wasm and on cpu, both in one process at a time", async () => {
    const spec = taskOf(smallModels.find((model) => model.kind === "cnn")!);
    const parameters = initialParameters(spec);
    const data = { spec, train: randomDataset(spec.model, 24, 4), heldOut: randomDataset(spec.model, 10, 5) };
    const [wasm, cpu] = [await createTfjsTrainer(data), await createTfjsTrainer({ ...data, backend: "cpu" })];
    const job = { parameters, round: 1, seed: 9 };
    const [one, two] = await Promise.all([wasm.train(job), cpu.train(job)]);
    two.parameters.forEach((value, i) => {
      expect(one.parameters[i]).to.be.closeTo(value, 2e-5);
    });
    const [here, there] = await Promise.all([wasm.evaluate(one.parameters), cpu.evaluate(one.parameters)]);
    expect(here.metric).to.equal(there.metric);
    expect(here.loss).to.be.closeTo(there.loss, 1e-5);
  });

  it("reports every epoch, and leaves no tensor behind", async () => {
    const spec = taskOf(mlp, { epochs: 3 });
    const parameters = initialParameters(spec);
    const trainer = await createTfjsTrainer({
      spec,
      train: randomDataset(mlp, 40, 4),
      heldOut: randomDataset(mlp, 9, 5),
    });
    const before = tf.memory();
    const seen: number[] = [];
    const trained = await trainer.train({
      parameters,
      round: 1,
      seed: 1,
      onProgress: ({ epoch, epochs, loss }) => {
        expect(epochs).to.equal(3);
        expect(loss).to.be.within(0, 10);
        seen.push(epoch);
      },
    });
    await trainer.evaluate(trained.parameters);
    await trainer.close();
    expect(seen).to.deep.equal([1, 2, 3]);
    expect(tf.memory().numTensors).to.equal(before.numTensors);
    expect(tf.memory().numBytes).to.equal(before.numBytes);
  });

  it("learns a rule", async () => {
    const model: ModelSpec = { kind: "logistic-regression", inputs: 2, output: { kind: "binary" } };
    const spec = taskOf(model, { epochs: 20, learningRate: 0.5 });
    const data = randomDataset(model, 200, 6);
    for (let i = 0; i < 200; i++) data.labels[i] = data.inputs[2 * i]! > data.inputs[2 * i + 1]! ? 1 : 0;
    const trainer = await createTfjsTrainer({ spec, train: data, heldOut: data });
    const { parameters, loss } = await trainer.train({ parameters: new Float32Array(3), round: 1, seed: 1 });
    const result = await trainer.evaluate(parameters);
    expect(result.metric).to.be.greaterThan(0.97);
    expect(result.loss).to.be.lessThan(0.15);
    expect(loss).to.be.lessThan(0.2);
  });

  it("stops at once when the signal aborts, with its reason, and frees its tensors", async () => {
    const spec = taskOf(mlp, { epochs: 1000 });
    const trainer = await createTfjsTrainer({ spec, train: randomDataset(mlp, 400, 4), heldOut: none(mlp) });
    const before = tf.memory().numTensors;
    const abort = new AbortController();
    const reason = new Error("enough");
    const job = { parameters: initialParameters(spec), round: 1, seed: 1, signal: abort.signal };
    let caught: unknown;
    try {
      await trainer.train({ ...job, onProgress: () => abort.abort(reason) });
    } catch (error) {
      caught = error;
    }
    expect(caught).to.equal(reason);
    expect(tf.memory().numTensors).to.equal(before);
    await trainer.train(job).then(
      () => expect.fail("it ran"),
      (error: unknown) => expect(error).to.equal(reason),
    );
  });

  it("lets the event loop run while it trains", async () => {
    const spec = taskOf(mlp, { epochs: 40 });
    const trainer = await createTfjsTrainer({ spec, train: randomDataset(mlp, 400, 4), heldOut: none(mlp) });
    let last = performance.now();
    let longestMs = 0;
    let turns = 0;
    let running = true;
    const watch = (): void => {
      longestMs = Math.max(longestMs, performance.now() - last);
      last = performance.now();
      turns++;
      if (running) setImmediate(watch);
    };
    setImmediate(watch);
    const startMs = performance.now();
    await trainer.train({ parameters: initialParameters(spec), round: 1, seed: 1 });
    const tookMs = performance.now() - startMs;
    running = false;
    // One turn for each 50 ms at the least; the machine may be busy, so the longest wait itself is not judged.
    expect(turns).to.be.at.least(Math.floor(tookMs / 50) - 1);
    expect(tookMs / Math.max(1, turns)).to.be.lessThan(50);
    expect(longestMs).to.be.greaterThan(0);
  });

  it("fails with TRAINING_FAILED when the loss overflows", async () => {
    const model: ModelSpec = { kind: "linear-regression", inputs: 4, output: { kind: "numbers", count: 1 } };
    const spec = taskOf(model, { epochs: 100, learningRate: 1000 });
    const trainer = await createTfjsTrainer({ spec, train: randomDataset(model, 20, 4), heldOut: none(model) });
    const before = tf.memory().numTensors;
    await expectCode("TRAINING_FAILED", () => trainer.train({ parameters: new Float32Array(5), round: 1, seed: 1 }));
    expect(tf.memory().numTensors).to.equal(before);
  });

  it("evaluates R² and the mean square error of numbers", async () => {
    const model: ModelSpec = { kind: "linear-regression", inputs: 1, output: { kind: "numbers", count: 1 } };
    const heldOut = {
      ...randomDataset(model, 4, 1),
      inputs: Float32Array.of(0, 1, 2, 3),
      labels: Float32Array.of(1, 3, 5, 8),
    };
    const trainer = await createTfjsTrainer({ spec: taskOf(model), train: heldOut, heldOut });
    // y = 2x + 1 gives 1 3 5 7: one residual of 1; the labels' mean is 4.25, their squares about it 26.75.
    const result = await trainer.evaluate(Float32Array.of(2, 1));
    expect(result.samples).to.equal(4);
    expect(result.metric).to.be.closeTo(1 - 1 / 26.75, 1e-6);
    expect(result.loss).to.be.closeTo(0.25, 1e-6);
  });

  it("calls R² of equal labels 1 where they are met exactly, else 0", async () => {
    const model: ModelSpec = { kind: "linear-regression", inputs: 1, output: { kind: "numbers", count: 1 } };
    const heldOut = { ...randomDataset(model, 2, 1), inputs: Float32Array.of(0, 1), labels: Float32Array.of(2, 2) };
    const trainer = await createTfjsTrainer({ spec: taskOf(model), train: heldOut, heldOut });
    expect((await trainer.evaluate(Float32Array.of(0, 2))).metric).to.equal(1);
    expect((await trainer.evaluate(Float32Array.of(1, 2))).metric).to.equal(0);
  });

  it("evaluates across batches as it does at once", async () => {
    const model: ModelSpec = { kind: "logistic-regression", inputs: 4, output: { kind: "classes", count: 3 } };
    const parameters = initialParameters(taskOf(model));
    const whole = randomDataset(model, 300, 8);
    const trainer = await createTfjsTrainer({ spec: taskOf(model), train: whole, heldOut: whole });
    const result = await trainer.evaluate(parameters);
    let correct = 0;
    let loss = 0;
    for (let i = 0; i < 300; i++) {
      const logits = [0, 1, 2].map((k) =>
        [0, 1, 2, 3].reduce((sum, j) => sum + whole.inputs[4 * i + j]! * parameters[3 * j + k]!, parameters[12 + k]!),
      );
      const exps = logits.map(Math.exp);
      loss -= Math.log(exps[whole.labels[i]!]! / (exps[0]! + exps[1]! + exps[2]!));
      if (logits.indexOf(Math.max(...logits)) === whole.labels[i]) correct++;
    }
    expect(result.metric).to.equal(correct / 300);
    expect(result.loss).to.be.closeTo(loss / 300, 1e-4);
  });

  it("stops an evaluation whose signal has aborted, with its reason", async () => {
    const heldOut = randomDataset(mlp, 300, 1);
    const trainer = await createTfjsTrainer({ spec: taskOf(mlp), train: heldOut, heldOut });
    const reason = new Error("enough");
    await trainer.evaluate(initialParameters(taskOf(mlp)), { signal: AbortSignal.abort(reason) }).then(
      () => expect.fail("it ran"),
      (error: unknown) => expect(error).to.equal(reason),
    );
  });

  it("evaluates nothing as nothing", async () => {
    const trainer = await createTfjsTrainer({ spec: taskOf(mlp), train: randomDataset(mlp, 3, 1), heldOut: none(mlp) });
    expect(await trainer.evaluate(initialParameters(taskOf(mlp)))).to.deep.equal({ samples: 0, metric: 0, loss: 0 });
  });

  it("refuses data that does not suit the model", async () => {
    const spec = taskOf(mlp);
    const train = randomDataset(mlp, 5, 1);
    const refused = (broken: Partial<typeof train>) =>
      expectCode("INVALID_DATA", () => createTfjsTrainer({ spec, train: { ...train, ...broken }, heldOut: none(mlp) }));
    await refused({ inputShape: [3] });
    await refused({ labelWidth: 2 });
    await refused({ samples: 6 });
    await refused({ labels: Float32Array.of(0, 1, 2, 0, 1) });
    await refused({ labels: Float32Array.of(0, 1, 0.5, 0, 1) });
    await refused({ inputs: train.inputs.map((value, i) => (i === 7 ? Number.NaN : value)) });
    await expectCode("TOO_LITTLE_DATA", () => createTfjsTrainer({ spec, train: none(mlp), heldOut: train }));
  });
});

describe("training/backend", () => {
  it("runs on wasm unless told otherwise, and says why", async () => {
    const selected = await selectBackend();
    expect(selected).to.include({ name: "wasm", version: "4.22.0", reproducible: true });
    expect(selected.description).to.match(/^TensorFlow\.js 4\.22\.0 on wasm.*: the default/);
    expect((await selectBackend("cpu")).name).to.equal("cpu");
  });

  it("runs the native library where it is installed, and otherwise says that it is not", async () => {
    try {
      const selected = await selectBackend("native");
      expect(selected).to.include({ name: "native", reproducible: false });
    } catch {
      const error = await expectCode("BACKEND_UNAVAILABLE", () => selectBackend("native"));
      expect(error.data.name).to.equal("native");
    }
  });
});
