import { expect } from "chai";
import fc from "fast-check";
import { createWeightedMean, ruleByName, type WeightedUpdate, weightedMean } from "../../../node/aggregation/index.ts";
import { fromHex, toHex } from "../../../node/core/bytes/hex.ts";
import { bytesToLanes, lanesToBytes } from "../../../node/core/bytes/lanes.ts";
import type { Hex } from "../../../node/core/ids.ts";
import type { Rule } from "../../../node/core/records.ts";
import { expectCode } from "../../support/expect-code.ts";
import { vectors } from "../../support/vectors.ts";

interface Case {
  name: string;
  serverRateQ16: number;
  base: Hex;
  weights: number[];
  updates: Hex[];
  expected: Hex;
}
type Round = Parameters<typeof weightedMean>[0];

const one = 65_536;
const smallest = -(2 ** 31);
const largest = 2 ** 31 - 1;

/** docs/protocol/bytes.md in integers without limit. */
function plainMean({ base, updates, serverRateQ16 }: Round): number[] {
  const total = updates.reduce((sum, { weight }) => sum + BigInt(weight), 0n) << 16n;
  return Array.from(base, (lane, i) => {
    const sum = updates.reduce((s, { lanes, weight }) => s + BigInt(lanes[i]!) * BigInt(weight), 0n);
    const dividend = sum * BigInt(serverRateQ16);
    const remainder = ((dividend % total) + total) % total;
    const result = Number(BigInt(lane) + (dividend - remainder) / total);
    return Math.min(largest, Math.max(smallest, result));
  });
}

function streamedMean({ base, updates, serverRateQ16 }: Round): Int32Array {
  const mean = createWeightedMean({ parameterCount: base.length, serverRateQ16 });
  for (const { lanes, weight } of updates) mean.add(lanes, weight);
  return mean.finish(base);
}

/** Lanes with many extremes, zeros and small numbers. */
const lane = fc.oneof(
  fc.integer({ min: smallest, max: largest }),
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(smallest, smallest + 1, -1, 0, 1, largest - 1, largest),
);
const vector = (length: number, lanes = lane): fc.Arbitrary<Int32Array> =>
  fc.array(lanes, { minLength: length, maxLength: length }).map((list) => Int32Array.from(list));
const rate = fc.oneof(
  fc.constant(one),
  fc.constantFrom(1, 2, 3, 1 << 15, one + 1, 1 << 20),
  fc.integer({ min: 1, max: 1 << 20 }),
);
const roundOf = (weight: fc.Arbitrary<number>, maxUpdates: number, lanes = lane): fc.Arbitrary<Round> =>
  fc
    .record({ length: fc.integer({ min: 1, max: 5 }), count: fc.integer({ min: 1, max: maxUpdates }) })
    .chain(({ length, count }) =>
      fc.record({
        base: vector(length),
        serverRateQ16: rate,
        updates: fc.array(fc.record({ lanes: vector(length, lanes), weight }), { minLength: count, maxLength: count }),
      }),
    );

const sizes: [string, fc.Arbitrary<Round>][] = [
  ["small weights", roundOf(fc.integer({ min: 1, max: 300 }), 40)],
  ["weights at the border of the fast road (2^22)", roundOf(fc.integer({ min: 2 ** 20 - 5, max: 2 ** 20 + 5 }), 5)],
  ["any weights and lanes, beyond doubles", roundOf(fc.integer({ min: 1, max: 2 ** 32 - 1 }), 20)],
  [
    "large weights and small lanes, inside doubles",
    roundOf(fc.integer({ min: 2 ** 30, max: 2 ** 32 - 1 }), 9, fc.integer({ min: -1023, max: 1023 })),
  ],
  [
    "sums just around 2^53",
    roundOf(fc.constantFrom(2 ** 22 - 1, 2 ** 22, 2 ** 22 + 1), 3, fc.constantFrom(largest, smallest, largest - 1)),
  ],
];

