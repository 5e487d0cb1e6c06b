import { expect } from "chai";
import { buildReceipt, renderReport, verifyReceipt } from "../../../node/audit/index.ts";
import { auditOf } from "../../support/history/audit-of.ts";
import {
  accountOf,
  buildHistory,
  type HistoryOptions,
  type RoundScript,
} from "../../support/history/history-builder.ts";
import { prover } from "../../support/history/history-strikes.ts";
import { foundIn, proposing, ruling, tampered, to } from "../../support/history/tamper.ts";

const gweiOfEther = 10 ** 9;
const bonds = { aggregatorBondGwei: gweiOfEther, participantBondGwei: 2 * gweiOfEther };
const wrongModel = (honest: Int32Array) => honest.with(200, honest[200]! + 1);
/** Round 2's first proposal is struck while it stands. */
const standing: HistoryOptions = {
  ...{ inputs: 299, aggregators: 4, rules: { aggregatorBondGwei: gweiOfEther, attempts: 3 } },
  scripts: { 2: { struckProposal: "wrong" } },
};
/**
 * Round 2 is wrong, and accepted by four of seven; round 3 goes on from it; while round 4 is in flight, both are rolled
 * back.
 */
const rolledBack = (fourth: RoundScript = {}): HistoryOptions => ({
  ...{ members: 7, rounds: 6, inputs: 299, aggregators: 4, rules: { ...bonds, rounds: 4 } },
  scripts: {
    2: { model: wrongModel, attesters: (all) => all.slice(0, 4) },
    4: { end: "proposed", commits: 6, strike: { round: 2, kind: "wrong-chunk" }, ...fourth },
  },
});
const codesOf = (findings: readonly { readonly code: string }[]) => findings.map(({ code }) => code);

