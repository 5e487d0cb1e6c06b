import { expect } from "chai";
import fc from "fast-check";
import { meanOfSum, weightedMean } from "../../../node/aggregation/index.ts";
import { expectCode } from "../../support/expect-code.ts";

const clipLanes = 1000;
const lanes = (length: number, limit: number) =>
  fc
    .array(fc.integer({ min: -limit, max: limit }), { minLength: length, maxLength: length })
    .map((of) => Int32Array.from(of));

describe("the mean of a sum", () => {
  it("is the weighted mean of the updates that the sum is made of", () => {
    const update = fc.record({ lanes: lanes(7, clipLanes), weight: fc.integer({ min: 1, max: 50 }) });
    const updates = fc.array(update, { minLength: 1, maxLength: 8 });
    const rate = fc.constantFrom(1, 40_000, 65_536, 131_072, 1 << 20);
    fc.assert(
      fc.property(updates, lanes(7, 2 ** 31 - 1), rate, (all, base, serverRateQ16) => {
        const sum = base.map((_, i) => all.reduce((total, { lanes: q, weight }) => total + weight * q[i]!, 0));
        const totalWeight = all.reduce((total, { weight }) => total + BigInt(weight), 0n);
        const mean = meanOfSum({ base, sum, totalWeight, clipLanes, serverRateQ16 });
        expect(mean).to.deep.equal(weightedMean({ base, updates: all, serverRateQ16 }));
      }),
      { numRuns: 50 },
    );
  });

  it("moves no lane further than the clip, whatever the sum, and saturates", () => {
    const base = Int32Array.of(0, 0, 5, 2 ** 31 - 1, -(2 ** 31));
    const sum = Int32Array.of(2 ** 31 - 1, -(2 ** 31), 12_001, 2 ** 31 - 1, -(2 ** 31));
    const mean = meanOfSum({ base, sum, totalWeight: 12n, clipLanes, serverRateQ16: 65_536 });
    expect([...mean]).to.deep.equal([1000, -1000, 1005, 2 ** 31 - 1, -(2 ** 31)]);
  });

  it("works block by block, and checks its arguments", async () => {
    const base = new Int32Array(40_000).map((_, i) => i);
    const arguments_ = { base, sum: base, totalWeight: 2n, clipLanes: 2 ** 20, serverRateQ16: 65_536 };
    expect(meanOfSum(arguments_)).to.deep.equal(base.map((lane) => lane + Math.floor(lane / 2)));
    await expectCode("LENGTH_MISMATCH", () => meanOfSum({ ...arguments_, sum: base.subarray(1) }));
    for (const totalWeight of [0n, -1n, 2n ** 32n + 1n]) {
      await expectCode("INVALID_ARGUMENT", () => meanOfSum({ ...arguments_, totalWeight }));
    }
    await expectCode("INVALID_ARGUMENT", () => meanOfSum({ ...arguments_, serverRateQ16: 0 }));
  });
});
