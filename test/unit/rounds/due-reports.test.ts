import { expect } from "chai";
import type { RoundView, TaskView } from "../../../node/core/task-view.ts";
import { dueReports, isMyTurnToReport, noteReports, type UpdateFault } from "../../../node/rounds/due-reports.ts";
import { initialRoundState, reduceRound } from "../../../node/rounds/round-state.ts";
import { addCommitment, noWords, type WordPool } from "../../../node/rounds/word-pool.ts";
import {
  accounts,
  aggregatingRound,
  commitmentOf,
  hashOf,
  headAt,
  proposedRound,
  roundOf,
  rules,
  viewOf,
} from "../../support/round-states.ts";
import { signedCommitmentOf } from "../../support/signed-words.ts";

const { a, b, d, x } = accounts;
const held = { ...rules, holders: 2 };
const finalRound = (excluded = 0n, changes: Partial<RoundView> = {}): RoundView => ({
  ...proposedRound(excluded),
  phase: "finalized",
  result: { modelRoot: hashOf(50), attesters: [], evaluations: [] },
  ...changes,
});
const pool = (...signed: ReturnType<typeof signedCommitmentOf>[]): WordPool =>
  signed.reduce((all, one) => addCommitment(all, one, 1), noWords);
const other = signedCommitmentOf(0, { updateRoot: hashOf(99) });
const invalid = { position: 3, chunkIndex: 1, update: { chunk: new Uint8Array(256), proof: [] } };
const fault: UpdateFault = { commitment: commitmentOf(3), invalid };

function due(view: TaskView, words: WordPool = noWords, faults: readonly UpdateFault[] = []) {
  return dueReports(view, words, faults).map(({ accused, call }) => [call.kind, accused, call.round]);
}

describe("what can be reported", () => {
  it("two different signed commitments of one account, at any time, and not the same one twice", () => {
    const two = pool(signedCommitmentOf(0), other);
    expect(due(viewOf([roundOf()]), two)).to.deep.equal([["reportEquivocation", a, 1]]);
    expect(due(viewOf([proposedRound()]), two)).to.deep.equal([["reportEquivocation", a, 1]]);
    const later = [1, 2, 3, 4].map((round) => roundOf({ round, phase: "finalized" }));
    expect(due(viewOf(later), two), "long after").to.deep.equal([["reportEquivocation", a, 1]]);
    const [report] = dueReports(viewOf([roundOf()]), two, []);
    expect(report?.call).to.deep.include({ taskId: 1, one: signedCommitmentOf(0), other });
    expect(due(viewOf([roundOf()]), pool(signedCommitmentOf(0), signedCommitmentOf(0)))).to.deep.equal([]);
    const bases = pool(
      signedCommitmentOf(0),
      signedCommitmentOf(0, { baseModelRoot: hashOf(8), updateRoot: hashOf(99) }),
    );
    expect(due(viewOf([roundOf()]), bases), "for another base model").to.deep.equal([]);
  });

  it("a signed commitment other than the one on record, once the round is closed", () => {
    const open = roundOf({ commitments: [commitmentOf(0)] });
    expect(due(viewOf([open]), pool(other))).to.deep.equal([]);
    const closed = viewOf([aggregatingRound([1, 0])]);
    expect(due(closed, pool(other))).to.deep.equal([["reportDoubleCommitment", a, 1]]);
    const [report] = dueReports(closed, pool(other), []);
    expect(report?.call).to.deep.include({ position: 1, commitments: closed.rounds[0]!.commitments, signed: other });
    expect(due(closed, pool(signedCommitmentOf(0)))).to.deep.equal([]);
    expect(due(viewOf([aggregatingRound([1, 2])]), pool(other)), "nothing was made").to.deep.equal([]);
  });

  it("an update beyond the clip, once the round is closed, where it stands among the commitments", () => {
    const open = roundOf({ commitments: [commitmentOf(3)] });
    expect(due(viewOf([open]), noWords, [fault])).to.deep.equal([]);
    const closed = viewOf([aggregatingRound([3, 0])]);
    expect(due(closed, noWords, [fault])).to.deep.equal([["reportUpdate", d, 1]]);
    const [report] = dueReports(closed, noWords, [fault]);
    expect(report?.call).to.deep.include({ invalid: { ...invalid, position: 0 } });
    const reorganised = aggregatingRound([], { commitments: [{ ...commitmentOf(3), updateRoot: hashOf(98) }] });
    expect(due(viewOf([reorganised]), noWords, [fault])).to.deep.equal([]);
  });

  it("an update that a final proposal left out for a reason that the contract checked", () => {
    expect(due(viewOf([finalRound(0b10n)], { rules: held }))).to.deep.equal([["reportWithheld", b, 1]]);
    expect(due(viewOf([proposedRound(0b10n)], { rules: held })), "it may still be struck").to.deep.equal([]);
    expect(due(viewOf([finalRound(0b10n)])), "by a quorum alone").to.deep.equal([]);
    expect(due(viewOf([finalRound(0b10n, { withheld: 0b10n })]))).to.deep.equal([["reportWithheld", b, 1]]);
    expect(due(viewOf([finalRound(0b11n, { withheld: 0b10n })]))).to.deep.equal([]);
    expect(due(viewOf([finalRound()], { rules: held }))).to.deep.equal([]);
  });

  it("only of accounts that answer, once each", () => {
    const two = pool(signedCommitmentOf(3), signedCommitmentOf(3, { weight: 9 }));
    const closed = viewOf([aggregatingRound()]);
    expect(due(closed, two, [fault])).to.deep.equal([["reportEquivocation", d, 1]]);
    const misconduct = [{ round: 1, participant: d, reporter: x, kind: "equivocation" }] as const;
    expect(due({ ...closed, misconduct }, two, [fault])).to.deep.equal([]);
    expect(due({ ...closed, enrolled: closed.enrolled.slice(0, 3) }, two, [fault])).to.deep.equal([]);
  });

  it("only while no opening can write over the round's record", () => {
    const first = finalRound(0b10n);
    const seen = (...later: RoundView[]) => due(viewOf([first, ...later], { rules: held }));
    expect(seen(roundOf({ round: 2 }))).to.have.length(1);
    expect(seen(roundOf({ round: 2, phase: "invalidated" })), "round 3 may open").to.have.length(0);
    expect(seen(roundOf({ round: 2 }), roundOf({ round: 3 }))).to.have.length(0);
    const last = viewOf([first, roundOf({ round: 2, phase: "invalidated" })], { rules: { ...held, rounds: 2 } });
    expect(due(last), "there is no round 3").to.have.length(1);
  });
});