describe("the audit of a proposal that was struck while it stood", () => {
  it("is clean, and shows the lost proposal with its proof", async () => {
    const history = await buildHistory(standing);
    const report = await auditOf(history);
    expect(report.findings).to.deep.equal([]);
    expect(report.exitCode).to.equal(0);
    const [lost] = report.rounds[1]!.superseded;
    expect(lost).to.deep.include({ attempt: 0, right: false, strike: { prover, kind: "wrong-chunk", index: 3 } });
    expect(report.rounds[1]!.aggregator).not.to.equal(lost!.aggregator);
    expect(report.expelled).to.have.length(1);
    expect(report.expelled[0]).to.deep.include({
      ...{ round: 2, account: lost!.aggregator, kind: "wrong-chunk", prover, struck: true, amountWei: 10n ** 18n },
    });
  });

  it("does not need its events' times", async () => {
    const report = await auditOf(await buildHistory({ ...standing, detail: false }));
    expect(report.findings).to.deep.equal([]);
  });

  it("accepts a round that ends because nobody was left, or no attempt", async () => {
    for (const [aggregators, attempts, reason] of [
      [1, 3, "no-aggregator"],
      [4, 1, "proven-wrong"],
    ] as const) {
      const rules = { ...standing.rules, attempts };
      const report = await auditOf(await buildHistory({ ...standing, rounds: 2, aggregators, rules }));
      expect(report.findings).to.deep.equal([]);
      expect(report.rounds[1]).to.include({ verdict: "invalid", reason });
      expect(report.rounds[1]!.superseded[0]!.right, "recomputed though the round has no result").to.equal(false);
    }
  });

  it("finds a strike against a right model, in a round that has a result and in one that has none", async () => {
    for (const attempts of [3, 1]) {
      const rules = { ...standing.rules, attempts };
      const history = await buildHistory({ ...standing, rules, scripts: { 2: { struckProposal: "right" } } });
      const report = await auditOf(history);
      expect(report.findings.map(({ code, party, chunk }) => [code, party, chunk])).to.deep.equal([
        ["STRIKE_WRONG", prover, 3],
      ]);
      expect(report.exitCode).to.equal(3);
    }
  });

  it("finds a strike against somebody else, one out of place, and one after which nothing follows", async () => {
    const history = await buildHistory(standing);
    const other = tampered(history, "Struck", 2, to({ aggregator: accountOf("stranger") }));
    expect(codesOf(foundIn(other))).to.include.members(["STRIKE_WRONG", "EXPULSION_WRONG"]);
    const early = tampered(history, "Proposed", 2, () => undefined);
    expect(codesOf(foundIn(early))).to.include.members(["STRIKE_WRONG"]);
    const stuck = tampered(history, "AggregatorAssigned", 2, () => undefined, 1);
    expect(codesOf(foundIn(stuck))).to.include("INVALIDATION_WRONG");
  });

  it("holds a wrong weight against nobody once it was struck for it, and against the liar when it was not", async () => {
    const history = await buildHistory({
      ...standing,
      scripts: { 2: { struckProposal: "wrong", proof: { kind: "wrong-weight", index: 0 } } },
    });
    expect(codesOf(foundIn(history)), "the weight is right").to.deep.equal(["STRIKE_WRONG"]);
    const lied = tampered(history, "Proposed", 2, proposing({ totalWeight: 1n }));
    // that it is another proposal, the head tells; nothing is held against its weight
    expect(codesOf(foundIn(lied))).to.deep.equal(["HISTORY_HEAD_WRONG"]);
    const chunk = tampered(await buildHistory(standing), "Proposed", 2, proposing({ totalWeight: 1n }));
    const liar = history.events.find((event) => event.name === "Proposed" && event.round === 2);
    const told = foundIn(chunk).map(({ code, party }) => [code, party]);
    expect(told.slice(0, 1)).to.deep.equal([
      ["TOTAL_WEIGHT_WRONG", liar?.name === "Proposed" && liar.proposal.aggregator],
    ]);
  });

  it("finds bonds that are taken, kept or divided otherwise", async () => {
    const history = await buildHistory(standing);
    const codes = (...change: Parameters<typeof tampered> extends [unknown, ...infer Rest] ? Rest : never) =>
      codesOf(foundIn(tampered(history, ...change)));
    expect(codes("TaskCreated", 0, ruling({ aggregatorBondGwei: 2 * gweiOfEther }))).to.include("HISTORY_HEAD_WRONG");
    for (const changed of [{ amountWei: 1n }, { account: accountOf("x") }]) {
      expect(codes("MemberExpelled", 2, to(changed)), Object.keys(changed)[0]).to.include("BOND_WRONG");
    }
    expect(codes("MemberExpelled", 2, () => undefined)).to.include("BOND_WRONG");
    const less = tampered(history, "MemberExpelled", 2, to({ amountWei: 1n }));
    const divided = tampered(less, "Rewarded", 2, to({ rewardWei: 0n, burntWei: 1n }));
    expect(codesOf(foundIn(divided)), "less, and divided as if it were all").to.deep.equal(["BOND_WRONG"]);
    for (const changed of [{ rewardWei: 1n }, { burntWei: 1n }, { prover: accountOf("x") }]) {
      expect(codes("Rewarded", 2, to(changed)), Object.keys(changed)[0]).to.deep.equal(["BOND_WRONG"]);
    }
    expect(codes("Rewarded", 2, () => undefined)).to.include("BOND_WRONG");
  });
});

