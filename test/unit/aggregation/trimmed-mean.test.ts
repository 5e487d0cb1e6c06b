import { expect } from "chai";
import fc from "fast-check";
import {
  coordinateMedian,
  medianTrim,
  ruleByName,
  trimBounds,
  trimmedMean,
  trimOf,
  weightedMean,
} from "../../../node/aggregation/index.ts";
import { blockLanes, createPlainTrimmedSums, createTrimmedSums } from "../../../node/aggregation/trimmed-sums.ts";
import { createWasmTrimmedSums } from "../../../node/aggregation/wasm-trimmed-sums.ts";
import { concatBytes, fromHex, toHex } from "../../../node/core/bytes/hex.ts";
import { bytesToLanes, lanesToBytes } from "../../../node/core/bytes/lanes.ts";
import type { Hex } from "../../../node/core/ids.ts";
import type { Rule } from "../../../node/core/records.ts";
import { expectCode } from "../../support/expect-code.ts";
import { vectors } from "../../support/vectors.ts";

interface Case {
  name: string;
  rule: Rule;
  trim: number;
  serverRateQ16: number;
  base: Hex;
  updates: Hex[];
  bounds: Hex;
  expected: Hex;
}
type Round = Parameters<typeof trimmedMean>[0];

const one = 65_536;
const smallest = -(2 ** 31);
const largest = 2 ** 31 - 1;

/** docs/protocol/bytes.md in integers without limit: a sort of every column. */
function plainTrimmedMean({ base, updates, trim, serverRateQ16 }: Round): number[] {
  const kept = updates.length - 2 * trim;
  const divisor = BigInt(kept) << 16n;
  return Array.from(base, (lane, i) => {
    const column = updates.map((lanes) => BigInt(lanes[i]!)).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    const sum = column.slice(trim, trim + kept).reduce((s, value) => s + value, 0n);
    const dividend = sum * BigInt(serverRateQ16);
    const remainder = ((dividend % divisor) + divisor) % divisor;
    return Math.min(largest, Math.max(smallest, Number(BigInt(lane) + (dividend - remainder) / divisor)));
  });
}

const extremes = [smallest, smallest + 1, -1, 0, 1, largest - 1, largest];
const lane = fc.oneof(
  fc.integer({ min: smallest, max: largest }),
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(...extremes),
);
const vector = (length: number): fc.Arbitrary<Int32Array> =>
  fc
    .oneof(
      fc.array(lane, { minLength: length, maxLength: length }),
      lane.map((value) => new Array<number>(length).fill(value)),
    )
    .map((list) => Int32Array.from(list));
const rate = fc.oneof(fc.constant(one), fc.constantFrom(1, one + 1, 1 << 20), fc.integer({ min: 1, max: 1 << 20 }));
const rounds: fc.Arbitrary<Round> = fc
  .record({
    length: fc.integer({ min: 1, max: 5 }),
    count: fc.oneof(fc.constantFrom(1, 2, 3, 64), fc.integer({ min: 1, max: 70 })),
  })
  .chain(({ length, count }) =>
    fc.record({
      base: vector(length),
      serverRateQ16: rate,
      trim: fc.oneof(fc.integer({ min: 0, max: medianTrim(count) }), fc.constant(medianTrim(count))),
      updates: fc.array(vector(length), { minLength: count, maxLength: count }),
    }),
  );

/** Repeatable lanes over the whole range, with extremes among them. */
function mixedLanes(stream: number, length: number): Int32Array {
  return Int32Array.from({ length }, (_, i) => {
    const bits = Math.imul(Math.imul(i + 1, 0x9e37_79b1 + 2 * stream) ^ (i * stream), 0x85eb_ca6b);
    return (bits & 31) === 0 ? extremes[(bits >>> 8) % extremes.length]! : bits >> (bits & 7);
  });
}

function same(name: string, actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual.length, name).to.equal(expected.length);
  for (let i = 0; i < expected.length; i++) if (actual[i] !== expected[i]) expect.fail(`${name}: place ${i} differs`);
}

