import { expect } from "chai";
import { isMyTurn, turnAtS, turnOrder } from "../../../node/rounds/patience.ts";
import type { NotedPush } from "../../../node/rounds/push.ts";
import { accounts, headAt, members, participants, roundOf, viewOf } from "../../support/round-states.ts";

const push: NotedPush = {
  key: "close:1",
  call: { kind: "closeRound", taskId: 1, round: 1 },
  waitS: 0,
  sinceS: 100,
};
const view = viewOf([roundOf()]);
const { a, b, c, d, x, y } = accounts;

describe("patience", () => {
  it("orders aggregators before participants, another one first each round", () => {
    expect(turnOrder(push, view, members)).to.deep.equal([y, x, b, c, d, a]);
    const next: NotedPush = { ...push, call: { kind: "closeRound", taskId: 1, round: 2 } };
    expect(turnOrder(next, view, members)).to.deep.equal([x, y, c, d, a, b]);
    const opening: NotedPush = { ...push, call: { kind: "openRound", taskId: 1 } };
    expect(turnOrder(opening, viewOf([roundOf({ round: 2 })]), members)).to.deep.equal([x, y, c, d, a, b]);
  });

  it("puts those whom the step names first and last there", () => {
    expect(turnOrder({ ...push, first: x }, view, members)).to.deep.equal([x, y, b, c, d, a]);
    expect(turnOrder({ ...push, last: y }, view, members)).to.deep.equal([x, b, c, d, a, y]);
  });

  it("names everyone once, whoever has both roles", () => {
    const both = members.map((one) =>
      one.account === a ? { ...one, roles: [...one.roles, "aggregator" as const] } : one,
    );
    expect([...turnOrder(push, view, both)].sort()).to.deep.equal([...participants, x, y].sort());
  });

  it("gives each a turn of its own, participants after a pause, strangers none", () => {
    const turns = [y, x, b, c, d, a].map((me) => turnAtS(push, me, view, members, { patienceS: 5 }));
    expect(turns).to.deep.equal([100, 105, 120, 125, 130, 135]);
    const stranger = `0x${"99".repeat(20)}` as const;
    expect(turnAtS(push, stranger as `0x${string}`, view, members, { patienceS: 5 })).to.equal(undefined);
  });

  it("lets the first one wait out the grace too", () => {
    expect(turnAtS({ ...push, waitS: 3 }, y, view, members, { patienceS: 5 })).to.equal(103);
  });

  it("judges by the chain's time", () => {
    const at = (timestampS: number) => isMyTurn(push, x, { view, head: headAt(timestampS), members }, { patienceS: 5 });
    expect([at(104), at(105)]).to.deep.equal([false, true]);
  });

  it("lets participants push at once where there is no aggregator", () => {
    const none = members.filter(({ roles }) => !roles.includes("aggregator"));
    expect(turnAtS(push, b, view, none, { patienceS: 5 })).to.equal(100);
  });
});
