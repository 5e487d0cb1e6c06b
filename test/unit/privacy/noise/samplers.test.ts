import { expect } from "chai";
import {
  createDiscreteGaussian,
  createDiscreteLaplace,
  createPoisson,
  createRandomWords,
  createSkellam,
} from "../../../../node/privacy/noise/index.ts";
import { createSeededRandom } from "../../../simulation/world/seeded-random.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { chiSquareExcess, histogram, momentsOf } from "../../../support/training/goodness-of-fit.ts";

const words = (seed: number) => createRandomWords(createSeededRandom(seed));

/** Weights on [-reach, reach] as probabilities. */
function normalized(weight: (x: number) => number, reach: number): (x: number) => number {
  let total = 0;
  for (let x = -reach; x <= reach; x++) total += weight(x);
  return (x) => weight(x) / total;
}

function poissonProbability(mean: number): (k: number) => number {
  return (k) => {
    if (k < 0) return 0;
    let log = -mean;
    for (let j = 1; j <= k; j++) log += Math.log(mean / j);
    return Math.exp(log);
  };
}

// Scales other than 0 and 1: a deviation taken for a variance, or the other way round, is far outside every bound here.
describe("privacy/noise samplers", () => {
  for (const [std, variance] of [
    [3.7, 14],
    [0.6, 1],
    [11, 121],
  ] as const) {
    it(`discrete Gaussian of std ${std}: the right probability of every integer`, () => {
      const counts = histogram(createDiscreteGaussian(std, words(11)), 60_000);
      const probability = normalized((x) => Math.exp((-x * x) / (2 * variance)), 200);
      expect(chiSquareExcess(counts, probability, -200, 200)).to.be.within(-4, 4);
    });
  }

  it("discrete Laplace of scale 5: the right probability of every integer", () => {
    const counts = histogram(createDiscreteLaplace(5, words(12)), 60_000);
    expect(
      chiSquareExcess(
        counts,
        normalized((x) => Math.exp(-Math.abs(x) / 5), 300),
        -300,
        300,
      ),
    ).to.be.within(-4, 4);
  });

  for (const mean of [1, 3, 64, 90]) {
    it(`Poisson of mean ${mean}: the right probability of every integer`, () => {
      const counts = histogram(createPoisson(mean, words(13)), 50_000);
      expect(chiSquareExcess(counts, poissonProbability(mean), 0, 400)).to.be.within(-4, 4);
    });
  }

  it("Skellam of std 3 (variance rounded up to 10): the right probability of every integer", () => {
    const counts = histogram(createSkellam(3, words(14)), 30_000);
    const one = poissonProbability(5);
    const difference = (x: number): number => {
      let sum = 0;
      for (let k = Math.max(0, -x); k < 60; k++) sum += one(k) * one(k + x);
      return sum;
    };
    expect(chiSquareExcess(counts, difference, -40, 40)).to.be.within(-4, 4);
  });

  for (const [name, create, kurtosis] of [
    ["discrete Gaussian", createDiscreteGaussian, 3],
    ["Skellam", createSkellam, 3],
  ] as const) {
    it(`${name} of std 250,000 lanes: its deviation is the std asked for, not its square or root`, () => {
      const draws = 60_000;
      const moments = momentsOf(create(250_000, words(15)), draws);
      expect(moments.std / 250_000).to.be.within(0.985, 1.015);
      expect(Math.abs(moments.mean) / 250_000).to.be.below(4 / Math.sqrt(draws));
      expect(moments.kurtosis).to.be.within(kurtosis - 0.1, kurtosis + 0.1);
    });
  }

  it("discrete Laplace of scale 40,000: the deviation is sqrt(2) times the scale", () => {
    const moments = momentsOf(createDiscreteLaplace(40_000, words(16)), 60_000);
    expect(moments.std / 40_000).to.be.within(1.39, 1.44);
    // the kurtosis of so few Laplace draws is within 6 ± 0.8, four deviations
    expect(moments.kurtosis).to.be.within(5.2, 6.8);
  });

  it("a sum of shares has the deviation of the whole, each share its part", () => {
    const share = createDiscreteGaussian(30_000 / Math.sqrt(5), words(17));
    const sum = () => share() + share() + share() + share() + share();
    expect(momentsOf(sum, 20_000).std / 30_000).to.be.within(0.98, 1.02);
  });

  it("uniform integers below a bound are uniform, above 2^32, too", () => {
    const small = words(18);
    const counts = histogram(() => small.below(7), 20_000);
    expect(chiSquareExcess(counts, () => 1 / 7, 0, 6)).to.be.within(-4, 4);
    const great = words(19);
    const tenths = histogram(() => Math.floor(great.below(10 * 2 ** 40) / 2 ** 40), 20_000);
    expect(chiSquareExcess(tenths, () => 1 / 10, 0, 9)).to.be.within(-4, 4);
  });

  it("refuse scales out of range", async () => {
    for (const bad of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expectCode("INVALID_ARGUMENT", () => createDiscreteGaussian(bad, words(1)));
      await expectCode("INVALID_ARGUMENT", () => createSkellam(bad, words(1)));
      await expectCode("INVALID_ARGUMENT", () => createDiscreteLaplace(bad, words(1)));
      await expectCode("INVALID_ARGUMENT", () => createPoisson(bad, words(1)));
    }
    await expectCode("INVALID_ARGUMENT", () => createDiscreteLaplace(2.5, words(1)));
  });
});