describe("trimmed mean and median", () => {
  for (const { name, rule, trim, serverRateQ16, base, updates, bounds, expected } of vectors<Case>("trimmed-mean")) {
    it(`vector: ${name}`, () => {
      const chunks = updates.map((hex) => bytesToLanes(fromHex(hex)));
      const round = { base: bytesToLanes(fromHex(base)), updates: chunks, trim, serverRateQ16 };
      expect(toHex(lanesToBytes(trimmedMean(round)))).to.equal(expected);
      expect(toHex(lanesToBytes(Int32Array.from(plainTrimmedMean(round))))).to.equal(expected);
      expect(trimOf({ rule, trim }, updates.length)).to.equal(trim);
      const aggregation = ruleByName(rule).create({ parameterCount: 64, serverRateQ16, trim });
      for (const chunk of chunks) aggregation.add(chunk, 1);
      expect(toHex(lanesToBytes(aggregation.finish(round.base)))).to.equal(expected);
      const { lows, highs } = trimBounds(chunks, trim);
      expect(toHex(concatBytes(lanesToBytes(lows), lanesToBytes(highs)))).to.equal(bounds);
    });
  }

  it("are a sort of every column, exactly", () => {
    fc.assert(
      fc.property(rounds, (round) => {
        expect([...trimmedMean(round)]).to.deep.equal(plainTrimmedMean(round));
        const trim = medianTrim(round.updates.length);
        expect([...coordinateMedian(round)]).to.deep.equal(plainTrimmedMean({ ...round, trim }));
      }),
      { numRuns: 1000 },
    );
  });

  it("do not depend on the order of the updates", () => {
    const shuffled = rounds.chain((round) =>
      fc.record({
        round: fc.constant(round),
        updates: fc.shuffledSubarray([...round.updates], { minLength: round.updates.length }),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ round, updates }) => {
        expect(trimmedMean({ ...round, updates })).to.deep.equal(trimmedMean(round));
        expect(coordinateMedian({ ...round, updates })).to.deep.equal(coordinateMedian(round));
      }),
    );
  });

  it("at trim 0 are the mean at equal weights", () => {
    fc.assert(
      fc.property(rounds, ({ base, updates, serverRateQ16 }) => {
        const equal = updates.map((lanes) => ({ lanes, weight: 1 }));
        expect(trimmedMean({ base, updates, trim: 0, serverRateQ16 })).to.deep.equal(
          weightedMean({ base, updates: equal, serverRateQ16 }),
        );
      }),
    );
  });

  it("stay between the values of the honest, whatever up to `trim` liars send", () => {
    const trim = 3;
    const honest = fc.array(lane, { minLength: 2 * trim + 1, maxLength: 12 });
    const liars = fc.array(lane, { minLength: 0, maxLength: trim });
    fc.assert(
      fc.property(honest, liars, (truths, lies) => {
        const updates = [...truths, ...lies].map((value) => Int32Array.of(value));
        const [result] = trimmedMean({ base: Int32Array.of(0), updates, trim, serverRateQ16: one });
        expect(result).to.be.within(Math.min(...truths), Math.max(...truths));
      }),
    );
  });

  it("take the middle value, or the mean of the middle two, floored", () => {
    const median = (...values: number[]) =>
      coordinateMedian({
        base: Int32Array.of(100),
        updates: values.map((v) => Int32Array.of(v)),
        serverRateQ16: one,
      })[0];
    expect(median(7)).to.equal(107);
    expect(median(-3, 0)).to.equal(98); // floor(-1.5)
    expect(median(1000, -5, 2)).to.equal(102);
    expect(median(1000, -1000, 2, 5)).to.equal(103); // floor(3.5)
    expect([1, 2, 3, 4, 5, 63, 64].map(medianTrim)).to.deep.equal([0, 0, 1, 1, 2, 31, 31]);
  });

  it("refuse other lengths, no updates, trims that leave nothing, and rates out of range", async () => {
    const round = { base: new Int32Array(2), trim: 0, serverRateQ16: one };
    const updates = (count: number, length = 2) => Array.from({ length: count }, () => new Int32Array(length));
    for (const mean of [trimmedMean, coordinateMedian]) {
      await expectCode("LENGTH_MISMATCH", () => mean({ ...round, updates: [...updates(1), ...updates(1, 3)] }));
      await expectCode("INVALID_ARGUMENT", () => mean({ ...round, updates: [] }));
      for (const serverRateQ16 of [0, -1, 0.5, 2 ** 20 + 1, Number.NaN]) {
        await expectCode("INVALID_ARGUMENT", () => mean({ ...round, serverRateQ16, updates: updates(1) }));
      }
    }
    for (const trim of [1, 2, -1, 0.5, Number.NaN]) {
      await expectCode("INVALID_ARGUMENT", () => trimmedMean({ ...round, trim, updates: updates(2) }));
      await expectCode("INVALID_ARGUMENT", () => trimBounds(updates(2), trim));
    }
    await expectCode("INVALID_ARGUMENT", () => trimBounds([], 0));
    await expectCode("LENGTH_MISMATCH", () => trimBounds([...updates(1), ...updates(1, 3)], 0));
  });
});

