import { expect } from "chai";
import fc from "fast-check";
import { clipUpdate, isWithin } from "../../../../node/privacy/noise/index.ts";
import { expectCode } from "../../../support/expect-code.ts";

const lane = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

describe("privacy/noise/clip-update", () => {
  it("the norm of the integers is never above the clip, in exact arithmetic", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.float({ noNaN: true, min: -100, max: 100 }), fc.integer({ min: -(2 ** 26), max: 2 ** 26 })),
          {
            minLength: 1,
            maxLength: 40,
          },
        ),
        fc.integer({ min: 1, max: 2 ** 22 }),
        fc.constantFrom("l1", "l2"),
        (pairs, clipNormLanes, norm) => {
          const local = Float32Array.from(pairs, ([value]) => value);
          const base = Int32Array.from(pairs, ([, value]) => value);
          const { lanes } = clipUpdate(local, base, { fractionBits: 20, clipNormLanes, norm });
          const size = [...lanes].reduce((sum, each) => {
            const value = BigInt(Math.abs(each));
            return sum + (norm === "l2" ? value * value : value);
          }, 0n);
          expect(size <= (norm === "l2" ? BigInt(clipNormLanes) ** 2n : BigInt(clipNormLanes))).to.equal(true);
        },
      ),
      { numRuns: 400 },
    );
  });

  it("holds at every width up to 2^20, for numbers that sums of squares lose", function () {
    this.timeout(60_000);
    const worst: readonly ((i: number) => number)[] = [
      (i) => (i === 0 ? 4096 : 1),
      () => 0.1,
      (i) => (i === 7 ? 3e38 : 1e-38),
      (i) => (i % 2 === 0 ? 3e38 : -3e38),
    ];
    for (const width of [65_536, 2 ** 20]) {
      for (const value of worst) {
        const local = Float32Array.from({ length: width }, (_, i) => value(i));
        for (const norm of ["l1", "l2"] as const) {
          for (const clipNormLanes of [2 ** 20, 2 ** 31 - 1]) {
            const { lanes } = clipUpdate(local, new Int32Array(width), { fractionBits: 20, clipNormLanes, norm });
            let size = 0n;
            for (const each of lanes.filter(Boolean))
              size += norm === "l2" ? BigInt(each) ** 2n : BigInt(Math.abs(each));
            const most = norm === "l2" ? BigInt(clipNormLanes) ** 2n : BigInt(clipNormLanes);
            expect(size <= most, `${width} ${norm} ${clipNormLanes}`).to.equal(true);
          }
        }
      }
    }
  });

  it("an update within the norm is encoded as without clipping", () => {
    const base = Int32Array.of(0, 1 << 20, -5);
    const local = Float32Array.of(0.25, 1.5, 0);
    const { lanes, within, normLanes } = clipUpdate(local, base, {
      fractionBits: 20,
      clipNormLanes: 1 << 20,
      norm: "l2",
    });
    expect([...lanes]).to.deep.equal([1 << 18, 1 << 19, 5]);
    expect(within).to.equal(true);
    expect(normLanes).to.be.closeTo(Math.hypot(2 ** 18, 2 ** 19, 5), 1e-6);
  });

  it("a long update is scaled in its own direction, by L2 or by L1", () => {
    const base = new Int32Array(2);
    const local = Float32Array.of(3, -4);
    const l2 = clipUpdate(local, base, { fractionBits: 16, clipNormLanes: 65536, norm: "l2" });
    expect([...l2.lanes]).to.deep.equal([39321, -52428]);
    expect(l2.within).to.equal(false);
    const l1 = clipUpdate(local, base, { fractionBits: 16, clipNormLanes: 65536, norm: "l1" });
    expect([...l1.lanes]).to.deep.equal([28087, -37449]);
  });

  it("rounding that would leave the ball goes towards zero instead", () => {
    // 100 lanes of 0.6: norm 6, rounded to the nearest they would have norm 10
    const local = Float32Array.from({ length: 100 }, () => 0.6 / 1024);
    const { lanes } = clipUpdate(local, new Int32Array(100), { fractionBits: 10, clipNormLanes: 7, norm: "l2" });
    expect(lanes.every((each) => each === 0)).to.equal(true);
  });

  it("a zero update stays zero", () => {
    const { lanes, within } = clipUpdate(new Float32Array(3), new Int32Array(3), {
      fractionBits: 20,
      clipNormLanes: 5,
      norm: "l2",
    });
    expect([...lanes]).to.deep.equal([0, 0, 0]);
    expect(within).to.equal(true);
  });

  it("the exact comparison is that of big integers", () => {
    fc.assert(
      fc.property(fc.array(lane, { maxLength: 8 }), fc.integer({ min: 1, max: 2 ** 31 - 1 }), (values, most) => {
        const squares = values.reduce((sum, each) => sum + BigInt(each) ** 2n, 0n);
        expect(isWithin(Int32Array.from(values), most, "l2")).to.equal(squares <= BigInt(most) ** 2n);
      }),
    );
    expect(isWithin(Int32Array.of(3, 4), 5, "l2")).to.equal(true);
    expect(isWithin(Int32Array.of(3, 4, 1), 5, "l2")).to.equal(false);
    expect(isWithin(Int32Array.of(3, -4), 7, "l1")).to.equal(true);
    expect(isWithin(Int32Array.of(3, -4), 6, "l1")).to.equal(false);
  });

  it("refuses numbers that are not finite, lengths that differ and clips out of range", async () => {
    const options = { fractionBits: 20, clipNormLanes: 5, norm: "l2" } as const;
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY])
      await expectCode("NON_FINITE_PARAMETER", () => clipUpdate(Float32Array.of(bad), new Int32Array(1), options));
    await expectCode("LENGTH_MISMATCH", () => clipUpdate(new Float32Array(2), new Int32Array(1), options));
    for (const clipNormLanes of [0, 1.5, 2 ** 31])
      await expectCode("INVALID_ARGUMENT", () =>
        clipUpdate(new Float32Array(1), new Int32Array(1), { ...options, clipNormLanes }),
      );
  });
});
