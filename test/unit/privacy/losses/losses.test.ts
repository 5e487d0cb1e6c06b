import { expect } from "chai";
import fc from "fast-check";
import { addCosts, epsilonBound, type PrivacyCost } from "../../../../node/privacy/accountant/cost.ts";
import type { Mechanism } from "../../../../node/privacy/accountant/mechanism.ts";
import { composedEpsilon } from "../../../../node/privacy/losses/composed-loss.ts";
import { gaussianTwin } from "../../../../node/privacy/losses/gaussian-twin.ts";
import { type LossGrid, lossGrid } from "../../../../node/privacy/losses/loss-grid.ts";
import {
  discreteLaplaceLoss,
  gaussianLoss,
  type LossTails,
  subsampledGaussianLosses,
} from "../../../../node/privacy/losses/loss-tails.ts";
import { vectors } from "../../../support/vectors.ts";

interface Case {
  readonly reference: string;
  readonly mechanism: string;
  readonly noiseMultiplier: number;
  readonly samplingRate: number;
  readonly noiseStdLanes: number;
  readonly scaleLanes: number;
  readonly clipNormLanes: number;
  readonly rounds: number;
  readonly delta: number;
  readonly value: number;
  /** The true epsilon is not below it. */
  readonly least: number;
}

function mechanismOf(each: Case): Mechanism {
  const { noiseMultiplier, samplingRate, clipNormLanes, scaleLanes, noiseStdLanes } = each;
  switch (each.mechanism) {
    case "gaussian":
      return { kind: "gaussian", noiseMultiplier };
    case "subsampled-gaussian":
      return { kind: "subsampled-gaussian", noiseMultiplier, samplingRate };
    case "discrete-laplace":
      return { kind: "discrete-laplace", clipNormLanes, scaleLanes };
    default:
      return { kind: "discrete-gaussian", clipNormLanes, shareStdLanes: noiseStdLanes, shares: 1, dimension: 1 };
  }
}

/** Divergence of a grid at an epsilon, summed from its greatest loss down. */
function deltaOf({ step, first, masses, infinite }: LossGrid, epsilon: number): number {
  let sum = infinite;
  for (let i = masses.length - 1; i >= 0 && (first + i) * step > epsilon; i--)
    sum -= masses[i]! * Math.expm1(epsilon - (first + i) * step);
  return sum;
}

/** The same of the true loss. */
function trueDelta(tails: LossTails, epsilon: number): number {
  const { p, q } = tails.tailsAt(epsilon);
  return p.above - (q.above > 0 ? Math.exp(epsilon + Math.log(q.above)) : 0);
}

/** The grid of two losses one after another, by the plain sum over all pairs. */
function convolved(a: LossGrid, b: LossGrid): LossGrid {
  const masses = new Float64Array(a.masses.length + b.masses.length - 1);
  for (const [i, x] of a.masses.entries()) for (const [j, y] of b.masses.entries()) masses[i + j]! += x * y;
  const infinite = 1 - (1 - a.infinite) * (1 - b.infinite);
  return { step: a.step, first: a.first + b.first, masses, infinite };
}

const lossFrom = (least: number): fc.Arbitrary<LossTails> =>
  fc.oneof(
    fc.double({ min: least, max: 8, noNaN: true }).map(gaussianLoss),
    fc
      .tuple(
        fc.double({ min: 0.005, max: 0.95, noNaN: true }),
        fc.double({ min: least, max: 6, noNaN: true }),
        fc.nat(1),
      )
      .map(([rate, multiplier, order]) => subsampledGaussianLosses(rate, multiplier)[order]!),
    fc
      .tuple(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 2, max: 400 }))
      .map(([move, scale]) => discreteLaplaceLoss(move, scale)),
  );

const anyEpsilon = fc.oneof(fc.double({ min: -3, max: 6, noNaN: true }), fc.double({ min: 6, max: 600, noNaN: true }));

