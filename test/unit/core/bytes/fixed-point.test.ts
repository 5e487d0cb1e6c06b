import { expect } from "chai";
import fc from "fast-check";
import { decodeLanes, encodeParameters, encodeUpdate } from "../../../../node/core/bytes/fixed-point.ts";
import { fromHex, toHex } from "../../../../node/core/bytes/hex.ts";
import { bytesToLanes, lanesToBytes } from "../../../../node/core/bytes/lanes.ts";
import type { Hex } from "../../../../node/core/ids.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { vectors } from "../../../support/vectors.ts";

type Case = { name: string; fractionBits: number; lanes: Hex } & (
  | { values: Hex; clipLanes?: undefined }
  | { clipLanes: number; local: Hex; base: Hex; clipped: number }
);
const lanesOf = (hex: Hex): Int32Array => bytesToLanes(fromHex(hex));
const floatsOf = (hex: Hex): Float32Array => new Float32Array(lanesOf(hex).slice().buffer);
const bits = fc.integer({ min: 1, max: 30 });
/** floor(value * 2^bits + 1/2) in integers, for a finite double. */
function reference(value: number, fractionBits: number): bigint {
  // A float32 is a multiple of 2^-149, so this is an integer; one more bit for the half.
  const scaled = BigInt(value * 2 ** 149) * 2n ** BigInt(fractionBits + 1) + 2n ** 149n;
  const divisor = 2n ** 150n;
  return scaled >= 0n ? scaled / divisor : -((-scaled + divisor - 1n) / divisor);
}

describe("fixed point", () => {
  for (const one of vectors<Case>("fixed-point")) {
    it(`vector: ${one.name}`, () => {
      if (one.clipLanes === undefined) {
        expect(toHex(lanesToBytes(encodeParameters(floatsOf(one.values), one.fractionBits)))).to.equal(one.lanes);
        return;
      }
      const encoded = encodeUpdate(floatsOf(one.local), lanesOf(one.base), one);
      expect(toHex(lanesToBytes(encoded.lanes))).to.equal(one.lanes);
      expect(encoded.clipped).to.equal(one.clipped);
    });
  }

  it("rounds to the nearest lane, ties upward", () => {
    const halves = Float32Array.of(0, 0.25, 0.75, -0.25, -0.75, 1.25, -1.25, 0.2, -0.2, 0.3, -0.3);
    expect([...encodeParameters(halves, 1)]).to.deep.equal([0, 1, 2, 0, -1, 3, -2, 0, 0, 1, -1]);
  });

  it("is the exact rounding of every float32 that fits", () => {
    const small = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1, max: 1 });
    fc.assert(
      fc.property(small, bits, (value, fractionBits) => {
        const [lane] = encodeParameters(Float32Array.of(value), fractionBits);
        expect(BigInt(lane!)).to.equal(reference(Math.fround(value), fractionBits));
      }),
    );
  });

  it("round trip: lanes of at most 24 bits come back exactly, any value within half a lane", () => {
    const lane = fc.integer({ min: -(2 ** 24), max: 2 ** 24 });
    fc.assert(
      fc.property(fc.array(lane), bits, (list, fractionBits) => {
        const lanes = Int32Array.from(list);
        expect([...encodeParameters(decodeLanes(lanes, fractionBits), fractionBits)]).to.deep.equal([...lanes]);
      }),
    );
    const value = fc.float({ noNaN: true, noDefaultInfinity: true, min: -4, max: 4 });
    fc.assert(
      fc.property(value, (number) => {
        const [lane16] = encodeParameters(Float32Array.of(number), 16);
        expect(Math.abs(lane16! / 2 ** 16 - number)).to.be.at.most(2 ** -17);
      }),
    );
  });

  it("encodes the borders of int32 and refuses what is beyond", async () => {
    expect([...encodeParameters(Float32Array.of(-32768, 32767.998), 16)]).to.deep.equal([-(2 ** 31), 2 ** 31 - 128]);
    for (const value of [32768, -32768.004, 1e38, -1e38]) {
      const error = await expectCode("PARAMETER_OUT_OF_RANGE", () => encodeParameters(Float32Array.of(1, value), 16));
      expect(error.data.index).to.equal(1);
    }
  });

  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    it(`refuses ${value} anywhere`, async () => {
      const values = Float32Array.of(0, 1, value, 2);
      const options = { fractionBits: 16, clipLanes: 100 };
      for (const encode of [
        () => encodeParameters(values, 16),
        () => encodeUpdate(values, new Int32Array(4), options),
      ]) {
        const error = await expectCode("NON_FINITE_PARAMETER", encode);
        expect(error.data.index).to.equal(2);
      }
    });
  }

  for (const fractionBits of [0, 31, -1, 1.5, Number.NaN]) {
    it(`refuses ${fractionBits} fraction bits`, () =>
      expectCode("INVALID_ARGUMENT", () => encodeParameters(new Float32Array(1), fractionBits)));
  }

  it("an update is the change from the base, cut to the clip and counted", () => {
    const base = Int32Array.of(65536, 65536, -65536, 0, 0, 0);
    const local = Float32Array.of(1.5, 0.5, -1, 3, -3, 2 ** -17);
    const { lanes, clipped } = encodeUpdate(local, base, { fractionBits: 16, clipLanes: 40_000 });
    expect([...lanes]).to.deep.equal([32_768, -32_768, 0, 40_000, -40_000, 1]);
    expect(clipped).to.equal(2);
  });

  it("an update of any finite parameters is within the clip, and exact where it is not cut", () => {
    const value = fc.float({ noNaN: true, noDefaultInfinity: true });
    const base = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    const clip = fc.integer({ min: 1, max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(value, base, clip, bits, (number, baseLane, clipLanes, fractionBits) => {
        const { lanes, clipped } = encodeUpdate(Float32Array.of(number), Int32Array.of(baseLane), {
          fractionBits,
          clipLanes,
        });
        expect(Math.abs(lanes[0]!)).to.be.at.most(clipLanes);
        const exact = reference(number, fractionBits) - BigInt(baseLane);
        const limit = BigInt(clipLanes);
        const cut = exact > limit ? limit : exact < -limit ? -limit : exact;
        // A change of more than 53 significant bits is rounded twice; it differs by at most one lane.
        expect(Math.abs(Number(BigInt(lanes[0]!) - cut))).to.be.at.most(1);
        if (clipped === 1) expect(Math.abs(lanes[0]!)).to.equal(clipLanes);
      }),
    );
  });

  it("clips what overflows a float64 scale no more than what is merely large", () => {
    const local = Float32Array.of(3.4e38, -3.4e38);
    const { lanes, clipped } = encodeUpdate(local, new Int32Array(2), { fractionBits: 30, clipLanes: 7 });
    expect([...lanes, clipped]).to.deep.equal([7, -7, 2]);
  });

  it("refuses other lengths and clips out of range", async () => {
    const options = { fractionBits: 16, clipLanes: 1 };
    await expectCode("LENGTH_MISMATCH", () => encodeUpdate(new Float32Array(3), new Int32Array(4), options));
    for (const clipLanes of [0, -1, 2 ** 31, 0.5, Number.NaN]) {
      await expectCode("INVALID_ARGUMENT", () =>
        encodeUpdate(new Float32Array(1), new Int32Array(1), { fractionBits: 16, clipLanes }),
      );
    }
  });
});
