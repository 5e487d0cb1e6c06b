import { expect } from "chai";
import { decodeLanes, encodeParameters } from "../../../node/core/bytes/fixed-point.ts";
import { initialLanes } from "../../../node/core/task/initial-model.ts";
import { parseTaskSpec } from "../../../node/core/task/task-spec.ts";
import { loadParticipantData } from "../../../node/training/data/participant-data.ts";
import { parsePartition } from "../../../node/training/data/partition.ts";
import { createTfjsTrainer } from "../../../node/training/local/tfjs-trainer.ts";
import { type TaskPreset, taskPreset, taskPresets } from "../../../node/training/task-presets.ts";
import { expectCode } from "../../support/expect-code.ts";
import { runFedAvg } from "../../support/training/run-fedavg.ts";

async function federation(preset: TaskPreset, seed: number, rounds: number) {
  const trainers = [];
  for (let part = 0; part < preset.participants; part++) {
    const share = { partition: preset.partition, parts: preset.participants, part };
    const { dataset, spec, heldOutFraction } = preset;
    trainers.push(
      await createTfjsTrainer({
        spec,
        ...(await loadParticipantData({ dataset, spec, share, seed, heldOutFraction })),
      }),
    );
  }
  return runFedAvg(preset, trainers, rounds, seed);
}

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

  // Ten rounds on five uneven shares (Dirichlet 0.5), with the federation's own fixed-point arithmetic.
  for (const seed of [1, 2]) {
    it(`digits-mlp reaches an accuracy of 0.92 in ten rounds, seed ${seed}`, async () => {
      const { rounds } = await federation(taskPreset("digits"), seed, 10);
      expect(rounds.at(-1)!.metric).to.be.at.least(0.92);
      expect(rounds.reduce((sum, round) => sum + round.clipped, 0)).to.equal(0);
    });
  }

  const goals: [TaskPreset["dataset"], Parameters<typeof taskPreset>[1], number][] = [
    ["digits", "logistic-regression", 0.9],
    ["digits", "cnn", 0.9],
    ["breast-cancer", "logistic-regression", 0.92],
    ["breast-cancer", "mlp", 0.92],
    ["diabetes", "linear-regression", 0.25],
  ];
  for (const [dataset, kind, goal] of goals) {
    it(`${dataset} with ${kind} reaches ${goal} in ten rounds`, async () => {
      const { rounds } = await federation(taskPreset(dataset, kind), 3, 10);
      expect(rounds.at(-1)!.metric).to.be.at.least(goal);
      expect(rounds.at(-1)!.loss).to.be.lessThan(rounds[0]!.loss);
    });
  }

  it("synthetic-ten with half of its ten clients drawn learns more than its classes' shares tell", async () => {
    const { rounds } = await federation(taskPreset("synthetic-ten"), 1, 10);
    expect(rounds.at(-1)!.metric).to.be.at.least(0.85);
  });
});
