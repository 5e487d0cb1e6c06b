import { keccak_256 } from "@noble/hashes/sha3.js";
import { expect } from "chai";
import fc from "fast-check";
import { toHex } from "../../../../node/core/bytes/hex.ts";
import { keccak256 } from "../../../../node/core/bytes/keccak.ts";

describe("keccak256", () => {
  it("hashes nothing to Ethereum's well-known value", () => {
    const empty = "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470";
    expect(toHex(keccak256(new Uint8Array(0)))).to.equal(empty);
  });

  it("agrees with another implementation around the sponge's block of 136 bytes and beyond 16 KiB", () => {
    const bytes = Uint8Array.from({ length: 40_000 }, (_, i) => (i * i) & 0xff);
    for (const length of [1, 135, 136, 137, 271, 272, 273, 16_383, 16_384, 16_385, 40_000]) {
      expect(keccak256(bytes.subarray(0, length)), `${length} bytes`).to.deep.equal(
        keccak_256(bytes.subarray(0, length)),
      );
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (some) => {
        expect(keccak256(some)).to.deep.equal(keccak_256(some));
      }),
    );
  });
});
