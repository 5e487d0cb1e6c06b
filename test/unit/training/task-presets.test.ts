import { expect } from "chai";
import { decodeLanes, encodeParameters } from "../../../node/core/bytes/fixed-point.ts";
import { initialLanes } from "../../../node/core/task/initial-model.ts";
import { parseTaskSpec } from "../../../node/core/task/task-spec.ts";
import { parsePartition } from "../../../node/training/data/partition.ts";
import { taskPreset, taskPresets } from "../../../node/training/task-presets.ts";
import { expectCode } from "../../support/expect-code.ts";
import { trainPreset } from "../../support/training/train-preset.ts";

describe("training/task-presets", () => {
  for (const preset of taskPresets) {
    it(`${preset.name} is a valid task whose numbers fit the lanes`, () => {
      expect(parseTaskSpec(preset.spec)).to.deep.equal(preset.spec);
      parsePartition(preset.partition);
      const { fractionBits, clipLanes, maxWeight } = preset.rules;
      expect(64 * maxWeight * clipLanes).to.be.lessThan(2 ** 52);
      const lanes = initialLanes(preset.spec, fractionBits);
      expect(encodeParameters(decodeLanes(lanes, fractionBits), fractionBits)).to.deep.equal(lanes);
    });
  }

  it("finds presets by data set and kind of model", async () => {
    expect(taskPreset("digits").name).to.equal("digits-mlp");
    expect(taskPreset("digits", "cnn").name).to.equal("digits-cnn");
    await expectCode("INVALID_CONFIG", () => taskPreset("digits", "linear-regression"));
    await expectCode("INVALID_CONFIG", () => taskPreset("iris"));
    expect(new Set(taskPresets.map((preset) => preset.name)).size).to.equal(taskPresets.length);
  });

  it("are learned: the loss falls in the first two rounds of each whose data is bundled", async () => {
    for (const preset of taskPresets.filter(({ dataset }) => dataset !== "mnist")) {
      const { rounds } = await trainPreset(preset, 1, 2);
      expect(rounds.at(-1)!.loss, preset.name).to.be.lessThan(rounds[0]!.loss);
    }
  });
});
