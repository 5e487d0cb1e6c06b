import { expect } from "chai";
import fc from "fast-check";
import { cleanScore, isCutOff, type Offence, p2pLimits, pointsAt, scoreAfter } from "../../../node/p2p/index.ts";
import { offencePoints } from "../../../node/p2p/peer-score.ts";

const offences: readonly Offence[] = ["timeout", "gossip", "oversize", "garbage", "corrupt"];
const scoreOf = (list: readonly [Offence, number][]) =>
  list.reduce((score, [offence, atMs]) => scoreAfter(score, offence, atMs, p2pLimits), cleanScore);

describe("peer score", () => {
  it("cuts a peer off after two false answers, and lets it back", () => {
    expect(isCutOff(scoreOf([["corrupt", 1_000]]), 1_000)).to.equal(false);
    const score = scoreOf([
      ["corrupt", 1_000],
      ["corrupt", 2_000],
    ]);
    expect(isCutOff(score, 2_000)).to.equal(true);
    expect(isCutOff(score, 2_000 + p2pLimits.cutOffMs - 1)).to.equal(true);
    expect(isCutOff(score, 2_000 + p2pLimits.cutOffMs)).to.equal(false);
  });

  it("cuts a repeater off sooner than a newcomer", () => {
    const once = scoreOf([
      ["garbage", 0],
      ["garbage", 0],
    ]);
    const back = p2pLimits.cutOffMs;
    expect(isCutOff(scoreAfter(once, "garbage", back, p2pLimits), back)).to.equal(false);
    expect(pointsAt(scoreAfter(once, "garbage", back, p2pLimits), back, p2pLimits)).to.be.greaterThan(
      pointsAt(scoreAfter(cleanScore, "garbage", back, p2pLimits), back, p2pLimits),
    );
  });

  it("halves the points with each half-life", () => {
    const score = scoreOf([["oversize", 5_000]]);
    expect(pointsAt(score, 5_000 + 2 * p2pLimits.offenceHalfLifeMs, p2pLimits)).to.be.closeTo(
      offencePoints.oversize / 4,
      1e-9,
    );
  });

  it("never cuts off a peer that times out once in two minutes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), (count) => {
        const score = scoreOf(Array.from({ length: count }, (_, i) => ["timeout", i * 120_000]));
        return !isCutOff(score, count * 120_000);
      }),
    );
  });

  it("never keeps more points than the threshold", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...offences), fc.nat(10_000))), (steps) => {
        let nowMs = 0;
        let score = cleanScore;
        for (const [offence, pauseMs] of steps) {
          nowMs += pauseMs;
          score = scoreAfter(score, offence, nowMs, p2pLimits);
          if (score.points >= p2pLimits.offencePoints) return false;
        }
        return true;
      }),
    );
  });
});
