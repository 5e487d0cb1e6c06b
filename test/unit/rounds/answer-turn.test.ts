import { expect } from "chai";
import type { Address } from "../../../node/core/ids.ts";
import { dueAnswers } from "../../../node/rounds/answer-turn.ts";
import { demandAgainst } from "../../support/demands.ts";
import { accounts, hashOf, headAt, members, proposedRound, viewOf } from "../../support/round-states.ts";

const watcher = `0x${"77".repeat(20)}` as Address;
const proposed = proposedRound();
const open = demandAgainst(proposed, watcher);

const answersAt = (me: Address, atS: number, demand = open) =>
  dueAnswers(me, { view: viewOf([{ ...proposed, demands: [demand] }]), head: headAt(atS), members }, { patienceS: 5 });
const first = (me: Address) => Array.from({ length: 60 }, (_, i) => 250 + i).find((s) => answersAt(me, s).length > 0);

describe("dueAnswers", () => {
  it("come from the proposer at once, then from the others one after another, within half of the time there is", () => {
    const { x, y, a, b, c, d } = accounts;
    const outsider = `0x${"79".repeat(20)}` as Address;
    expect([x, y, a, b, c, d, outsider].map(first)).to.deep.equal([250, 255, 260, 265, 270, 275, 275]);
  });

  it("come until the demand's last second, and never from its maker", () => {
    expect(answersAt(accounts.x, 300)).to.have.length(1);
    expect(answersAt(accounts.x, 301)).to.deep.equal([]);
    expect(first(watcher)).to.equal(undefined);
  });

  it("are not given twice, nor for a proposal that fell", () => {
    expect(answersAt(accounts.x, 260, { ...open, open: false })).to.deep.equal([]);
    const earlier = demandAgainst(proposed, watcher, { demand: { proposalHash: hashOf(5) } });
    expect(answersAt(accounts.x, 260, earlier)).to.deep.equal([]);
  });
});
