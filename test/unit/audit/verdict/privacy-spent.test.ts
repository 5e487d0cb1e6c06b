import { expect } from "chai";
import { renderReport } from "../../../../node/audit/index.ts";
import { epsilonAfter } from "../../../../node/privacy/budget/budget.ts";
import { auditOf } from "../../../support/history/audit-of.ts";
import { buildHistory, type HistoryOptions } from "../../../support/history/history-builder.ts";
import { adaptivePrivacy, gaussianPrivacy } from "../../../support/states/privacy-specs.ts";

/** Weights are 1, the clip has room for the noise, and three rounds are in the budget. */
const rules: HistoryOptions["rules"] = { maxWeight: 1, clipLanes: 1 << 26, roundsPerParticipant: 3 };
const ones = { weight: () => 1 };
const scripts: HistoryOptions["scripts"] = { 1: ones, 2: { ...ones, commits: 3 }, 3: ones };

describe("the audit of a task with noise", () => {
  it("says what each participant has spent", async () => {
    const report = await auditOf(await buildHistory({ privacy: gaussianPrivacy, rules, scripts }));
    expect(report.findings).to.deep.equal([]);
    const { privacy, task } = report;
    expect(privacy).to.include({ unit: "participant", epsilon: 8, delta: 1e-5, roundsAllowed: 3, roundsInBudget: 3 });
    const joined = privacy!.participants.map((each) => each.rounds);
    expect([...joined].sort()).to.deep.equal([2, 3, 3, 3]);
    for (const { rounds, epsilon } of privacy!.participants) {
      const spec = { ...task.spec!, privacy: gaussianPrivacy };
      expect(epsilon).to.equal(epsilonAfter(spec, task.rules, rounds));
      expect(epsilon).to.be.at.most(8);
    }
  });

  it("shows it in the report for people", async () => {
    const report = await auditOf(await buildHistory({ privacy: gaussianPrivacy, rules, scripts }));
    const page = renderReport(report, { chartScript: "", chartStyle: "", command: "x" });
    expect(page).to.contain("Privacy spent");
    expect(page).to.contain(report.privacy!.participants[0]!.epsilon.toFixed(3));
    const plain = await auditOf(await buildHistory({ rounds: 1 }));
    expect(plain.privacy).to.equal(undefined);
    expect(renderReport(plain, { chartScript: "", chartStyle: "", command: "x" })).to.not.contain("Privacy spent");
  });

  it("finds rules that allow more rounds than the budget, and weights above 1", async () => {
    const codes = async (changed: HistoryOptions["rules"], rounds = 1) => {
      const history = await buildHistory({
        privacy: gaussianPrivacy,
        rounds,
        rules: { ...rules, ...changed },
        scripts,
      });
      const { findings, exitCode } = await auditOf(history);
      expect(exitCode).to.equal(3);
      return findings.map(({ code, data }) => `${code} ${data.field}`);
    };
    expect(await codes({ roundsPerParticipant: 0, rounds: 4 })).to.deep.equal([
      "PRIVACY_RULES_WRONG roundsPerParticipant",
    ]);
    expect(await codes({ maxWeight: 5 })).to.deep.equal(["PRIVACY_RULES_WRONG maxWeight"]);
    expect(await codes({ clipLanes: 1000 })).to.deep.equal(["PRIVACY_RULES_WRONG clipLanes"]);
  });

  it("recomputes models that carry the state of an adaptive clip", async () => {
    const history = await buildHistory({ privacy: adaptivePrivacy, rules, scripts });
    const report = await auditOf(history);
    expect(report.verdict).to.equal("verified");
    expect(report.finalModelLanes).to.have.length(152);
  });
});
