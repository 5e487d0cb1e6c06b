import { expect } from "chai";
import { parseEther } from "ethers";
import fc from "fast-check";
import { etherText } from "../../../../node/core/bytes/ether.ts";

describe("ether as text", () => {
  it("is exact, without trailing zeros", () => {
    expect(etherText(0n)).to.equal("0");
    expect(etherText(1n)).to.equal("0.000000000000000001");
    expect(etherText(1_500_000_000_000_000_000n)).to.equal("1.5");
    expect(etherText(10n ** 20n)).to.equal("100");
    expect(etherText(-5n * 10n ** 17n)).to.equal("-0.5");
  });

  it("reads back as the same amount", () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 96n), 2n ** 96n), (wei) => {
        expect(parseEther(etherText(wei))).to.equal(wei);
      }),
    );
  });
});
