import { expect } from "chai";
import { challengeAtS, isMyTurnToChallenge } from "../../../node/rounds/challenge-turn.ts";
import { accounts, headAt, participants, proposedRound, viewOf } from "../../support/round-states.ts";

const round = proposedRound();
const view = viewOf([round]);
const options = { patienceS: 5 };
// Proposed in second 250; the window ends with second 300.

describe("the turns to challenge", () => {
  it("are a watcher's at once, then the participants' one after another", () => {
    expect(challengeAtS(accounts.y, { view, round }, options)).to.equal(250);
    const turns = participants.map((account) => challengeAtS(account, { view, round }, options));
    expect(turns.toSorted((a, b) => a - b)).to.deep.equal([255, 260, 265, 270]);
    expect(isMyTurnToChallenge(accounts.a, { view, round, head: headAt(turns[0]! - 1) }, options)).to.equal(false);
    expect(isMyTurnToChallenge(accounts.a, { view, round, head: headAt(turns[0]!) }, options)).to.equal(true);
  });

  it("all come before half of the window has passed", () => {
    for (const account of participants) {
      expect(challengeAtS(account, { view, round }, { patienceS: 1000 })).to.equal(275);
    }
  });
});