describe("whose turn it is to report", () => {
  const view = viewOf([roundOf()]);
  const two = pool(signedCommitmentOf(0), other);
  const report = (sinceS: number) => ({ ...dueReports(view, two, [])[0]!, sinceS });
  const isTurn = (me: `0x${string}`, atS: number) =>
    isMyTurnToReport(report(100), me, { view, head: headAt(atS) }, { patienceS: 5 });

  it("a watcher's at once, then the participants' one after another, never the accused's", () => {
    expect(isTurn(`0x${"77".repeat(20)}`, 100)).to.equal(true);
    const turns = [accounts.b, accounts.c, accounts.d].map((account) => {
      let atS = 100;
      while (!isTurn(account, atS)) atS++;
      return atS;
    });
    expect(new Set(turns).size).to.equal(3);
    expect(Math.min(...turns)).to.be.at.least(105);
    expect(Math.max(...turns)).to.be.at.most(120);
    expect(isTurn(a, 10_000)).to.equal(false);
  });

  it("is counted from the moment that the report was first due", () => {
    const all = dueReports(view, two, []);
    const first = noteReports([], all, headAt(100));
    expect(noteReports(first, all, headAt(130))[0]?.sinceS).to.equal(100);
    expect(noteReports([], all, headAt(130))[0]?.sinceS).to.equal(130);
    expect(noteReports(first, [], headAt(130))).to.deep.equal([]);
  });

  it("ends when somebody's report is on the chain", () => {
    const start = initialRoundState(x, "aggregator", { graceS: 0 });
    const heard = [signedCommitmentOf(0), other].reduce(
      (state, signed) => reduceRound(state, { kind: "commitment", signed }),
      reduceRound(start, { kind: "looked", view, head: headAt(100) }),
    );
    expect(heard.reports).to.have.length(1);
    const misconduct = [{ round: 1, participant: a, reporter: b, kind: "equivocation" }] as const;
    const after = reduceRound(heard, { kind: "looked", view: { ...view, misconduct }, head: headAt(101) });
    expect(after.reports).to.deep.equal([]);
  });
});