describe("trimmed mean and median as rules", () => {
  for (const name of ["trimmed-mean", "coordinate-median"] as const) {
    it(`${name}: take one update after another, tell the total weight, and can be read more than once`, async () => {
      const rule = ruleByName(name);
      expect(rule).to.include({ name, chunkLocal: true, holdsUpdates: true });
      const options = { parameterCount: 3, serverRateQ16: 40_000, trim: 1 };
      const aggregation = rule.create(options);
      const base = Int32Array.of(5, -5, 0);
      await expectCode("INVALID_ARGUMENT", () => aggregation.finish(base));
      const updates = [1, 2, 3, 4, 5, 6].map((k) => mixedLanes(k, 3));
      for (const [k, lanes] of updates.entries()) {
        aggregation.add(lanes, 2 ** 31 + k);
        const given = updates.slice(0, k + 1);
        const trim = name === "trimmed-mean" ? 1 : medianTrim(k + 1);
        if (2 * trim > k) await expectCode("INVALID_ARGUMENT", () => aggregation.finish(base));
        else {
          const expected = plainTrimmedMean({ base, updates: given, trim, serverRateQ16: 40_000 });
          expect([...aggregation.finish(base)]).to.deep.equal(expected);
        }
      }
      expect(aggregation.totalWeight).to.equal(6n * 2n ** 31n + 15n);
      expect([...base]).to.deep.equal([5, -5, 0]);
      await expectCode("LENGTH_MISMATCH", () => aggregation.finish(new Int32Array(2)));
      await expectCode("LENGTH_MISMATCH", () => aggregation.add(new Int32Array(2), 1));
      for (const weight of [0, 0.5, 2 ** 32]) {
        await expectCode("INVALID_ARGUMENT", () => aggregation.add(new Int32Array(3), weight));
      }
      await expectCode("INVALID_ARGUMENT", () => rule.create({ ...options, serverRateQ16: 0 }));
    });
  }

  it("trim nothing when the task says nothing, and the weighted mean never does", () => {
    const aggregation = ruleByName("trimmed-mean").create({ parameterCount: 1, serverRateQ16: one });
    for (const value of [1, 2, 9]) aggregation.add(Int32Array.of(value), 1);
    expect([...aggregation.finish(Int32Array.of(0))]).to.deep.equal([4]);
    expect(trimOf({ rule: "trimmed-mean" }, 9)).to.equal(0);
    expect(trimOf({ rule: "trimmed-mean", trim: 2 }, 9)).to.equal(2);
    expect(trimOf({ rule: "coordinate-median", trim: 2 }, 10)).to.equal(4);
    expect(trimOf({ rule: "weighted-mean", trim: 2 }, 9)).to.equal(undefined);
  });
});

describe("trimmed sums", () => {
  it("in WebAssembly are those of the plain loops, for every number of updates and block that is not full", () => {
    for (let count = 1; count <= 64; count++) {
      const updates = Array.from({ length: count }, (_, k) => mixedLanes(k + 1, 700));
      for (const trim of new Set([0, 1, Math.floor(count / 5), medianTrim(count)])) {
        if (2 * trim >= count) continue;
        const wasm = createWasmTrimmedSums(count, trim, blockLanes);
        if (wasm === undefined) return expect.fail("this machine has no WebAssembly SIMD, or the module is malformed");
        const plain = createPlainTrimmedSums(count, trim, 700);
        for (const [start, length] of [
          [0, 512],
          [513, 187],
          [3, 1],
        ] as const) {
          const [sums, expected] = [new Float64Array(length), new Float64Array(length)];
          wasm(updates, start, sums);
          plain(updates, start, expected);
          same(`${count} updates, trim ${trim}, from ${start}`, sums, expected);
        }
      }
    }
  });

  it("across blocks, with a last one that is not whole, are those of a sort", () => {
    const length = 4 * blockLanes + 5;
    for (const [count, trim] of [
      [5, 1],
      [32, 15],
      [70, 7],
    ] as const) {
      const updates = Array.from({ length: count }, (_, k) => mixedLanes(k + 1, length));
      const round = { base: mixedLanes(99, length), updates, trim, serverRateQ16: 60_000 };
      const before = round.base.slice();
      const copies = updates.map((lanes) => lanes.slice());
      same(`${count} updates`, trimmedMean(round), plainTrimmedMean(round));
      same("the base", round.base, before);
      for (const [k, copy] of copies.entries()) same(`update ${k}`, updates[k]!, copy);
    }
  });

  it("are in plain loops where WebAssembly is not to be had", () => {
    const own = Object.getOwnPropertyDescriptor(globalThis, "WebAssembly")!;
    Object.defineProperty(globalThis, "WebAssembly", { value: undefined, configurable: true });
    try {
      expect(createWasmTrimmedSums(3, 1, blockLanes)).to.equal(undefined);
      const sums = new Float64Array(2);
      createTrimmedSums(3, 1, 1e6)([Int32Array.of(1, 9), Int32Array.of(2, 8), Int32Array.of(3, 7)], 0, sums);
      expect([...sums]).to.deep.equal([2, 8]);
    } finally {
      Object.defineProperty(globalThis, "WebAssembly", own);
    }
  });
});
