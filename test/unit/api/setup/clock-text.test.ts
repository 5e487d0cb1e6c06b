import { expect } from "chai";
import { clockText } from "../../../../node/api/setup/clock-text.ts";

describe("what is said of a machine's clock", () => {
  it("is its difference from the chain's, and what goes by which where it is large", () => {
    expect(clockText(1_000, 1_012_400)).to.equal("this machine's and the chain's differ by 12 s");
    expect(clockText(10_000, 2_800_000)).to.contain("is 7200 s behind").and.contain("by the chain's time");
    expect(clockText(1_000, 8_200_000)).to.contain("is 7200 s old").and.contain("this clock is ahead");
  });
});
