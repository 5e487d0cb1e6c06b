import { expect } from "chai";
import type { TaskRules } from "../../../../node/core/records.ts";
import { type PrivacySpec, stepsPerRound } from "../../../../node/core/task/privacy-spec.ts";
import { epsilonBound } from "../../../../node/privacy/accountant/index.ts";
import { epsilonAfter, roundsAllowed, roundsInBudget } from "../../../../node/privacy/budget/budget.ts";
import { privacyProblems } from "../../../../node/privacy/budget/check-privacy.ts";
import {
  adaptivePrivacy,
  examplePrivacy,
  gaussianPrivacy,
  privateRules,
} from "../../../support/states/privacy-specs.ts";
import { smallModels, taskOf } from "../../../support/states/small-tasks.ts";

const base = taskOf(smallModels[4]!);
const withPrivacy = <P extends PrivacySpec>(privacy: P) => ({ ...base, privacy });
const fields = (privacy: PrivacySpec, rules: Partial<TaskRules>): string[] =>
  privacyProblems(withPrivacy(privacy), { ...privateRules, ...rules }).map(({ kind, field }) => `${kind} ${field}`);

describe("privacy/budget", () => {
  const gaussian = (noiseMultiplier: number, times: number) =>
    epsilonBound([{ mechanism: { kind: "gaussian", noiseMultiplier }, times }], 1e-5).epsilon;

  it("an update with Gaussian noise costs what the accountant says of its multiplier", () => {
    const expected = gaussian(1.2, 3);
    expect(epsilonAfter(withPrivacy(gaussianPrivacy), privateRules, 3)).to.be.closeTo(expected, 1e-6);
  });

  it("shares of noise cost the same in sum, whoever of the others is left out", () => {
    const masked = { ...privateRules, mode: "masked", minUpdates: 4 } as const;
    const transparent = epsilonAfter(withPrivacy(gaussianPrivacy), privateRules, 2);
    expect(epsilonAfter(withPrivacy(gaussianPrivacy), masked, 2)).to.be.closeTo(transparent, 1e-6);
    const skellam = { ...gaussianPrivacy, mechanism: "skellam" } as const;
    expect(epsilonAfter(withPrivacy(skellam), masked, 2)).to.be.within(transparent, transparent * 1.12);
  });

  it("the word on an adaptive clip is paid for", () => {
    const plain = epsilonAfter(withPrivacy(gaussianPrivacy), privateRules, 1);
    // one half over a std of 4: 1 / 1.2^2 and 1 / 8^2 together
    const together = 1 / Math.sqrt(1 / 1.2 ** 2 + 1 / 8 ** 2);
    const adaptive = epsilonAfter(withPrivacy(adaptivePrivacy), privateRules, 1);
    expect(adaptive).to.be.above(plain);
    // the clip norm may fall to a few lanes, where the losses of discrete noise are bounded less closely
    expect(adaptive).to.be.within(gaussian(together, 1), gaussian(together, 1) * 1.002);
  });

  it("DP-SGD costs its steps: ceil(1 / rate) an epoch", () => {
    expect(stepsPerRound({ epochs: 3 }, { samplingRate: 0.15 })).to.equal(21);
    const mechanism = { kind: "subsampled-gaussian", samplingRate: 0.1, noiseMultiplier: 1.1 } as const;
    const expected = epsilonBound([{ mechanism, times: 2 * 10 * base.training.epochs }], 1e-5).epsilon;
    expect(epsilonAfter(withPrivacy(examplePrivacy), privateRules, 2)).to.be.closeTo(expected, 1e-9);
  });

  it("the greatest number of rounds in the budget is the last that holds", () => {
    const spec = withPrivacy(gaussianPrivacy);
    const most = roundsInBudget(spec, privateRules);
    expect(most).to.equal(3);
    expect(epsilonAfter(spec, privateRules, most)).to.be.at.most(8);
    expect(epsilonAfter(spec, privateRules, most + 1)).to.be.above(8);
    expect(epsilonAfter(spec, privateRules, 0)).to.equal(0);
  });

  it("no limit on the chain allows all rounds of the task", () => {
    expect(roundsAllowed({ rounds: 20, roundsPerParticipant: 0 })).to.equal(20);
    expect(roundsAllowed({ rounds: 20, roundsPerParticipant: 4 })).to.equal(4);
    expect(roundsAllowed({ rounds: 3, roundsPerParticipant: 4 })).to.equal(3);
  });
});

describe("privacy/check-privacy", () => {
  it("finds nothing where rules and specification agree", () => {
    expect(fields(gaussianPrivacy, {})).to.deep.equal([]);
    expect(fields(gaussianPrivacy, { roundsPerParticipant: 0 }), "three rounds in all").to.deep.equal([]);
    expect(fields(adaptivePrivacy, { roundsPerParticipant: 2 })).to.deep.equal([]);
    expect(fields(examplePrivacy, { maxWeight: 1000, clipLanes: 5, roundsPerParticipant: 1 })).to.deep.equal([]);
  });

  it("names the field that does not keep the promise", () => {
    expect(fields(gaussianPrivacy, { maxWeight: 2 })).to.deep.equal(["rules maxWeight"]);
    expect(fields(gaussianPrivacy, { clipLanes: 1 << 18 })).to.deep.equal(["rules clipLanes"]);
    expect(fields(gaussianPrivacy, { roundsPerParticipant: 4, rounds: 9 })).to.deep.equal([
      "rules roundsPerParticipant",
    ]);
    expect(fields(gaussianPrivacy, { roundsPerParticipant: 0, rounds: 9 })).to.deep.equal([
      "rules roundsPerParticipant",
    ]);
    expect(fields({ ...gaussianPrivacy, mechanism: "discrete-laplace" }, { mode: "masked" })).to.deep.equal([
      "rules mode",
    ]);
    expect(fields(adaptivePrivacy, { rule: "coordinate-median" })).to.deep.equal(["rules rule"]);
    const coarse = { ...gaussianPrivacy, mechanism: "skellam" as const, clipNorm: 100, noiseMultiplier: 10 };
    expect(fields(coarse, { clipLanes: 2 ** 31 - 1, roundsPerParticipant: 1 })).to.deep.equal(["rules fractionBits"]);
  });

  it("tells a budget below one round apart", () => {
    expect(fields({ ...gaussianPrivacy, epsilon: 0.5 }, {})).to.deep.equal(["below-one-round roundsPerParticipant"]);
    expect(fields({ ...examplePrivacy, epsilon: 0.5 }, {})).to.deep.equal(["below-one-round roundsPerParticipant"]);
  });
});
