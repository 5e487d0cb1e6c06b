import { expect } from "chai";
import fc from "fast-check";
import { calibrateNoise, roundsWithin } from "../../../../node/privacy/accountant/calibration.ts";
import { epsilonOf } from "../../../../node/privacy/accountant/conversion.ts";
import { epsilonBound, repeatCost } from "../../../../node/privacy/accountant/cost.ts";
import { distributedGaussianRdp, gaussianRdp } from "../../../../node/privacy/accountant/gaussian.ts";
import { discreteLaplaceRdp, laplaceRdp } from "../../../../node/privacy/accountant/laplace.ts";
import type { Mechanism } from "../../../../node/privacy/accountant/mechanism.ts";
import { composeRdp, type RdpCurve, rdpOrders, repeatRdp } from "../../../../node/privacy/accountant/rdp-curve.ts";
import { skellamRdp } from "../../../../node/privacy/accountant/skellam.ts";
import { subsampledGaussianRdp } from "../../../../node/privacy/accountant/subsampled-gaussian.ts";
import { logErfc, logGamma } from "../../../../node/privacy/losses/special-functions.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { vectors } from "../../../support/vectors.ts";

interface Case {
  readonly reference: "rdp" | "pld" | "divergence";
  readonly mechanism: string;
  readonly value: number;
  readonly noiseMultiplier: number;
  readonly samplingRate: number;
  readonly noiseStdLanes: number;
  readonly shareStdLanes: number;
  readonly scaleLanes: number;
  readonly clipNormLanes: number;
  readonly shares: number;
  readonly rounds: number;
  readonly delta: number;
  readonly order: number;
}

function curveOf(each: Case): RdpCurve {
  switch (each.mechanism) {
    case "gaussian":
      return gaussianRdp(each.noiseMultiplier);
    case "laplace":
      return laplaceRdp(each.noiseMultiplier);
    case "subsampled-gaussian":
      return subsampledGaussianRdp(each.samplingRate, each.noiseMultiplier);
    case "discrete-gaussian":
      return distributedGaussianRdp({ ...each, shareStdLanes: each.noiseStdLanes, shares: 1, dimension: 1 });
    case "discrete-laplace":
      return discreteLaplaceRdp(each);
    case "skellam":
      return skellamRdp({ ...each, dimension: 1 });
    default:
      return distributedGaussianRdp({ ...each, dimension: 1 });
  }
}

