import { expect } from "chai";
import { isAttestable, type Judgement } from "../../../node/rounds/court-state.ts";
import { dueJudgements } from "../../../node/rounds/due-in-common.ts";
import { subjectOf } from "../../../node/rounds/proposed-round.ts";
import { initialRoundState, type RoundEvent, reduceRound } from "../../../node/rounds/round-state.ts";
import { acceptedRound, accounts, headAt, optionsOf, proposedRound, viewOf } from "../../support/round-states.ts";

const { d } = accounts;

describe("an encrypted round of which only the sum was compared", () => {
  const sumOnly: Judgement = { isRight: true, isSumOnly: true };
  const kept = acceptedRound();
  const standing = proposedRound();
  const judged: RoundEvent = { kind: "judged", subject: subjectOf(kept), judgement: sumOnly };
  const due = (round: typeof kept) => {
    const looked: RoundEvent = { kind: "looked", view: viewOf([round]), head: headAt(205) };
    const state = [judged, looked].reduce(reduceRound, initialRoundState(d, "participant", optionsOf(d)));
    return dueJudgements(state).map(({ kind }) => kind);
  };

  it("is not attested to", () => {
    expect(isAttestable(sumOnly, standing)).to.equal(false);
    expect(isAttestable({ isRight: true }, standing)).to.equal(true);
  });

  it("is judged again where a reorganisation makes it stand as proposed again, and else not", () => {
    expect(subjectOf(kept)).to.equal(subjectOf(standing));
    expect(due(kept)).to.deep.equal([]);
    expect(due(standing)).to.deep.equal(["judge"]);
  });
});
