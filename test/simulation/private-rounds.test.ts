import { expect } from "chai";
import type { TaskRules } from "../../node/core/records.ts";
import type { PrivacySpec } from "../../node/core/task/privacy-spec.ts";
import { roundsInBudget } from "../../node/privacy/budget/budget.ts";
import { adaptivePrivacy, gaussianPrivacy } from "../support/states/privacy-specs.ts";
import { simulatedSpec } from "./world/federation.ts";
import { play, quiet } from "./world/play.ts";
import type { Fault } from "./world/scenario.ts";

const noisyRules: TaskRules = { ...quiet.rules, maxWeight: 1, clipLanes: 1 << 24, roundsPerParticipant: 3 };
const masks: Partial<TaskRules> = { mode: "masked", thresholdPercent: 67, minUpdates: 3, keyWindowS: 10 };

describe("a simulated federation with noise", function () {
  this.timeout(60_000);

  for (const [name, privacy, changes] of [
    ["transparent", gaussianPrivacy, {}],
    ["transparent with an adaptive clip", adaptivePrivacy, { parameterCount: 82, roundsPerParticipant: 2, rounds: 2 }],
    ["masked, Skellam shares", { ...gaussianPrivacy, mechanism: "skellam" }, masks],
  ] as const satisfies readonly (readonly [string, PrivacySpec, Partial<TaskRules>])[]) {
    it(`${name}: every round is final and right, though all processes are killed at once`, async () => {
      const rules = { ...noisyRules, ...changes };
      const faults = [0, 1, 2, 3, 4, 5].map((node): Fault => ({ kind: "kill", node, atS: 9, backAfterS: 3 }));
      const { federation, view, broken } = await play(faults, { rules, privacy });
      expect(broken).to.deep.equal([]);
      expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(new Array(rules.rounds).fill("accepted"));
      for (const { commitments } of view.rounds) {
        expect(commitments.every(({ weight }) => weight === 1)).to.equal(true);
      }
      for (const { account, role } of federation.nodes) {
        if (role !== "participant") continue;
        for (const { round } of view.rounds) {
          const own = federation.chain.commits.filter(({ sender, call }) => sender === account && call.round === round);
          expect(new Set(own.map(({ call }) => call.updateRoot)).size, "one noise for a round").to.be.at.most(1);
        }
      }
    });
  }

  it("opens no more rounds when the budgets are spent, waits for others, and no node draws noise beyond it", async () => {
    const rules = { ...noisyRules, roundsPerParticipant: 2, commitWindowS: 15 };
    expect(roundsInBudget({ ...simulatedSpec, privacy: gaussianPrivacy }, rules)).to.equal(3);
    const { federation, view, broken } = await play([], { rules, privacy: gaussianPrivacy });
    expect(broken).to.deep.equal(["nodes 0,1,2,3,4,5 had not ended; round 2, 2 of 3, is accepted"]);
    expect(view.rounds.map(({ phase }) => phase)).to.deep.equal(["accepted", "accepted"]);
    const waits = federation.progress.flatMap(({ progress }) => (progress.kind === "waiting" ? [progress.reason] : []));
    expect(waits.slice(-6), "everybody says so").to.deep.equal(new Array(6).fill("participants"));
    expect(federation.chain.commits.every(({ call }) => call.round < 3)).to.equal(true);
  });
});