describe("privacy/accountant", () => {
  const cases = vectors<Case>("accountant");

  it("agrees with Google's dp-accounting to 1 % in all of more than 50 settings", () => {
    const settings = cases.filter(({ reference }) => reference === "rdp");
    expect(settings.length).to.be.above(50);
    for (const each of settings) {
      const epsilon = epsilonOf(repeatRdp(curveOf(each), each.rounds), each.delta);
      expect(epsilon / each.value, JSON.stringify(each)).to.be.within(0.99, 1.01);
    }
  });

  it("bounds the privacy loss itself from above", () => {
    for (const each of cases.filter(({ reference }) => reference === "pld")) {
      const epsilon = epsilonOf(repeatRdp(curveOf(each), each.rounds), each.delta);
      expect(epsilon / each.value, JSON.stringify(each)).to.be.above(0.999);
    }
  });

  it("bounds the divergence of Skellam noise and of summed shares from above", () => {
    for (const each of cases.filter(({ reference }) => reference === "divergence")) {
      const bound = curveOf(each)[rdpOrders.indexOf(each.order)]!;
      expect(bound, JSON.stringify(each)).to.be.at.least(each.value * (1 - 1e-9));
    }
  });

  it("noise of many lanes costs what continuous noise costs", () => {
    const lanes = { clipNormLanes: 400_000, dimension: 100_000 };
    const gaussian = epsilonOf(gaussianRdp(0.75), 1e-5);
    const shares = distributedGaussianRdp({ ...lanes, shareStdLanes: 300_000 / Math.sqrt(7), shares: 7 });
    expect(epsilonOf(shares, 1e-5)).to.be.closeTo(gaussian, 1e-9);
    // between integer orders the bound of Skellam noise is a chord
    expect(epsilonOf(skellamRdp({ ...lanes, noiseStdLanes: 300_000 }), 1e-5) / gaussian).to.be.within(1, 1.03);
    const laplace = epsilonOf(repeatRdp(laplaceRdp(2.5), 10), 1e-6);
    const discrete = discreteLaplaceRdp({ clipNormLanes: 400_000, scaleLanes: 1_000_000 });
    expect(epsilonOf(repeatRdp(discrete, 10), 1e-6)).to.be.closeTo(laplace, 1e-5);
  });

  it("Laplace noise never costs more than its pure bound at any order", () => {
    for (const scale of [0.3, 2, 50]) for (const rdp of laplaceRdp(scale)) expect(rdp).to.be.at.most(1 / scale + 1e-12);
    for (const rdp of discreteLaplaceRdp({ clipNormLanes: 7, scaleLanes: 3 })) expect(rdp).to.be.at.most(7 / 3 + 1e-12);
    for (const rdp of discreteLaplaceRdp({ clipNormLanes: 1, scaleLanes: 3 })) expect(rdp).to.be.at.most(1 / 3 + 1e-12);
  });

  it("sampling with rate 1 is no sampling, with rate 0 costs nothing, and between it amplifies", () => {
    expect(subsampledGaussianRdp(1, 1.3)).to.deep.equal(gaussianRdp(1.3));
    expect(epsilonOf(subsampledGaussianRdp(0, 1.3), 1e-5)).to.equal(0);
    const whole = gaussianRdp(1.3);
    subsampledGaussianRdp(0.2, 1.3).forEach((rdp, i) => {
      if (Number.isFinite(rdp)) expect(rdp).to.be.at.most(whole[i]!);
    });
  });

  it("composition adds, repetition multiplies, and no round costs nothing", () => {
    const one = gaussianRdp(2);
    composeRdp(one, one, one).forEach((rdp, i) => {
      expect(rdp).to.be.closeTo(repeatRdp(one, 3)[i]!, 1e-12);
    });
    expect(epsilonOf(repeatRdp(subsampledGaussianRdp(0.35, 0.6), 0), 1e-5)).to.equal(0);
  });

  const gaussian = (noiseMultiplier: number, times = 1) => {
    const mechanism: Mechanism = { kind: "gaussian", noiseMultiplier };
    return [{ mechanism, times }];
  };

  it("calibrated noise holds the target, and a hundredth less does not", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.2, max: 20, noNaN: true }),
        fc.integer({ min: 1, max: 300 }),
        fc.constantFrom(1e-4, 1e-5, 1e-7),
        (epsilon, rounds, delta) => {
          const cost = (multiplier: number) => epsilonBound(gaussian(multiplier, rounds), delta).epsilon;
          const multiplier = calibrateNoise((each) => gaussian(each, rounds), { epsilon, delta });
          expect(cost(multiplier)).to.be.at.most(epsilon);
          expect(cost(multiplier * 0.99)).to.be.above(epsilon);
          expect(multiplier).to.equal(Number(multiplier.toPrecision(4)));
          expect(roundsWithin(gaussian(multiplier), { epsilon, delta }, 65535)).to.be.at.least(rounds);
        },
      ),
      { numRuns: 25 },
    );
  });

  it("calibrates DP-SGD and counts its rounds by its losses: less noise, and more rounds", () => {
    const target = { epsilon: 3, delta: 1e-5 };
    const steps = (noiseMultiplier: number, times: number) => {
      const mechanism: Mechanism = { kind: "subsampled-gaussian", samplingRate: 0.1, noiseMultiplier };
      return [{ mechanism, times }];
    };
    const multiplier = calibrateNoise((each) => steps(each, 100), target);
    const { epsilon, byRdp, accountant } = epsilonBound(steps(multiplier, 100), 1e-5);
    expect(accountant).to.equal("pld");
    expect(epsilon).to.be.within(2.99, 3);
    expect(byRdp).to.be.above(3.2);
    const fit = roundsWithin(steps(multiplier, 10), target, 65535);
    expect(fit).to.equal(10);
    expect(roundsWithin(steps(multiplier, 1), target, 65535)).to.be.at.least(100);
    expect(roundsWithin(steps(multiplier, 10), target, 7)).to.equal(7);
  });

  it("counts the rounds that fit, from none to all that were asked", () => {
    const target = { epsilon: 8, delta: 1e-5 };
    const epsilonAfter = (rounds: number) => epsilonBound(repeatCost(gaussian(2.5), rounds), 1e-5).epsilon;
    const fit = roundsWithin(gaussian(2.5), target, 65535);
    expect(epsilonAfter(fit)).to.be.at.most(8);
    expect(epsilonAfter(fit + 1)).to.be.above(8);
    expect(roundsWithin(gaussian(0.3), target, 65535)).to.equal(0);
    expect(roundsWithin(gaussian(2.5), target, 4)).to.equal(4);
  });

  it("refuses a delta out of range, and a target that no noise reaches", async () => {
    for (const delta of [0, 1, Number.NaN])
      await expectCode("INVALID_ARGUMENT", () => epsilonOf(gaussianRdp(1), delta));
    await expectCode("PRIVACY_TARGET_UNREACHABLE", () =>
      calibrateNoise(() => gaussian(0.1), { epsilon: 1, delta: 1e-5 }),
    );
  });

  it("the special functions have the values of the tables", () => {
    // Abramowitz and Stegun; Wolfram for the far tail
    expect(logGamma(0.5)).to.be.closeTo(Math.log(Math.sqrt(Math.PI)), 1e-13);
    expect(logGamma(11)).to.be.closeTo(Math.log(3_628_800), 1e-12);
    expect(logGamma(-1.5)).to.be.closeTo(Math.log((4 * Math.sqrt(Math.PI)) / 3), 1e-12);
    expect(logErfc(0)).to.be.closeTo(0, 1e-15);
    expect(logErfc(1)).to.be.closeTo(Math.log(0.157299207050285), 1e-12);
    expect(logErfc(3)).to.be.closeTo(Math.log(2.209049699858544e-5), 1e-11);
    expect(logErfc(-1)).to.be.closeTo(Math.log(1.842700792949715), 1e-13);
    expect(logErfc(-4)).to.be.closeTo(Math.LN2, 1e-7);
    expect(logErfc(20)).to.be.closeTo(-403.5693433, 1e-6);
  });
});