describe("privacy/accountant, exact losses", () => {
  const settings = vectors<Case>("accountant").filter(({ reference }) => reference === "pld");

  it("agrees with dp-accounting's PLD to 1 % in 30 settings, and is never below what it rounds down to", () => {
    expect(settings.length).to.be.at.least(30);
    for (const each of settings) {
      const { epsilon } = epsilonBound([{ mechanism: mechanismOf(each), times: each.rounds }], each.delta);
      expect(epsilon / each.value, JSON.stringify(each)).to.be.within(0.99, 1.01);
      expect(epsilon, JSON.stringify(each)).to.be.at.least(each.least * (1 - 1e-9));
    }
  });

  it("says 4 to 30 % less than Rényi divergence for Gaussian noise and DP-SGD", () => {
    for (const each of settings.filter(({ mechanism }) => !mechanism.includes("laplace"))) {
      const bound = epsilonBound([{ mechanism: mechanismOf(each), times: each.rounds }], each.delta);
      expect(bound.accountant).to.equal("pld");
      expect(1 - bound.epsilon / bound.byRdp, JSON.stringify(each)).to.be.within(0.04, 0.3);
    }
  });

  it("a grid's divergence is at no epsilon below the loss's own, and at most that two steps below", () => {
    fc.assert(
      fc.property(lossFrom(0.02), anyEpsilon, fc.constantFrom(0.3, 0.01), (tails, at, step) => {
        const grid = lossGrid(tails, step, 1e-12);
        expect(deltaOf(grid, at)).to.be.at.least(trueDelta(tails, at) * (1 - 1e-9) - 1e-13);
        const point = Math.round(at / step) * step;
        if (point > (grid.first + 1) * step) {
          const most = Math.max(0, trueDelta(tails, point - 2 * step)) * (1 + 1e-6) + 1e-11;
          expect(deltaOf(grid, point), "above").to.be.at.most(most);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("a composition is not below the plain sum over all pairs, and agrees with it", () => {
    fc.assert(
      fc.property(lossFrom(0.6), lossFrom(0.6), fc.constantFrom(1e-3, 1e-6, 1e-10), (one, other, delta) => {
        const [a, b] = [one, other].map((tails) => lossGrid(tails, 0.05, delta * 1e-9)) as [LossGrid, LossGrid];
        const losses = [
          { grid: a, times: 2 },
          { grid: b, times: 1 },
        ];
        const whole = convolved(convolved(a, a), b);
        for (const tilt of [0.5, 4, 20]) {
          const epsilon = composedEpsilon(losses, delta, tilt)!;
          expect(deltaOf(whole, epsilon)).to.be.at.most(delta * (1 + 1e-9));
          // a tilt that is meant for a smaller delta sees nothing below its window
          if (tilt === 0.5 && epsilon > 0.1) expect(deltaOf(whole, epsilon - 0.1)).to.be.above(delta);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("different mechanisms one after another cost at least each of them, and at most their sum", () => {
    const sampled: PrivacyCost = [
      { mechanism: { kind: "subsampled-gaussian", samplingRate: 0.1, noiseMultiplier: 1 }, times: 30 },
    ];
    const gaussian: PrivacyCost = [{ mechanism: { kind: "gaussian", noiseMultiplier: 3 }, times: 4 }];
    const laplace: PrivacyCost = [
      { mechanism: { kind: "discrete-laplace", clipNormLanes: 1000, scaleLanes: 9000 }, times: 5 },
    ];
    const of = (cost: PrivacyCost) => epsilonBound(cost, 1e-6);
    const all = of(addCosts(sampled, gaussian, laplace));
    expect(all.accountant).to.equal("pld");
    expect(all.epsilon).to.be.above(Math.max(of(sampled).epsilon, of(gaussian).epsilon, of(laplace).epsilon));
    expect(all.epsilon).to.be.below(of(sampled).epsilon + of(gaussian).epsilon + of(laplace).epsilon);
    expect(all.epsilon).to.be.below(all.byRdp);
    expect(addCosts(sampled, gaussian, sampled)).to.deep.equal([{ ...sampled[0]!, times: 60 }, gaussian[0]]);
  });

  it("a discrete Gaussian's twin has a little less noise, and none is given below three lanes", () => {
    const noise = { clipNormLanes: 100_000, shareStdLanes: 40_000, shares: 9, dimension: 1 << 20 };
    const twin = gaussianTwin(noise)!;
    expect(twin.noiseMultiplier).to.be.within(1.2 * (1 - 1e-9), 1.2);
    expect(twin.apart).to.be.within(0, 1e-13);
    expect(gaussianTwin({ ...noise, shareStdLanes: 2.9, shares: 1 })).to.equal(undefined);
    // shares of half a lane each are no discrete Gaussian together
    expect(gaussianTwin({ ...noise, shareStdLanes: 0.5, shares: 60 })!.apart).to.be.above(1);
    const fine: Mechanism = { kind: "discrete-gaussian", ...noise, shareStdLanes: 0.5, shares: 60 };
    expect(epsilonBound([{ mechanism: fine, times: 1 }], 1e-5).accountant).to.equal("rdp");
  });

  it("Skellam noise is reckoned by Rényi divergence, alone and in company; nothing costs nothing", () => {
    const skellam: Mechanism = { kind: "skellam", clipNormLanes: 1000, noiseStdLanes: 3000, dimension: 10 };
    const gaussian: Mechanism = { kind: "gaussian", noiseMultiplier: 3 };
    const both = [skellam, gaussian].map((mechanism) => ({ mechanism, times: 1 }));
    expect(epsilonBound(both, 1e-5).accountant).to.equal("rdp");
    expect(epsilonBound(both.slice(0, 1), 1e-5).accountant).to.equal("rdp");
    expect(epsilonBound([], 1e-5).epsilon).to.equal(0);
    const never: Mechanism = { kind: "subsampled-gaussian", samplingRate: 0, noiseMultiplier: 1 };
    expect(epsilonBound([{ mechanism: never, times: 9 }], 1e-5).epsilon).to.equal(0);
    expect(epsilonBound([{ mechanism: gaussian, times: 0 }], 1e-5).epsilon).to.equal(0);
  });

  it("losses whose exponential is beyond all numbers are losses all the same", () => {
    const loud = (noiseMultiplier: number, samplingRate: number, times: number) => {
      const mechanism: Mechanism = { kind: "subsampled-gaussian", samplingRate, noiseMultiplier };
      return epsilonBound([{ mechanism, times }], 1e-5).epsilon;
    };
    // with probability 1/100 it is in the sample, and then the loss is 1 / (2 z^2) = 500,000, and more in the mean
    expect(loud(1e-3, 0.01, 1)).to.be.within(500_000, 505_000);
    // in ten samples it is four times with a probability of 2e-6, three times with one of 1e-4
    expect(loud(1e-3, 0.01, 10)).to.be.within(1_500_000, 2_600_000);
    expect(loud(0.02, 0.01, 1)).to.be.within(1250, 1450);
  });

  it("stays a bound, and ends, where a grid cannot be fine enough", () => {
    const rare: Mechanism = { kind: "subsampled-gaussian", samplingRate: 1e-6, noiseMultiplier: 0.5 };
    const { epsilon, byRdp } = epsilonBound([{ mechanism: rare, times: 100_000 }], 1e-5);
    expect(epsilon).to.be.within(0.005, Math.min(byRdp, 0.02));
    const strong: Mechanism = { kind: "discrete-laplace", clipNormLanes: 65_536, scaleLanes: 6553 };
    expect(epsilonBound([{ mechanism: strong, times: 3 }], 1e-6).epsilon).to.be.within(29.9, 30.01);
  });
});