describe("the audit of an accepted round that was struck", () => {
  it("is clean: the rounds from it on are void, the one in flight is invalid, and training goes on from before", async () => {
    const history = await buildHistory(rolledBack());
    const report = await auditOf(history);
    expect(report.findings).to.deep.equal([]);
    expect(report.exitCode).to.equal(0);
    expect(report.rounds.map(({ verdict, right }) => [verdict, right])).to.deep.equal([
      ["verified", true],
      ["void", false],
      ["void", true],
      ["invalid", undefined],
      ["verified", true],
      ["verified", true],
    ]);
    expect(report.rounds[1]!.strike).to.deep.equal({ prover, kind: "wrong-chunk", index: 3 });
    expect(report.rounds[3]!.reason).to.equal("rolled-back");
    expect(report.rounds[4]!.baseModelRoot).to.equal(report.rounds[0]!.modelRoot);
    expect(report.totals).to.include({ accepted: 3, void: 2, invalid: 1 });
    expect(report.complete).to.equal(false);
    expect(report.finalModelRoot).to.equal(report.rounds[5]!.modelRoot);
    // the proposer and four signers of seven
    expect(report.expelled.map(({ amountWei }) => amountWei)).to.deep.equal([
      10n ** 18n,
      ...Array(4).fill(2n * 10n ** 18n),
    ]);
    expect(report.rounds[4]!.drawn).to.have.members(history.members.slice(4));
  });

  it("is clean where nothing is in flight, where the bytes of void rounds are gone, and without times", async () => {
    for (const end of ["accepted", "open", "aggregating"] as const) {
      const report = await auditOf(await buildHistory({ ...rolledBack({ end }), detail: false }));
      expect(report.findings, end).to.deep.equal([]);
    }
    const history = await buildHistory(rolledBack());
    for (const event of history.events) {
      if (event.name === "Committed" && event.round === 2) history.store.blobs.delete(event.contentId);
    }
    const report = await auditOf(history);
    expect(report.findings).to.deep.equal([]);
    expect(report.rounds[1]!.right).to.equal(undefined);
  });

  it("is clean for one that was void already: only bonds are taken", async () => {
    const options = rolledBack();
    const history = await buildHistory({
      ...options,
      scripts: { ...options.scripts, 3: { model: wrongModel }, 5: { strike: { round: 3, kind: "wrong-chunk" } } },
      rounds: 5,
    });
    const report = await auditOf(history);
    expect(report.findings).to.deep.equal([]);
    expect(report.rounds[2]!.strike?.kind).to.equal("wrong-chunk");
    expect(report.rounds[4]!.verdict, "the round that came after the roll-back stands").to.equal("verified");
  });

  it("expels the one whose update made it wrong, and says so", async () => {
    const history = await buildHistory({
      ...{ members: 5, rounds: 2, aggregators: 2, rules: bonds },
      scripts: {
        2: {
          update: (member, honest) => (member === 4 ? honest.fill(100_001) : honest),
          attesters: (all) => all.slice(0, 3),
          strike: { round: 2, kind: "invalid-update", offender: 4 },
        },
      },
    });
    const report = await auditOf(history);
    expect(report.findings).to.deep.equal([]);
    expect(report.rounds[1]!.verdict).to.equal("void");
    expect(report.expelled.at(-1)!.account).to.equal(history.members[4]);
    const page = renderReport(report, { chartScript: "", chartStyle: "", command: "" });
    expect(page).to.include("Expelled").and.include("2,000,000,000");
  });

  it("finds a strike of a right round, of valid updates, and of one past its window", async () => {
    const few: RoundScript = { attesters: (all) => all.slice(0, 4) };
    const right = rolledBack();
    const history = await buildHistory({ ...right, scripts: { ...right.scripts, 2: few } });
    const { findings } = await auditOf(history);
    expect(findings.map(({ code, round, party }) => [code, round, party])).to.deep.equal([["STRIKE_WRONG", 2, prover]]);
    const updates = rolledBack({ strike: { round: 2, kind: "invalid-update", offender: 5 } });
    const valid = await auditOf(await buildHistory({ ...updates, scripts: { ...updates.scripts, 2: few } }));
    expect(codesOf(valid.findings)).to.include("STRIKE_WRONG");
    const wrong = await buildHistory(rolledBack());
    const struck = wrong.events.find((event) => event.name === "Struck")!;
    const late = tampered(wrong, "Struck", 2, to({ timestampS: struck.timestampS! + 3600 }));
    expect(codesOf(foundIn(late))).to.include("STRIKE_WRONG");
  });

  it("finds a roll-back of other rounds, to another model, none at all, and one for nothing", async () => {
    const history = await buildHistory(rolledBack());
    for (const change of [{ firstRound: 1 }, { lastRound: 3 }, { modelRoot: history.storedState.historyHead }]) {
      const codes = codesOf(foundIn(tampered(history, "RolledBack", 2, to(change))));
      expect(codes, Object.keys(change)[0]).to.include("ROLL_BACK_WRONG");
    }
    expect(codesOf(foundIn(tampered(history, "RolledBack", 2, () => undefined)))).to.include("ROLL_BACK_WRONG");
    const again = history.events.find(({ name }) => name === "RolledBack")!;
    expect(codesOf(foundIn({ ...history, events: [...history.events, again] }))).to.include("ROLL_BACK_WRONG");
  });

  it("finds a signer that kept its place, an honest one that lost it, and an attestation by an expelled one", async () => {
    const history = await buildHistory(rolledBack());
    expect(codesOf(foundIn(tampered(history, "MemberExpelled", 2, () => undefined, 2)))).to.include("BOND_WRONG");
    const honest = tampered(history, "MemberExpelled", 2, to({ account: history.members[5] }), 2);
    expect(codesOf(foundIn(honest))).to.include("EXPULSION_WRONG");
  });

  it("leaves receipts that say what became of an update", async () => {
    const history = await buildHistory(rolledBack());
    const { chainId, federation, storedState, members } = history;
    const trusted = { chainId, federation, taskId: 1, historyHead: storedState.historyHead };
    for (const [round, included, isVoid] of [
      [1, true, false],
      [2, false, true],
      [3, false, true],
      [4, false, true],
      [5, true, false],
    ] as const) {
      const receipt = buildReceipt({ ...history, round, participant: members[5]! });
      expect(verifyReceipt(JSON.parse(JSON.stringify(receipt)), trusted)).to.include({ valid: true, included, isVoid });
    }
  });
});

