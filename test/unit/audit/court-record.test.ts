import { expect } from "chai";
import { buildReceipt, renderReport, verifyReceipt } from "../../../node/audit/index.ts";
import { auditOf } from "../../support/audit-of.ts";
import { accountOf, buildHistory, type HistoryOptions } from "../../support/history-builder.ts";
import { proposed } from "../../support/history-queries.ts";
import { foundIn, tampered, to } from "../../support/tamper.ts";

const ether = 10 ** 9;
const invalid: HistoryOptions = {
  members: 5,
  rules: { participantBondGwei: 2 * ether },
  scripts: {
    2: {
      update: (member, honest) => (member === 3 ? honest.fill(100_001) : honest),
      exclude: [3],
      report: { member: 3, kind: "invalid-update" },
    },
  },
};
const pipelined: HistoryOptions = { members: 5, rounds: 4, inputs: 299, rules: { pipelined: true } };
const wrongModel = (honest: Int32Array) => honest.with(200, honest[200]! + 1);

describe("the audit of reports", () => {
  it("tells who broke the rules, when, and what it cost, and finds nothing wrong in it", async () => {
    const history = await buildHistory(invalid);
    const report = await auditOf(history);
    expect(report.findings).to.deep.equal([]);
    expect(report.misconduct).to.have.length(1);
    expect(report.misconduct[0]).to.deep.include({
      round: 2,
      participant: history.members[3],
      reporter: accountOf("reporter"),
      kind: "invalid-update",
      slashedWei: 2n * 10n ** 18n,
      rewardWei: 10n ** 18n,
    });
    expect(report.rounds[2]!.drawn).to.not.include(history.members[3]);
    const page = renderReport(report, { chartScript: "", chartStyle: "", command: "" });
    expect(page).to.include("Misconduct").and.include("2,000,000,000");
  });

  it("finds a report against a valid update", async () => {
    const scripts = { 2: { report: { member: 3, kind: "invalid-update" } } } as const;
    const history = await buildHistory({ ...invalid, scripts });
    const { findings } = await auditOf(history);
    expect(findings.map(({ code, party }) => [code, party])).to.deep.equal([
      ["MISCONDUCT_WRONG", accountOf("reporter")],
    ]);
  });

  it("finds a report of a withheld update that was included, one of a stranger, and one whose bond or place was kept", async () => {
    const history = await buildHistory(invalid);
    const codes = (name: "Misconduct" | "Slashed" | "Leaving", change: object | undefined) =>
      foundIn(tampered(history, name, 2, () => change)).map(({ code }) => code);
    expect(codes("Misconduct", { kind: "withheld" })).to.deep.equal(["MISCONDUCT_WRONG"]);
    expect(codes("Misconduct", { participant: accountOf("stranger") })).to.include("MISCONDUCT_WRONG");
    expect(codes("Slashed", undefined)).to.include("BOND_WRONG");
    expect(codes("Leaving", undefined)).to.include("MISCONDUCT_WRONG");
  });
});

describe("the audit of rounds in flight together", () => {
  it("recomputes each from the model that it was opened on", async () => {
    const history = await buildHistory({
      ...pipelined,
      scripts: { 1: { overlap: "attested" }, 2: { overlap: "attested" } },
    });
    const report = await auditOf(history);
    expect(report.findings).to.deep.equal([]);
    expect(report.rounds.map(({ verdict }) => verdict)).to.deep.equal(Array(4).fill("verified"));
    expect(report.rounds[1]!.baseModelRoot).to.equal(proposed(history, 1).modelRoot);
  });

  it("accepts the fall of a round with the proposal that it was opened on, and proves its updates, too", async () => {
    const history = await buildHistory({ ...pipelined, scripts: { 2: { overlap: "struck", model: wrongModel } } });
    const report = await auditOf(history);
    expect(report.findings).to.deep.equal([]);
    expect(report.rounds.map(({ verdict }) => verdict)).to.deep.equal([
      "verified",
      "verified",
      "invalidated",
      "verified",
    ]);
    const trusted = { ...history, taskId: 1, historyHead: history.storedState.historyHead };
    for (const [round, included] of [
      [1, true],
      [2, true],
      [3, false],
      [4, true],
    ] as const) {
      const receipt = buildReceipt({ ...history, round, participant: history.members[1]! });
      expect(verifyReceipt(JSON.parse(JSON.stringify(receipt)), trusted)).to.include({ valid: true, included });
    }
  });

  it("finds a round that goes on though its ancestor was struck, and one that falls for nothing", async () => {
    const history = await buildHistory({ ...pipelined, scripts: { 2: { overlap: "struck", model: wrongModel } } });
    const kept = tampered(history, "RoundInvalidated", 3, () => undefined);
    expect(foundIn(kept).map(({ code }) => code)).to.include("INVALIDATION_WRONG");
    const other = tampered(history, "RoundInvalidated", 3, to({ reason: "no-proposal" }));
    expect(foundIn(other).map(({ code }) => code)).to.include("INVALIDATION_WRONG");
    const unstruck = tampered(history, "Challenged", 2, () => undefined);
    expect(foundIn(unstruck).map(({ code }) => code)).to.include("INVALIDATION_WRONG");
  });

  it("finds the same in a task that is not pipelined", async () => {
    const history = await buildHistory({ ...pipelined, rules: {}, scripts: { 1: { overlap: "attested" } } });
    expect(foundIn(history).map(({ code }) => code)).to.include("PHASE_ORDER");
  });
});

