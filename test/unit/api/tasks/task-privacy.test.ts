import { expect } from "chai";
import { chooseTask } from "../../../../node/api/tasks/task-choice.ts";
import { privacyText, withPrivacy } from "../../../../node/api/tasks/task-privacy.ts";
import type { TaskRules } from "../../../../node/core/records.ts";
import { taskLaneCount } from "../../../../node/core/task/task-lanes.ts";
import { epsilonAfter, type PrivateTaskSpec, roundsInBudget } from "../../../../node/privacy/budget/budget.ts";
import { privacyProblems } from "../../../../node/privacy/budget/check-privacy.ts";
import { taskPreset } from "../../../../node/training/index.ts";
import { expectCode } from "../../../support/expect-code.ts";

type Values = Parameters<typeof withPrivacy>[2];

const settings = (values: Partial<Values>) => values as Values;
const plain = await chooseTask({ data: "digits", model: "logistic-regression" } as never);
const choose = (values: Partial<Values>, changed: Partial<TaskRules> = {}) => {
  const { spec, rules } = withPrivacy(plain.spec, { ...plain.rules, ...changed }, settings(values));
  return { spec: spec as PrivateTaskSpec & typeof spec, rules };
};

describe("the privacy of a task", () => {
  it("leaves a task without --epsilon as it is", () => {
    const { spec, rules } = withPrivacy(plain.spec, plain.rules, settings({}));
    expect(spec).to.equal(plain.spec);
    expect(rules).to.equal(plain.rules);
    const { testSet, ...rest } = plain.spec;
    expect(rest).to.deep.equal(taskPreset("digits", "logistic-regression").spec);
    expect(testSet?.examples).to.equal(360);
    expect(privacyText(spec, rules)).to.equal("");
  });

  for (const [name, values] of Object.entries<Partial<Values>>({
    gaussian: {},
    laplace: { noise: "laplace" },
    skellam: { noise: "skellam" },
    adaptive: { adaptiveClip: true },
    "DP-SGD": { privacyUnit: "example", samplingRate: 0.05 },
  })) {
    it(`calibrates ${name} so that all rounds cost epsilon, hardly less, and the rules keep it`, () => {
      const { spec, rules } = choose({ epsilon: 8, ...values });
      const cost = epsilonAfter(spec, rules, rules.rounds);
      expect(cost).to.be.within(7.9, 8);
      expect(rules.roundsPerParticipant).to.equal(roundsInBudget(spec, rules));
      expect(rules.roundsPerParticipant).to.equal(rules.rounds);
      expect(privacyProblems(spec, rules)).to.deep.equal([]);
      expect(rules.parameterCount).to.equal(taskLaneCount(spec));
      expect(rules.maxWeight).to.equal(name === "DP-SGD" ? plain.rules.maxWeight : 1);
      expect(privacyText(spec, rules)).to.contain(`noise multiplier ${spec.privacy.noiseMultiplier}`);
    });
  }

  it("keeps within what a mode's sums can hold", () => {
    const masked = choose({ epsilon: 8 }, { mode: "masked", minUpdates: 4 }).rules;
    expect(masked.maxUpdates * masked.clipLanes).to.be.below(2 ** 31);
    const encrypted = choose({ epsilon: 8, adaptiveClip: true }, { mode: "encrypted", minUpdates: 4 }).rules;
    expect(encrypted.maxUpdates * encrypted.clipLanes).to.be.below(2 ** 29);
  });

  it("counts the rounds that a given noise allows", () => {
    const { spec, rules } = choose({ epsilon: 8, noiseMultiplier: 3 });
    expect(spec.privacy.noiseMultiplier).to.equal(3);
    expect(rules.roundsPerParticipant).to.equal(roundsInBudget(spec, rules));
    expect(rules.roundsPerParticipant).to.be.above(20);
    const fewer = choose({ epsilon: 8, roundsPerParticipant: 2 });
    expect(fewer.rules.roundsPerParticipant).to.equal(2);
    expect(epsilonAfter(fewer.spec, fewer.rules, 2)).to.be.within(7.9, 8);
  });

  it("refuses a budget smaller than one round, and more rounds than it allows", async () => {
    await expectCode("PRIVACY_BUDGET_TOO_SMALL", () => choose({ epsilon: 1, noiseMultiplier: 0.5 }));
    await expectCode("PRIVACY_BUDGET_TOO_SMALL", () =>
      choose({ epsilon: 8, noiseMultiplier: 3, roundsPerParticipant: 60 }, { rounds: 100 }),
    );
    await expectCode("PRIVACY_BUDGET_TOO_SMALL", () => choose({ epsilon: 8, noiseMultiplier: 1.5 }, { rounds: 20 }));
    const drawnSeldom = choose({ epsilon: 8, noiseMultiplier: 1.5 }, { rounds: 20, participationBps: 1500 });
    expect(drawnSeldom.rules.roundsPerParticipant).to.be.within(3, 8);
    await expectCode("PRIVACY_TARGET_UNREACHABLE", () => choose({ epsilon: 0.001, delta: 1e-15 }, { rounds: 65535 }));
  });

  it("refuses settings that do not go together", async () => {
    await expectCode("INVALID_CONFIG", () => choose({ delta: 1e-6 }));
    await expectCode("INVALID_CONFIG", () => choose({ epsilon: 8, privacyUnit: "example", noise: "laplace" }));
    await expectCode("INVALID_CONFIG", () => choose({ epsilon: 8, privacyUnit: "example", adaptiveClip: true }));
    await expectCode("INVALID_CONFIG", () => choose({ epsilon: 8, samplingRate: 0.1 }));
    await expectCode("INVALID_CONFIG", () => choose({ epsilon: 8, noise: "laplace" }, { mode: "masked" }));
    await expectCode("INVALID_CONFIG", () => choose({ epsilon: 8, clip: 0.5 }));
    await expectCode("INVALID_CONFIG", () => choose({ epsilon: 8, adaptiveClip: true }, { rule: "coordinate-median" }));
  });

  it("makes the rules that the privacy of a specification file needs", () => {
    const { spec } = choose({ epsilon: 4 });
    const { rules } = withPrivacy(spec, plain.rules, settings({}));
    expect(rules.maxWeight).to.equal(1);
    expect(privacyProblems(spec, rules)).to.deep.equal([]);
  });
});