describe("the audit of accounts that were expelled apart from any proposal", () => {
  const invalid: HistoryOptions = {
    ...{ members: 5, rules: bonds },
    scripts: {
      2: {
        update: (member, honest) => (member === 3 ? honest.fill(100_001) : honest),
        exclude: [3],
        expel: { member: 3, kind: "invalid-update" },
      },
    },
  };

  it("tells who broke the rules, when, and what it cost, and finds nothing wrong in it", async () => {
    const history = await buildHistory(invalid);
    const report = await auditOf(history);
    expect(report.findings).to.deep.equal([]);
    expect(report.expelled).to.have.length(1);
    expect(report.expelled[0]).to.deep.include({
      ...{ round: 2, account: history.members[3], kind: "invalid-update", prover, struck: false },
      amountWei: 2n * 10n ** 18n,
    });
    expect(report.rounds[1]!.attesters).not.to.include(history.members[3]);
    expect(report.rounds[2]!.drawn).not.to.include(history.members[3]);
  });

  it("takes one that signed two words, in a task without bonds, too", async () => {
    const scripts = { 2: { expel: { member: 1, kind: "equivocation" } } } as const;
    for (const rules of [bonds, {}]) {
      const report = await auditOf(await buildHistory({ members: 5, rules, scripts }));
      expect(report.findings).to.deep.equal([]);
      expect(report.expelled[0]!.kind).to.equal("equivocation");
    }
  });

  it("finds one with a valid update, a stranger, one twice, and an expelled one that attests or comes back", async () => {
    const valid = await buildHistory({ ...invalid, scripts: { 2: { expel: { member: 3, kind: "invalid-update" } } } });
    const { findings } = await auditOf(valid);
    expect(findings.map(({ code, party }) => [code, party])).to.deep.equal([["EXPULSION_WRONG", valid.members[3]]]);
    const history = await buildHistory(invalid);
    const codes = (change: object) => codesOf(foundIn(tampered(history, "MemberExpelled", 2, to(change))));
    expect(codes({ account: accountOf("stranger") })).to.include("EXPULSION_WRONG");
    expect(codes({ kind: "wrong-chunk" })).to.include("EXPULSION_WRONG");
    const expelled = history.events.find(({ name }) => name === "MemberExpelled")!;
    const twice = history.events.flatMap((event) => (event === expelled ? [event, event] : [event]));
    expect(codesOf(foundIn({ ...history, events: twice }))).to.include("EXPULSION_WRONG");
    const signs = await buildHistory({
      ...invalid,
      scripts: { 2: { ...invalid.scripts![2], attesters: () => history.members.slice(1, 4) } },
    });
    expect(foundIn(signs).map(({ code, party }) => [code, party])).to.deep.include([
      ...["ATTESTER_WRONG", history.members[3]],
    ]);
    const enrolled = history.events.findLast((event) => event.name === "Enrolled")!;
    const back = { ...enrolled, participant: history.members[3], index: 4 } as typeof enrolled;
    const came = foundIn({ ...history, events: [...history.events, back] });
    expect(came.some(({ code, message }) => code === "PARTICIPANT_NOT_ENROLLED" && /expelled/.test(message))).to.equal(
      true,
    );
  });
});
