import { expect } from "chai";
import fc from "fast-check";
import { drawChance, exponentialFixed } from "../../../../node/privacy/noise/exact-chance.ts";
import { logRatio } from "../../../../node/privacy/noise/poisson.ts";
import { createRandomWords, type RandomWords } from "../../../../node/privacy/noise/random-words.ts";
import { createSeededRandom } from "../../../simulation/world/seeded-random.ts";

/** Words whose bits are those of a number in [0, 1), given as an integer of 53 + 96 bits. */
function wordsOf(bits: bigint): RandomWords {
  let asked = 0;
  // the second word gives 21 bits of its 32
  const words = [bits >> 117n, ((bits >> 96n) & 0x1f_ffffn) << 11n, bits >> 64n, bits >> 32n, bits];
  return {
    uint53: () => expect.fail("not asked"),
    uint32: () => Number(words[asked++]! & 0xffff_ffffn),
    below: () => 0,
    bit: () => false,
  };
}

describe("privacy/noise/exact-chance", () => {
  it("the exponential has the digits of the textbooks", () => {
    // e and 1/e to 70 decimals (OEIS A001113, A068985)
    const e = 27182818284590452353602874713526624977572470936999595749669676277240766n;
    const inverse = 3678794411714423215955237701614608674458111310317678345078368016974614n;
    const scaled = (bits: bigint, decimals: bigint): bigint => (bits * 10n ** decimals) >> 300n;
    expect(scaled(exponentialFixed(1n, 1n, 300), 70n)).to.equal(e);
    expect(scaled(exponentialFixed(-1n, 1n, 300), 70n)).to.equal(inverse);
    expect(exponentialFixed(0n, 5n, 64)).to.equal(1n << 64n);
  });

  it("the exponential is that of Math.exp, and e^a * e^-a is 1, for any fraction", () => {
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 12n), 10n ** 12n), fc.bigInt(10n ** 11n, 10n ** 14n), (numerator, denominator) => {
        const up = exponentialFixed(numerator, denominator, 200);
        const down = exponentialFixed(-numerator, denominator, 200);
        const error = up * down - (1n << 400n);
        expect(error < 0n ? -error : error).to.satisfy((size: bigint) => size < 4n * (up + down));
        expect(Number(up) / 2 ** 200 / Math.exp(Number(numerator) / Number(denominator))).to.be.closeTo(1, 1e-13);
      }),
      { numRuns: 60 },
    );
  });

  it("what the first bits leave open is decided by the exact number, to the last bit", () => {
    const third = (bits: number): bigint => (1n << BigInt(bits)) / 3n;
    const at = third(53 + 96);
    expect(drawChance(wordsOf(at - 2n), 1 / 3, third)).to.equal(true);
    expect(drawChance(wordsOf(at + 2n), 1 / 3, third)).to.equal(false);
    // the approximation may be off by its slack: the outcome is the same
    expect(drawChance(wordsOf(at - 2n), 1 / 3 - 2 ** -45, third)).to.equal(true);
    expect(drawChance(wordsOf(at + 2n), 1 / 3 + 2 ** -45, third)).to.equal(false);
  });

  it("does not ask for exact digits where the first bits settle it", () => {
    const never = (): bigint => expect.fail("asked for exact digits");
    const words = createRandomWords(createSeededRandom(3));
    let drawn = 0;
    for (let i = 0; i < 4000; i++) if (drawChance(words, 0.3, never)) drawn++;
    expect(drawn).to.be.within(1080, 1320);
  });

  it("the Poisson log ratio is the sum of its factors, and below the constant of the rejection", () => {
    for (const mean of [64, 65, 100, 1000, 12_345]) {
      const scale = Math.floor(Math.sqrt(mean)) + 1;
      let up = 0;
      let down = 0;
      for (let distance = 1; distance <= 12 * scale; distance++) {
        up -= Math.log1p(distance / mean);
        expect(logRatio(mean, distance)).to.be.closeTo(up, 1e-11 * (1 + distance));
        expect(up + distance / scale).to.be.below(0.6);
        if (distance > mean) continue;
        down += Math.log1p(-(distance - 1) / mean);
        expect(logRatio(mean, -distance)).to.be.closeTo(down, 1e-11 * (1 + distance));
        expect(down + distance / scale).to.be.below(0.6);
      }
    }
  });
});