describe("weighted mean", () => {
  for (const { name, serverRateQ16, base, weights, updates, expected } of vectors<Case>("weighted-mean")) {
    it(`vector: ${name}`, () => {
      const round = {
        base: bytesToLanes(fromHex(base)),
        serverRateQ16,
        updates: updates.map((hex, k) => ({ lanes: bytesToLanes(fromHex(hex)), weight: weights[k]! })),
      };
      expect(toHex(lanesToBytes(weightedMean(round)))).to.equal(expected);
      expect(toHex(lanesToBytes(streamedMean(round)))).to.equal(expected);
      expect(toHex(lanesToBytes(Int32Array.from(plainMean(round))))).to.equal(expected);
    });
  }

  for (const [name, rounds] of sizes) {
    it(`is exact: ${name}`, () => {
      fc.assert(
        fc.property(rounds, (round) => {
          const expected = plainMean(round);
          expect([...weightedMean(round)]).to.deep.equal(expected);
          expect([...streamedMean(round)]).to.deep.equal(expected);
        }),
        { numRuns: 500 },
      );
    });
  }

  it("does not depend on the order of the updates", () => {
    const shuffled = roundOf(fc.integer({ min: 1, max: 2 ** 24 }), 20).chain((round) =>
      fc.record({
        round: fc.constant(round),
        updates: fc.shuffledSubarray([...round.updates], { minLength: round.updates.length }),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ round, updates }) => {
        expect(weightedMean({ ...round, updates })).to.deep.equal(weightedMean(round));
        expect(streamedMean({ ...round, updates })).to.deep.equal(weightedMean(round));
      }),
    );
  });

  it("floors towards minus infinity", () => {
    const mean = (lanes: number[], weights: number[], serverRateQ16 = one): number => {
      const updates = lanes.map((value, k) => ({ lanes: Int32Array.of(value), weight: weights[k]! }));
      return weightedMean({ base: Int32Array.of(0), updates, serverRateQ16 })[0]!;
    };
    expect(mean([1, 0], [1, 1])).to.equal(0);
    expect(mean([-1, 0], [1, 1])).to.equal(-1);
    expect(mean([-1, 0], [1, 999])).to.equal(-1);
    expect(mean([-2, -4], [1, 1])).to.equal(-3);
    expect(mean([-1], [5], 1)).to.equal(-1);
    expect(mean([65_535], [5], 1)).to.equal(0);
  });

  it("saturates at int32", () => {
    const update = (value: number): WeightedUpdate => ({ lanes: Int32Array.of(value, value), weight: 3 });
    const base = Int32Array.of(largest - 1, smallest + 1);
    const mean = (value: number, serverRateQ16 = one) => [
      ...weightedMean({ base, updates: [update(value)], serverRateQ16 }),
    ];
    expect(mean(5)).to.deep.equal([largest, smallest + 6]);
    expect(mean(-5)).to.deep.equal([largest - 6, smallest]);
    expect(mean(largest, 1 << 20)).to.deep.equal([largest, largest]);
    expect(mean(smallest, 1 << 20)).to.deep.equal([smallest, smallest]);
  });

  it("works across blocks and numbers of updates that leave a remainder", () => {
    const parameterCount = 2 * 16_384 + 3;
    for (const count of [1, 7, 8, 9, 17]) {
      const updates = Array.from({ length: count }, (_, k) => ({
        lanes: Int32Array.from({ length: parameterCount }, (_, i) => Math.imul(i + 1, 0x9e37 + k) >> 8),
        weight: 100 + k,
      }));
      const base = Int32Array.from({ length: parameterCount }, (_, i) => i - 1000);
      const round = { base, updates, serverRateQ16: 60_000 };
      const before = base.slice();
      const result = weightedMean(round);
      const same = (other: ArrayLike<number>): boolean => result.every((value, i) => value === other[i]);
      expect(same(plainMean(round)), `${count} updates, as specified`).to.equal(true);
      expect(same(streamedMean(round)), `${count} updates, streamed`).to.equal(true);
      expect(base).to.deep.equal(before);
    }
  });

  it("a chunk of the result depends on the same chunk of the inputs only", () => {
    const lanes = (k: number): Int32Array => Int32Array.from({ length: 256 }, (_, i) => Math.imul(i + 7, k * 77_777));
    const updates = [1, 2, 3].map((k) => ({ lanes: lanes(k), weight: k }));
    const whole = weightedMean({ base: lanes(4), updates, serverRateQ16: one });
    const part = weightedMean({
      base: lanes(4).subarray(64, 128),
      updates: updates.map((update) => ({ ...update, lanes: update.lanes.subarray(64, 128) })),
      serverRateQ16: one,
    });
    expect(part).to.deep.equal(whole.slice(64, 128));
  });

  it("streaming: tells its total weight, and can be read more than once", () => {
    const mean = createWeightedMean({ parameterCount: 1, serverRateQ16: one });
    expect(mean.totalWeight).to.equal(0n);
    mean.add(Int32Array.of(10), 2 ** 32 - 1);
    mean.add(Int32Array.of(20), 2 ** 32 - 1);
    expect(mean.totalWeight).to.equal(2n ** 33n - 2n);
    expect([...mean.finish(Int32Array.of(1))]).to.deep.equal([16]);
    expect([...mean.finish(Int32Array.of(-1))]).to.deep.equal([14]);
  });

  it("refuses other lengths, no updates, weights and rates out of range", async () => {
    const round = { base: new Int32Array(2), serverRateQ16: one };
    const update = (length: number, weight: number): WeightedUpdate => ({ lanes: new Int32Array(length), weight });
    for (const mean of [weightedMean, streamedMean]) {
      await expectCode("LENGTH_MISMATCH", () => mean({ ...round, updates: [update(2, 1), update(3, 1)] }));
      await expectCode("INVALID_ARGUMENT", () => mean({ ...round, updates: [] }));
      for (const weight of [0, -1, 0.5, 2 ** 32, Number.NaN, Number.POSITIVE_INFINITY]) {
        await expectCode("INVALID_ARGUMENT", () => mean({ ...round, updates: [update(2, 1), update(2, weight)] }));
      }
      for (const serverRateQ16 of [0, -1, 0.5, 2 ** 20 + 1, Number.NaN]) {
        await expectCode("INVALID_ARGUMENT", () => mean({ ...round, updates: [update(2, 1)], serverRateQ16 }));
      }
    }
    const mean = createWeightedMean({ parameterCount: 2, serverRateQ16: one });
    mean.add(new Int32Array(2), 1);
    await expectCode("LENGTH_MISMATCH", () => mean.finish(new Int32Array(3)));
  });
});

describe("rules", () => {
  it("are found by their names on the chain", async () => {
    const rule = ruleByName("weighted-mean");
    expect(rule).to.include({ name: "weighted-mean", chunkLocal: true, holdsUpdates: false });
    const mean = rule.create({ parameterCount: 1, serverRateQ16: one });
    mean.add(Int32Array.of(8), 1);
    expect([...mean.finish(Int32Array.of(1))]).to.deep.equal([9]);
    await expectCode("UNSUPPORTED_RULE", () => ruleByName("krum" as Rule));
  });
});
