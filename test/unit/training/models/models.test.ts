import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { expect } from "chai";
import { modelLayout } from "../../../../node/core/task/model-layout.ts";
import type { ModelSpec } from "../../../../node/core/task/task-spec.ts";
import { createModelRunner } from "../../../../node/training/local/model-runner.ts";
import { selectBackend } from "../../../../node/training/models/backend.ts";
import { createTfModel } from "../../../../node/training/models/models.ts";
import { encodeTfjsModel } from "../../../../node/training/models/tfjs-export.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { initialParameters, smallModels, taskOf } from "../../../support/states/small-tasks.ts";
import { randomDataset } from "../../../support/training/random-dataset.ts";

/** Loads exported files as any user of TensorFlow.js would. */
async function load(model: ModelSpec, parameters: Float32Array): Promise<tfl.LayersModel> {
  const files = encodeTfjsModel(model, parameters, { task: "1" });
  const json = JSON.parse(files["model.json"]);
  return tfl.loadLayersModel({
    load: async () => ({
      modelTopology: json.modelTopology,
      weightSpecs: json.weightsManifest[0].weights,
      weightData: files["weights.bin"].slice().buffer,
    }),
  });
}

const title = (model: ModelSpec): string => `${model.kind} (${JSON.stringify(model.output)})`;

describe("training/models", () => {
  before(() => selectBackend("wasm"));

  for (const model of smallModels) {
    const spec = taskOf(model);
    const parameters = initialParameters(spec).map((value, i) => value + (i % 7) / 50);

    it(`${title(model)} puts its parameters where the same tfjs layers model does`, async () => {
      const layers = await load(model, parameters);
      const { tensors, parameterCount } = modelLayout(model);
      expect(layers.weights.map((weight) => weight.originalName)).to.deep.equal(tensors.map((tensor) => tensor.name));
      expect(layers.weights.map((weight) => weight.shape)).to.deep.equal(tensors.map((tensor) => tensor.shape));
      const flat = layers.getWeights().flatMap((tensor) => [...tensor.dataSync()]);
      expect(flat).to.deep.equal([...parameters]);
      expect(flat).to.have.length(parameterCount);
      layers.dispose();
    });

    it(`${title(model)} predicts as its exported tfjs model`, async () => {
      const data = randomDataset(model, 9, 3);
      const layers = await load(model, parameters);
      const expected = tf.tidy(() => {
        const inputs = tf.tensor(data.inputs.slice(), [9, ...data.inputShape]);
        return (layers.predict(inputs) as tf.Tensor).dataSync();
      });
      const runner = await createModelRunner({ model });
      const actual = await runner.predict(parameters, data);
      expect(actual.length).to.equal(expected.length);
      expected.forEach((value, i) => {
        expect(actual[i]).to.be.closeTo(value, 1e-5);
      });
      layers.dispose();
    });

    it(`${title(model)} uploads and downloads without change, and leaves no tensor`, () => {
      const before = tf.memory().numTensors;
      const tfModel = createTfModel(model);
      const tensors = tfModel.upload(parameters);
      expect(tf.memory().numTensors).to.equal(before + modelLayout(model).tensors.length);
      expect(tfModel.download(tensors)).to.deep.equal(parameters);
      tf.dispose(tensors);
      expect(tf.memory().numTensors).to.equal(before);
    });
  }

  it("refuses parameters of another length", async () => {
    const model = smallModels[0]!;
    await expectCode("LENGTH_MISMATCH", () => createTfModel(model).upload(new Float32Array(3)));
    await expectCode("LENGTH_MISMATCH", () => encodeTfjsModel(model, new Float32Array(3)));
    const runner = await createModelRunner({ model });
    await expectCode("LENGTH_MISMATCH", () => runner.predict(new Float32Array(3), randomDataset(model, 2, 1)));
  });

  it("refuses images that pooling makes vanish", async () => {
    const model: ModelSpec = {
      kind: "cnn",
      height: 2,
      width: 8,
      channels: 1,
      convolutions: [
        { filters: 1, kernel: 3 },
        { filters: 1, kernel: 3 },
      ],
      hidden: [],
      output: { kind: "binary" },
    };
    await expectCode("UNSUPPORTED_MODEL", () => createTfModel(model));
  });
});
