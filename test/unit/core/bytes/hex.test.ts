import { expect } from "chai";
import { AbiCoder } from "ethers";
import fc from "fast-check";
import { abiWords, concatBytes, fromHex, hexEquals, toHex, word } from "../../../../node/core/bytes/hex.ts";
import { expectCode } from "../../../support/expect-code.ts";

describe("hex", () => {
  it("gives back the bytes it was given", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromHex(toHex(bytes))).to.deep.equal(bytes);
      }),
    );
    expect(toHex(Uint8Array.of(0, 10, 255))).to.equal("0x000aff");
    expect(fromHex("0xAbCd")).to.deep.equal(Uint8Array.of(0xab, 0xcd));
  });

  for (const bad of ["", "0", "0x0", "00", "0xzz", "0x00\n", "0X00"]) {
    it(`refuses ${JSON.stringify(bad)}`, () => expectCode("INVALID_ARGUMENT", () => fromHex(bad)));
  }

  it("compares without regard to letter case", () => {
    expect(hexEquals("0xABcd", "0xabCD")).to.equal(true);
    expect(hexEquals("0xabcd", "0xabce")).to.equal(false);
    expect(hexEquals("0x00ab", "0xab")).to.equal(false);
  });

  it("joins bytes", () => {
    expect(concatBytes(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3))).to.deep.equal(Uint8Array.of(1, 2, 3));
  });

  it("encodes integers, addresses and hashes as Solidity's abi.encode does", () => {
    const coder = AbiCoder.defaultAbiCoder();
    const address = fc.uint8Array({ minLength: 20, maxLength: 20 }).map(toHex);
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);
    const unsigned = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });
    const signed = fc.bigInt({ min: -(2n ** 255n), max: 2n ** 255n - 1n });
    fc.assert(
      fc.property(address, hash, unsigned, signed, fc.maxSafeNat(), (a, b, u, s, n) => {
        const expected = coder.encode(["address", "bytes32", "uint256", "int256", "uint64"], [a, b, u, s, n]);
        expect(toHex(abiWords(a, b, u, s, n))).to.equal(expected);
      }),
    );
    expect(toHex(word(258))).to.equal(`0x${"0".repeat(61)}102`);
  });

  for (const bad of [2n ** 256n, -(2n ** 255n) - 1n, 0.5, Number.NaN, 2 ** 53]) {
    it(`refuses ${bad} as a word`, () => expectCode("INVALID_ARGUMENT", () => word(bad)));
  }

  it("refuses more than 32 bytes as a word", () =>
    expectCode("INVALID_ARGUMENT", () => abiWords(`0x${"00".repeat(33)}`)));
});
