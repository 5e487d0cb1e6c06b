import { expect } from "chai";
import { type TaskPreset, taskPreset } from "../../../node/training/task-presets.ts";
import { trainPreset } from "../../support/training/train-preset.ts";

describe("what the presets reach", () => {
  // Ten rounds on five uneven shares (Dirichlet 0.5), with the federation's own fixed-point arithmetic.
  for (const seed of [1, 2]) {
    it(`digits-mlp reaches an accuracy of 0.92 in ten rounds, seed ${seed}`, async () => {
      const { rounds } = await trainPreset(taskPreset("digits"), seed, 10);
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
      const { rounds } = await trainPreset(taskPreset(dataset, kind), 3, 10);
      expect(rounds.at(-1)!.metric).to.be.at.least(goal);
      expect(rounds.at(-1)!.loss).to.be.lessThan(rounds[0]!.loss);
    });
  }

  it("synthetic-ten with half of its ten clients drawn learns more than its classes' shares tell", async () => {
    const { rounds } = await trainPreset(taskPreset("synthetic-ten"), 1, 10);
    expect(rounds.at(-1)!.metric).to.be.at.least(0.85);
  });
});
