import { expect } from "chai";
import fc from "fast-check";
import { initialLanes } from "../../../../node/core/task/initial-model.ts";
import { modelPart, taskLaneCount } from "../../../../node/core/task/task-lanes.ts";
import {
  canonicalTaskSpec,
  parseTaskSpec,
  parseTaskSpecJson,
  type TaskSpec,
} from "../../../../node/core/task/task-spec.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { adaptivePrivacy, examplePrivacy, gaussianPrivacy } from "../../../support/states/privacy-specs.ts";

const spec: TaskSpec = {
  format: "fedledger/task/1",
  name: "digits",
  model: {
    kind: "mlp",
    inputs: 64,
    hidden: [32],
    activation: "relu",
    output: { kind: "classes", count: 10 },
  },
  initialSeed: 7,
  training: { objective: "fedavg", epochs: 2, batchSize: 16, learningRate: 0.1 },
  data: { scale: 1 / 16 },
};

describe("task specification", () => {
  it("canonical JSON does not depend on the order of the fields, and reads back", () => {
    const reversed = Object.fromEntries(Object.entries(spec).reverse()) as unknown as TaskSpec;
    const text = canonicalTaskSpec(spec);
    expect(canonicalTaskSpec(reversed)).to.equal(text);
    expect(parseTaskSpecJson(text)).to.deep.equal(spec);
    expect(text.startsWith('{"data":{"scale":0.0625},"format":"fedledger/task/1",')).to.equal(true);
    expect(text).not.to.match(/\s/);
  });

  it("without privacy is the text that it was, and with it reads back", () => {
    expect(canonicalTaskSpec(spec)).not.to.contain("privacy");
    for (const privacy of [gaussianPrivacy, adaptivePrivacy, examplePrivacy])
      expect(parseTaskSpecJson(canonicalTaskSpec({ ...spec, privacy }))).to.deep.equal({ ...spec, privacy });
  });

  it("an adaptive clip has one lane behind the model's parameters, at 0 in the initial model", () => {
    const plain = initialLanes(spec, 20);
    const adaptive = { ...spec, privacy: adaptivePrivacy };
    const lanes = initialLanes(adaptive, 20);
    expect(taskLaneCount(adaptive)).to.equal(taskLaneCount(spec) + 1);
    expect([...lanes]).to.deep.equal([...plain, 0]);
    expect(modelPart(lanes, adaptive)).to.deep.equal(plain);
    expect(modelPart(plain, spec)).to.deep.equal(plain);
    expect(taskLaneCount({ ...spec, privacy: gaussianPrivacy })).to.equal(plain.length);
  });

  it("learning rates survive the trip bit for bit", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1000, noNaN: true }), (learningRate) => {
        const changed = { ...spec, training: { ...spec.training, learningRate } };
        expect(parseTaskSpecJson(canonicalTaskSpec(changed)).training.learningRate).to.equal(learningRate);
      }),
    );
  });

  const refused: Record<string, [field: string, value: unknown]> = {
    "another format": ["format", { ...spec, format: "fedledger/task/2" }],
    "an unknown field": ["it", { ...spec, extra: 1 }],
    "an unknown model": ["model.kind", { ...spec, model: { ...spec.model, kind: "transformer" } }],
    "no hidden layer": ["model.hidden", { ...spec, model: { ...spec.model, hidden: [] } }],
    "half an input": ["model.inputs", { ...spec, model: { ...spec.model, inputs: 0.5 } }],
    "a negative seed": ["initialSeed", { ...spec, initialSeed: -1 }],
    "a seed beyond uint32": ["initialSeed", { ...spec, initialSeed: 2 ** 32 }],
    "a learning rate of 0": ["training.learningRate", { ...spec, training: { ...spec.training, learningRate: 0 } }],
    "an infinite rate": [
      "training.learningRate",
      { ...spec, training: { ...spec.training, learningRate: Number.POSITIVE_INFINITY } },
    ],
    nothing: ["it", null],
    "Laplace noise with an adaptive clip": [
      "privacy.adaptive",
      { ...spec, privacy: { ...adaptivePrivacy, mechanism: "discrete-laplace" } },
    ],
    "a delta of 1": ["privacy.delta", { ...spec, privacy: { ...gaussianPrivacy, delta: 1 } }],
    "noise of another unit": ["privacy.unit", { ...spec, privacy: { ...gaussianPrivacy, unit: "group" } }],
    "a sampling rate above 1": ["privacy.samplingRate", { ...spec, privacy: { ...examplePrivacy, samplingRate: 2 } }],
  };
  for (const [name, [field, value]] of Object.entries(refused)) {
    it(`refuses ${name}, naming the field`, async () => {
      const error = await expectCode("INVALID_TASK_SPEC", () => parseTaskSpec(value));
      expect(String(error.data.reason).split(":")[0]).to.equal(field);
    });
  }

  it("refuses text that is not JSON", () => expectCode("INVALID_TASK_SPEC", () => parseTaskSpecJson("{")));
});
