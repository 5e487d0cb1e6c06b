import { expect } from "chai";
import type { RoundView } from "../../../../node/core/record/task-view.ts";
import { hasBudget, surveyOf } from "../../../../node/rounds/steps/survey.ts";
import { surveyedAt } from "../../../support/states/machine-states.ts";
import {
  acceptedRound,
  accounts,
  commitmentOf,
  hashOf,
  headAt,
  proposedRound,
  roundOf,
  rules,
  viewOf,
} from "../../../support/states/round-states.ts";

const { a, b } = accounts;

/** A round accepted long ago, or lately. */
function accepted(round: number, provableUntilS: number, changes: Partial<RoundView> = {}): RoundView {
  const commitments = [0, 1].map((slot) => commitmentOf(slot, round));
  return acceptedRound({
    round,
    commitments,
    result: { modelRoot: hashOf(50), attesters: [], provableUntilS },
    ...changes,
  });
}

const ended = (round: number) => roundOf({ round, phase: "invalid", invalidReason: "too-few-updates" });
const rounds = [accepted(1, 100), ended(2), accepted(3, 300), ended(4), proposedRound(0n, { round: 5 })];
const numbers = (views: readonly RoundView[]) => views.map(({ round }) => round);

describe("what a look tells of all rounds", () => {
  it("keeps those apart that are over: ended, and neither they nor any before them provable", () => {
    const at = (atS: number) => numbers(surveyOf(viewOf(rounds), headAt(atS), a).live);
    expect(at(100)).to.deep.equal([1, 2, 3, 4, 5]);
    expect(at(101)).to.deep.equal([3, 4, 5]);
    expect(at(301)).to.deep.equal([5]);
    const last = surveyOf(viewOf([accepted(1, 100)]), headAt(101), a);
    expect(numbers(last.live), "the newest is never left out").to.deep.equal([1]);
  });

  it("is the same whether it goes on from an earlier look or begins anew", () => {
    const view = (count: number) => viewOf(rounds.slice(0, count), { rules: { ...rules, roundsPerParticipant: 3 } });
    let survey = surveyOf(view(1), headAt(90), a);
    for (const [count, atS] of [
      [3, 101],
      [4, 250],
      [5, 301],
    ] as const) {
      survey = surveyOf(view(count), headAt(atS), a, survey);
      expect(survey, `${count}`).to.deep.equal(surveyOf(view(count), headAt(atS), a));
    }
    expect(survey.over.count).to.equal(4);
  });

  it("begins anew where a reorganisation replaced what was over, and where time went back", () => {
    const known = surveyOf(viewOf(rounds), headAt(301), a);
    const other = rounds.map((round) => ({ ...round, commitments: [] }));
    expect(surveyOf(viewOf(other), headAt(301), a, known).firstOwn).to.equal(undefined);
    expect(surveyOf(viewOf(rounds.slice(0, 2)), headAt(301), a, known).over.count).to.equal(1);
    expect(numbers(surveyOf(viewOf(rounds), headAt(250), a, known).live)).to.deep.equal([3, 4, 5]);
  });

  it("counts what each account has spent of its budget", () => {
    const budget = (roundsPerParticipant: number, mode: "transparent" | "masked" = "transparent") =>
      surveyedAt(viewOf(rounds, { rules: { ...rules, mode, roundsPerParticipant } }), 301);
    expect(hasBudget(budget(0), a)).to.equal(true);
    expect(hasBudget(budget(3), a)).to.equal(false);
    expect(hasBudget(budget(4), a)).to.equal(true);
    expect(hasBudget(budget(1), b.toUpperCase().replace("0X", "0x") as typeof b)).to.equal(false);
    expect(hasBudget(budget(2), accounts.c)).to.equal(true);
    const open = ended(6);
    const unfrozen = { ...open, commitments: [commitmentOf(0, 6)] };
    const seen = (mode: "transparent" | "masked") =>
      surveyedAt(viewOf([unfrozen], { rules: { ...rules, mode, roundsPerParticipant: 1 } }), 301);
    expect([hasBudget(seen("transparent"), a), hasBudget(seen("masked"), a)]).to.deep.equal([false, true]);
  });

  it("knows this account's first round and the proofs that were its own, and the two latest accepted rounds", () => {
    const strike = { attempt: 0, aggregator: accounts.x, kind: "wrong-chunk" as const, index: 0, hash: hashOf(1) };
    const struck = accepted(6, 300, { struck: [{ ...strike, prover: b }] });
    const view = viewOf([...rounds.slice(1, 4), accepted(7, 400, { void: true }), struck, ended(8)]);
    const { firstOwn, proven, latest } = surveyOf(view, headAt(301), b);
    expect([firstOwn, proven, numbers(latest)]).to.deep.equal([3, 1, [3, 6]]);
    expect(surveyOf(view, headAt(301), accounts.d).firstOwn).to.equal(undefined);
  });
});