describe("the audit of words and demands", () => {
  const holders: HistoryOptions = { members: 5, inputs: 299, rules: { minUpdates: 4, holders: 2 } };

  it("accepts what too few hold as left out, by time alone", async () => {
    const history = await buildHistory({ ...holders, scripts: { 2: { exclude: [1], end: "unchallenged" } } });
    const report = await auditOf(history);
    expect(report.findings).to.deep.equal([]);
    expect(report.rounds[1]!.updates[1]).to.include({ excluded: true, status: "valid" });
  });

  it("finds words of too few, of strangers, twice, in another order, and none at all", async () => {
    const codesOf = async (script: NonNullable<HistoryOptions["scripts"]>[number]) => {
      const history = await buildHistory({ ...holders, scripts: { 2: { exclude: [1], ...script } } });
      return foundIn(history).map(({ code }) => code);
    };
    expect(await codesOf({ words: (honest) => honest.slice(0, 3) })).to.deep.equal(["EXCLUSION_INVALID"]);
    expect(await codesOf({ words: (honest) => honest.slice(0, 1) })).to.include("AVAILABILITY_WRONG");
    expect(await codesOf({ words: ([a, b, ...rest]) => [b!, a!, ...rest] })).to.include("AVAILABILITY_WRONG");
    expect(await codesOf({ words: ([a, ...rest]) => [a!, a!, ...rest] })).to.include("AVAILABILITY_WRONG");
    expect(await codesOf({ words: () => [] })).to.include.members(["AVAILABILITY_WRONG", "EXCLUSION_INVALID"]);
    const all = { ...holders, scripts: { 2: { exclude: [1] } } };
    const { recoverSigner: _, ...unable } = await buildHistory(all);
    expect((await auditOf(unable)).exitCode).to.equal(4);
    expect((await auditOf(await buildHistory({ ...all, detail: false }))).exitCode).to.equal(4);
  });

  it("accepts a strike for silence, and the update that was not shown left out for it", async () => {
    const options: HistoryOptions = { inputs: 299, scripts: { 2: { demand: "unanswered", end: "unchallenged" } } };
    const report = await auditOf(await buildHistory(options));
    expect(report.findings).to.deep.equal([]);
    expect(report.rounds[1]!.superseded[0]!.challenge!.kind).to.equal("withheld");
  });

  it("finds an answer that is another's, a demand that was due, and a final model with one open", async () => {
    const history = await buildHistory({ inputs: 299, scripts: { 2: { demand: "answered", end: "unchallenged" } } });
    expect(foundIn(history)).to.deep.equal([]);
    const nodes = Array(8).fill(`0x${"77".repeat(32)}`);
    expect(foundIn(tampered(history, "NodesShown", 2, to({ nodes }))).map(({ code }) => code)).to.deep.equal([
      "DEMAND_WRONG",
    ]);
    const unanswered = foundIn(tampered(history, "NodesShown", 2, () => undefined)).map(({ code }) => code);
    expect(unanswered).to.deep.equal(["DEMAND_WRONG"]);
  });
});
