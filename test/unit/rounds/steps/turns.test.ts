import { expect } from "chai";
import { isMyTurn, type Turn, turnAtS, turnOrder } from "../../../../node/rounds/steps/turns.ts";
import { accounts, headAt, roundOf, viewOf } from "../../../support/states/round-states.ts";

const turn: Turn = { sinceS: 100, round: 1 };
const view = viewOf([roundOf()]);
const { a, b, c, d, x, y } = accounts;
const options = { patienceS: 5 };
const stranger = `0x${"99".repeat(20)}` as const;

describe("turns", () => {
  it("are the aggregators' before the participants', another one's first in each round", () => {
    expect(turnOrder(turn, view)).to.deep.equal([y, x, b, c, d, a]);
    expect(turnOrder({ ...turn, round: 2 }, view)).to.deep.equal([x, y, c, d, a, b]);
  });

  it("put those whom the step names first and last there", () => {
    expect(turnOrder({ ...turn, first: x }, view)).to.deep.equal([x, y, b, c, d, a]);
    expect(turnOrder({ ...turn, last: y }, view)).to.deep.equal([x, b, c, d, a, y]);
  });

  it("leave out who is leaving, and put an aggregator that missed its turn behind the others", () => {
    const joined = view.joined.map((place) => ({ ...place, idle: place.account === y }));
    const enrolled = view.enrolled.map((place) => ({ ...place, leaving: place.account === c }));
    expect(turnOrder(turn, { ...view, joined, enrolled })).to.deep.equal([x, y, b, d, a]);
  });

  it("come one patience after another, a stranger's at once", () => {
    expect([y, x, b, c, d, a].map((me) => turnAtS(turn, me, view, options))).to.deep.equal([
      100, 105, 110, 115, 120, 125,
    ]);
    expect(turnAtS(turn, stranger, view, options)).to.equal(100);
  });

  it("come to who is leaving, and then to strangers, behind all others where they have to", () => {
    const enrolled = view.enrolled.map((place) => ({ ...place, leaving: [b, c].includes(place.account) }));
    const last = { ...turn, outsiders: "last" } as const;
    const atS = [y, x, d, a, b, c, stranger].map((me) => turnAtS(last, me, { ...view, enrolled }, options));
    expect(atS).to.deep.equal([100, 105, 110, 115, 120, 125, 130]);
  });

  it("all come within half of the time that is left", () => {
    const hurried = { ...turn, untilS: 130 };
    expect([y, x, b, c, d, a].map((me) => turnAtS(hurried, me, view, options))).to.deep.equal([
      100, 105, 110, 115, 115, 115,
    ]);
  });

  it("wait out the grace too, and are judged by the chain's time", () => {
    expect(turnAtS({ ...turn, waitS: 3 }, y, view, options)).to.equal(103);
    const at = (timestampS: number) => isMyTurn(turn, x, { view, head: headAt(timestampS) }, options);
    expect([at(104), at(105)]).to.deep.equal([false, true]);
  });
});
