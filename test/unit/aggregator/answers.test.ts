import { expect } from "chai";
import { aggregatorMachine } from "../../../node/aggregator/aggregator-machine.ts";
import type { Address } from "../../../node/core/ids.ts";
import { demandAgainst } from "../../support/demands.ts";
import { accounts, contactOf, headAt, members, proposedRound, viewOf } from "../../support/round-states.ts";

const proposed = proposedRound();
const view = viewOf([{ ...proposed, demands: [demandAgainst(proposed, accounts.a)] }]);

/** What an aggregator that was just started does at its first look. */
function firstDue(me: Address, atS: number) {
  const machine = aggregatorMachine(me, { contact: contactOf(me), patienceS: 5, settleBlocks: 0 }, { graceS: 3 });
  const knowing = machine.reduce(machine.initial, { kind: "members", members });
  return machine.due(machine.reduce(knowing, { kind: "looked", view, head: headAt(atS) })).map(({ kind }) => kind);
}

describe("an aggregator that demands are made of", () => {
  it("answers at its first look after a start, whatever it knew before", () => {
    expect(firstDue(accounts.x, 250)).to.deep.equal(["answer"]);
    expect(firstDue(accounts.x, 300), "in the last second").to.deep.equal(["answer"]);
    expect(firstDue(accounts.x, 301), "too late").to.deep.equal([]);
  });

  it("answers another's demands when the proposer has not", () => {
    expect(firstDue(accounts.y, 254)).to.deep.equal([]);
    expect(firstDue(accounts.y, 255)).to.deep.equal(["answer"]);
  });
});
