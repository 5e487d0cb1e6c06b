import { expect } from "chai";
import fc from "fast-check";
import { bytesToLanes, lanesToBytes } from "../../../../node/core/bytes/lanes.ts";
import { expectCode } from "../../../support/expect-code.ts";

describe("lanes", () => {
  it("are int32 little-endian", () => {
    const bytes = lanesToBytes(Int32Array.of(1, -2, 0x0102_0304));
    expect([...bytes]).to.deep.equal([1, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 4, 3, 2, 1]);
  });

  it("give back what they were given, at any alignment and inside larger buffers", () => {
    fc.assert(
      fc.property(fc.int32Array(), fc.nat(9), (lanes, offset) => {
        const inside = new Uint8Array(lanes.byteLength + offset + 3);
        inside.set(lanesToBytes(lanes), offset);
        const back = bytesToLanes(inside.subarray(offset, offset + lanes.byteLength));
        expect([...back]).to.deep.equal([...lanes]);
        expect([...lanesToBytes(back)]).to.deep.equal([...lanesToBytes(lanes)]);
      }),
    );
    const whole = Int32Array.of(1, 2, 3, 4);
    expect([...lanesToBytes(whole.subarray(1, 3))]).to.deep.equal([2, 0, 0, 0, 3, 0, 0, 0]);
  });

  for (const length of [1, 2, 3, 5, 255]) {
    it(`refuses ${length} bytes`, () => expectCode("LENGTH_MISMATCH", () => bytesToLanes(new Uint8Array(length))));
  }
});
