import { expect } from "chai";
import { encodeParameters } from "../../../../node/core/bytes/fixed-point.ts";
import { fromHex } from "../../../../node/core/bytes/hex.ts";
import { bytesToLanes } from "../../../../node/core/bytes/lanes.ts";
import type { Hex } from "../../../../node/core/ids.ts";
import type { ModelSpec } from "../../../../node/core/task/task-spec.ts";
import { encodeTestSet } from "../../../../node/core/task/test-set.ts";
import { createModelRunner } from "../../../../node/training/local/model-runner.ts";
import { exactExp, exactLog, exactTanh } from "../../../../node/training/models/exact-math.ts";
import { publicMetric } from "../../../../node/training/models/public-metric.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { initialParameters, smallModels, taskOf } from "../../../support/states/small-tasks.ts";
import { randomDataset } from "../../../support/training/random-dataset.ts";
import { vectors } from "../../../support/vectors.ts";

interface TestSetCase {
  readonly name: string;
  readonly model: ModelSpec;
  readonly fractionBits: number;
  readonly testSet: Hex;
  readonly lanes: Hex;
  readonly examples: number;
  readonly correct?: number;
  readonly r2Q24?: string;
  readonly lossQ24: string;
}

const fractionBits = 20;
const q24 = (value: bigint) => Number(value) / 2 ** 24;

function setOf(model: ModelSpec, samples: number) {
  const data = randomDataset(model, samples, 5);
  return { data, bytes: encodeTestSet({ ...data, examples: data.samples }, model) };
}

describe("training/public-metric", () => {
  for (const model of smallModels) {
    it(`${model.kind} (${JSON.stringify(model.output)}) agrees with the tensor library`, async () => {
      const spec = taskOf(model);
      const { data, bytes } = setOf(model, 40);
      const parameters = initialParameters(spec).map((value, i) => value + ((i % 7) - 3) / 50);
      const lanes = encodeParameters(parameters, fractionBits);
      const result = await publicMetric({ spec, fractionBits }, lanes, bytes);
      const expected = await (await createModelRunner(spec)).evaluate(parameters, data);
      expect(result.examples).to.equal(40);
      const metric = result.correct === undefined ? q24(result.r2Q24 ?? 0n) : result.correct / 40;
      expect(metric).to.be.closeTo(expected.metric, 1e-4);
      expect(q24(result.lossQ24)).to.be.closeTo(expected.loss, 1e-4);
    });
  }

  it("gives the numbers that are written here, on whatever machine", async () => {
    const model: ModelSpec = {
      kind: "mlp",
      inputs: 3,
      hidden: [4],
      activation: "tanh",
      output: { kind: "classes", count: 3 },
    };
    const inputs = Float32Array.from({ length: 30 }, (_, i) => ((i * 37) % 23) / 8 - 1);
    const labels = Float32Array.from({ length: 10 }, (_, i) => i % 3);
    const bytes = encodeTestSet({ examples: 10, inputs, labels }, model);
    const lanes = Int32Array.from({ length: 31 }, (_, i) => ((i * 7919) % 2001) * 997 - 997_000);
    expect(await publicMetric({ spec: { model }, fractionBits }, lanes, bytes)).to.deep.equal({
      examples: 10,
      correct: 4,
      lossQ24: 20_282_566n,
    });
  });

  for (const { name, model, testSet, lanes, ...told } of vectors<TestSetCase>("test-set")) {
    it(`agrees with the second implementation: ${name}`, async () => {
      const spec = { model };
      const result = await publicMetric(
        { spec, fractionBits: told.fractionBits },
        bytesToLanes(fromHex(lanes)),
        fromHex(testSet),
      );
      expect(result).to.deep.equal({
        examples: told.examples,
        ...(told.correct !== undefined && { correct: told.correct }),
        ...(told.r2Q24 !== undefined && { r2Q24: BigInt(told.r2Q24) }),
        lossQ24: BigInt(told.lossQ24),
      });
    });
  }

  it("has an exponential, a logarithm and a tangent to the last bits", () => {
    for (let i = -700; i <= 700; i += 0.37) {
      expect(exactExp(i) / Math.exp(i)).to.be.closeTo(1, 1e-14);
      expect(exactTanh(i / 50)).to.be.closeTo(Math.tanh(i / 50), 1e-14);
    }
    for (const x of [1, 1 + 1e-9, 1.3, 2, 7.7, 1e5])
      expect(exactLog(x)).to.be.closeTo(Math.log(x), 1e-14 * (1 + Math.log(x)));
    expect([exactExp(-800), exactExp(800), exactExp(0), exactLog(1)]).to.deep.equal([
      0,
      Number.POSITIVE_INFINITY,
      1,
      0,
    ]);
  });

  it("refuses bytes that are no test set, or one of another model", async () => {
    const model = smallModels[0]!;
    const { bytes } = setOf(model, 4);
    const measure = (each: Uint8Array) =>
      publicMetric({ spec: taskOf(model), fractionBits }, new Int32Array(100_000), each);
    const changed = (at: number, value: number) => {
      const copy = bytes.slice();
      copy[at] = value;
      return copy;
    };
    for (const wrong of [bytes.subarray(0, 3), changed(0, 1), changed(4, 5), changed(8, 99), bytes.subarray(4)]) {
      await expectCode("INVALID_TEST_SET", () => measure(wrong));
    }
    const notANumber = bytes.slice();
    new DataView(notANumber.buffer).setFloat32(16, Number.NaN, true);
    await expectCode("INVALID_TEST_SET", () => measure(notANumber));
  });
});
