import { expect } from "chai";
import { buildReceipt, verifyReceipt } from "../../../node/audit/index.ts";
import { auditOf } from "../../support/audit-of.ts";
import { accountOf, buildHistory, type HistoryOptions } from "../../support/history-builder.ts";
import { foundIn, proposing, ruling, tampered, to } from "../../support/tamper.ts";

const refuted: HistoryOptions = {
  inputs: 299,
  rules: { aggregatorBondGwei: 10 ** 9 },
  scripts: { 2: { refutedProposal: "wrong" } },
};

describe("the audit of a round whose first proposal was proven wrong", () => {
  it("is clean, and shows the lost proposal with its challenge", async () => {
    const history = await buildHistory(refuted);
    const report = await auditOf(history);
    expect(report.findings).to.deep.equal([]);
    expect(report.exitCode).to.equal(0);
    const [lost] = report.rounds[1]!.superseded;
    expect(lost).to.deep.include({
      attempt: 0,
      aggregator: history.aggregators[0],
      right: false,
      challenge: { challenger: history.members[1], kind: "wrong-chunk", chunkIndex: 3 },
    });
    expect(report.rounds[1]!.aggregator).to.equal(history.aggregators[1]);
    expect(report.rounds[0]!.superseded).to.deep.equal([]);
  });

  it("does not need its events' times", async () => {
    const report = await auditOf(await buildHistory({ ...refuted, detail: false }));
    expect(report.findings).to.deep.equal([]);
  });

  it("accepts a round that ends because nobody was left, with attempts to spare", async () => {
    const script = { refutedProposal: "wrong", end: "challenge-won" } as const;
    const history = await buildHistory({
      ...refuted,
      rules: { attempts: 5, aggregatorBondGwei: 10 ** 9 },
      scripts: { 2: script },
    });
    const report = await auditOf(history);
    expect(report.findings).to.deep.equal([]);
    expect(report.rounds.map(({ verdict }) => verdict)).to.deep.equal(["verified", "invalidated", "verified"]);
    expect(report.rounds[1]!.superseded[0]!.challenge?.kind).to.equal("wrong-chunk");
  });

  it("finds a challenge that was won against a right model", async () => {
    const history = await buildHistory({ ...refuted, scripts: { 2: { refutedProposal: "right" } } });
    const report = await auditOf(history);
    expect(report.findings.map(({ code, party, chunk }) => [code, party, chunk])).to.deep.equal([
      ["CHALLENGE_WRONG", history.members[1], 3],
    ]);
    expect(report.exitCode).to.equal(3);
  });

  it("finds a challenge against somebody else, and one out of place", async () => {
    const history = await buildHistory(refuted);
    const other = tampered(history, "Challenged", 2, to({ aggregator: accountOf("stranger") }));
    expect(foundIn(other).map(({ code }) => code)).to.deep.equal(["CHALLENGE_WRONG", "BOND_WRONG", "BOND_WRONG"]);
    const early = tampered(history, "Proposed", 2, () => undefined);
    expect(foundIn(early).map(({ code }) => code)).to.deep.equal(["PHASE_ORDER", "CHALLENGE_WRONG"]);
  });

  it("holds a wrong weight against nobody once it was struck for it, and against the liar when it was not", async () => {
    const history = await buildHistory(refuted);
    const lied = tampered(history, "Proposed", 2, proposing({ totalWeight: 1n }));
    const liar = history.aggregators[0];
    expect(foundIn(lied).map(({ code, party }) => [code, party])).to.deep.equal([["TOTAL_WEIGHT_WRONG", liar]]);
    const struck = tampered(lied, "Challenged", 2, to({ kind: "wrong-weight", chunkIndex: 0 }));
    expect(foundIn(struck)).to.deep.equal([]);
    expect((await auditOf(struck)).exitCode).to.equal(0);
  });

  it("finds a challenge that was won against a right weight", async () => {
    const history = await buildHistory(refuted);
    const other = tampered(history, "Challenged", 2, to({ kind: "wrong-weight", chunkIndex: 0 }));
    expect(foundIn(other).map(({ code, party }) => [code, party])).to.deep.equal([
      ["CHALLENGE_WRONG", history.members[1]],
    ]);
  });

  it("finds another reason for the end", async () => {
    const script = { refutedProposal: "wrong", end: "challenge-won" } as const;
    const history = await buildHistory({ ...refuted, scripts: { 2: script } });
    const other = tampered(history, "RoundInvalidated", 2, to({ reason: "no-proposal" }));
    expect(foundIn(other).map(({ code }) => code)).to.deep.equal(["INVALIDATION_WRONG", "HISTORY_HEAD_WRONG"]);
  });

  it("finds another bond, which the rules' hash binds, and a bond taken, kept or given back otherwise", async () => {
    const history = await buildHistory(refuted);
    const codes = (...change: Parameters<typeof tampered> extends [unknown, ...infer Rest] ? Rest : never) =>
      foundIn(tampered(history, ...change)).map(({ code }) => code);
    expect(codes("TaskCreated", 0, ruling({ aggregatorBondGwei: 2 * 10 ** 9 }))).to.include("HISTORY_HEAD_WRONG");
    expect(codes("Slashed", 2, () => undefined)).to.include("BOND_WRONG");
    for (const changed of [
      { amountWei: 1n },
      { rewardWei: 1n },
      { challenger: accountOf("x") },
      { account: accountOf("x") },
    ]) {
      expect(codes("Slashed", 2, to(changed)), Object.keys(changed)[0]).to.include("BOND_WRONG");
    }
    for (const name of ["BondLocked", "BondReleased"] as const) {
      for (const changed of [{ amountWei: 1n }, { account: accountOf("x") }, { round: 1 }]) {
        expect(codes(name, 2, to(changed)), `${name} ${Object.keys(changed)[0]}`).to.include("BOND_WRONG");
      }
      expect(codes(name, 2, () => undefined)).to.include("BOND_WRONG");
    }
  });

  it("proves an update of such a round to anyone", async () => {
    const history = await buildHistory(refuted);
    const { chainId, federation, events, members, storedState } = history;
    const receipt = buildReceipt({ chainId, federation, events, round: 2, participant: members[2]! });
    const trusted = { chainId, federation, taskId: 1, historyHead: storedState.historyHead };
    expect(verifyReceipt(JSON.parse(JSON.stringify(receipt)), trusted)).to.include({ valid: true, included: true });
  });
});
