import { expect } from "chai";
import type { RoundView, TaskView } from "../../../../node/core/record/task-view.ts";
import type { SignedCommitment } from "../../../../node/core/records.ts";
import { emptyCourt, reduceCourt, type UpdateFault } from "../../../../node/rounds/court/court-state.ts";
import { accusedOf, dueProofs } from "../../../../node/rounds/court/due-proofs.ts";
import { addCommitment, noWords } from "../../../../node/rounds/words/word-pool.ts";
import { faultIn } from "../../../support/played/proofs-against.ts";
import { surveyedAt } from "../../../support/states/machine-states.ts";
import {
  acceptedRound,
  accounts,
  aggregatingRound,
  commitmentOf,
  hashOf,
  proposedRound,
  roundOf,
  viewOf,
} from "../../../support/states/round-states.ts";
import { signedCommitmentOf } from "../../../support/states/signed-words.ts";

const { a, b } = accounts;
const expelled = (account: `0x${string}`) => [{ round: 1, account, kind: "equivocation" as const, amountWei: 0n }];
const wordsOf = (...signed: SignedCommitment[]) => signed.reduce((pool, one) => addCommitment(pool, one, 100), noWords);
const twice = wordsOf(signedCommitmentOf(0), signedCommitmentOf(0, { weight: 11 }));

/** The proofs that are due, each as its kind, round and whether its evidence names a proposal. */
function due(view: TaskView, words = noWords, faults: readonly UpdateFault[] = [], atS = 205, me = accounts.x) {
  const court = faults.reduce((all, fault) => reduceCourt(all, { kind: "fault", fault }), emptyCourt);
  return dueProofs(surveyedAt(view, atS), { me, words, court });
}

describe("proofs that are due", () => {
  it("are of two words over one anchor, at any time, until their signer is expelled", () => {
    const open = viewOf([roundOf()]);
    const [proof] = due(open, twice);
    expect(proof?.call).to.deep.include({ kind: "proveEquivocation", round: 1, anchor: hashOf(70) });
    expect(proof && accusedOf(proof.call)).to.equal(a);
    expect(due(viewOf([roundOf()], { expelled: expelled(a) }), twice)).to.deep.equal([]);
    expect(due(viewOf([roundOf()], { expelled: expelled(b) }), twice)).to.have.length(1);
  });

  it("are none of words over two anchors: a reorganisation makes those", () => {
    const words = wordsOf(signedCommitmentOf(0), signedCommitmentOf(0, { weight: 11, anchor: hashOf(71) }));
    expect(due(viewOf([roundOf()]), words)).to.deep.equal([]);
  });

  it("are of one word signed and another commitment made, once the round is closed", () => {
    const words = wordsOf(signedCommitmentOf(1, { weight: 11 }));
    expect(due(viewOf([roundOf({ commitments: [commitmentOf(1)] })]), words)).to.deep.equal([]);
    const [proof] = due(viewOf([aggregatingRound()]), words);
    expect(proof?.call).to.deep.include({ kind: "proveDoubleCommitment", position: 1 });
    expect(due(viewOf([aggregatingRound()]), wordsOf(signedCommitmentOf(1)))).to.deep.equal([]);
    const over = aggregatingRound(undefined, { anchor: hashOf(71) });
    expect(due(viewOf([over]), words), "it is over another anchor").to.deep.equal([]);
  });

  it("are of an invalid update with what the record has of the round: its proposal, or its commitments alone", () => {
    const evidenceIn = (round: RoundView, atS = 205) => {
      const call = due(viewOf([round]), noWords, [faultIn(round, 2)], atS)[0]?.call;
      return call?.kind === "proveUpdate" ? call.evidence : undefined;
    };
    expect(evidenceIn(aggregatingRound())?.proposal).to.equal(undefined);
    expect(evidenceIn(proposedRound())?.proposal?.modelRoot).to.equal(hashOf(50));
    expect(evidenceIn(acceptedRound())?.attesters).to.have.length(3);
    expect(evidenceIn(acceptedRound(), 801), "past its window").to.equal(undefined);
    const ended = aggregatingRound(undefined, { phase: "invalid", invalidReason: "no-proposal" });
    expect(evidenceIn(ended)?.proposal).to.equal(undefined);
    const older = viewOf([ended, roundOf({ round: 2 })]);
    expect(due(older, noWords, [faultIn(ended, 2)]), "the record has another round").to.deep.equal([]);
  });

  it("are none of an update of another history, or of one whose owner was expelled", () => {
    const round = aggregatingRound();
    const other = aggregatingRound(undefined, { anchor: hashOf(71) });
    expect(due(viewOf([other]), noWords, [faultIn(round, 2)])).to.deep.equal([]);
    const gone = viewOf([round], { expelled: expelled(accounts.c) });
    expect(due(gone, noWords, [faultIn(round, 2)])).to.deep.equal([]);
  });

  it("are of the same bytes again where they were committed again: in a later round, or over another anchor", () => {
    const ended = aggregatingRound(undefined, { phase: "invalid", invalidReason: "no-proposal" });
    const again = aggregatingRound(undefined, { round: 2 });
    const reorganised = aggregatingRound(undefined, { anchor: hashOf(71) });
    expect(due(viewOf([ended, again]), noWords, [faultIn(ended, 2), faultIn(again, 2)])).to.have.length(1);
    expect(due(viewOf([reorganised]), noWords, [faultIn(ended, 2), faultIn(reorganised, 2)])).to.have.length(1);
    expect(due(viewOf([ended]), noWords, [faultIn(ended, 2), faultIn(ended, 2)]), "judged twice").to.have.length(1);
  });

  it("are none against the account itself, whose words hold no other proof back", () => {
    expect(due(viewOf([roundOf()]), twice, [], 205, a)).to.deep.equal([]);
    const second = aggregatingRound(undefined, { round: 2 });
    const view = viewOf([acceptedRound(), second]);
    const proofs = due(view, twice, [faultIn(second, 2)], 205, a);
    expect(proofs.map(({ round, call }) => [round, call.kind])).to.deep.equal([[2, "proveUpdate"]]);
    expect(due(view, noWords, [faultIn(second, 2)], 205, accounts.c), "its own update").to.deep.equal([]);
  });

  it("are of the earliest round alone", () => {
    const second = aggregatingRound(undefined, { round: 2 });
    const words = wordsOf(signedCommitmentOf(0), signedCommitmentOf(0, { weight: 11 }));
    const view = viewOf([acceptedRound(), second]);
    const proofs = due(view, words, [faultIn(second, 2)]);
    expect(proofs.map(({ round, call }) => [round, call.kind])).to.deep.equal([[1, "proveEquivocation"]]);
    expect(due(view, noWords, [faultIn(second, 2)]).map(({ round }) => round)).to.deep.equal([2]);
  });
});
