import { expect } from "chai";
import fc from "fast-check";
import { createSeededRandom, shuffledIndices } from "../../../../node/training/data/seeded-random.ts";

const mask = 0xffffffffn;

/** xoshiro128** and its seeding written a second time, with integers of any size. */
function* reference(seed: number): Generator<number> {
  let filler = BigInt(seed);
  const state = Array.from({ length: 4 }, () => {
    filler = (filler + 0x9e3779b9n) & mask;
    let z = filler;
    z = ((z ^ (z >> 16n)) * 0x85ebca6bn) & mask;
    z = ((z ^ (z >> 13n)) * 0xc2b2ae35n) & mask;
    return z ^ (z >> 16n);
  });
  const rotate = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (32n - by))) & mask;
  for (;;) {
    yield Number((rotate((state[1]! * 5n) & mask, 7n) * 9n) & mask);
    const t = (state[1]! << 9n) & mask;
    state[2]! ^= state[0]!;
    state[3]! ^= state[1]!;
    state[1]! ^= state[2]!;
    state[0]! ^= state[3]!;
    state[2]! ^= t;
    state[3] = rotate(state[3]!, 11n);
  }
}

describe("training/seeded-random", () => {
  it("is xoshiro128** seeded by SplitMix32", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (seed) => {
        const random = createSeededRandom(seed);
        const expected = reference(seed);
        for (let i = 0; i < 50; i++) expect(random.uint32()).to.equal(expected.next().value);
      }),
      { numRuns: 50 },
    );
  });

  it("never changes: the first numbers of seed 1", () => {
    const random = createSeededRandom(1);
    expect([random.uint32(), random.uint32(), random.uint32()]).to.deep.equal([2442144158, 3238099751, 3819917871]);
    expect([...shuffledIndices(10, createSeededRandom(1))]).to.deep.equal([9, 0, 8, 1, 4, 2, 3, 7, 6, 5]);
  });

  it("draws uniform and normal numbers of the right mean and variance", () => {
    const random = createSeededRandom(3);
    const count = 40_000;
    const moments = (draw: () => number): [number, number] => {
      const drawn = Array.from({ length: count }, draw);
      const mean = drawn.reduce((a, b) => a + b, 0) / count;
      return [mean, drawn.reduce((a, b) => a + (b - mean) ** 2, 0) / count];
    };
    const [uniformMean, uniformVariance] = moments(random.uniform);
    expect(uniformMean).to.be.closeTo(0.5, 0.01);
    expect(uniformVariance).to.be.closeTo(1 / 12, 0.003);
    const [normalMean, normalVariance] = moments(random.normal);
    expect(normalMean).to.be.closeTo(0, 0.025);
    expect(normalVariance).to.be.closeTo(1, 0.04);
  });

  it("shuffles: every number once, every place as likely", () => {
    const places = new Array<number>(5).fill(0);
    for (let seed = 0; seed < 5000; seed++) {
      const order = shuffledIndices(5, createSeededRandom(seed));
      expect([...order].sort()).to.deep.equal([0, 1, 2, 3, 4]);
      places[order.indexOf(0)]!++;
    }
    for (const times of places) expect(times).to.be.within(880, 1120);
  });
});
