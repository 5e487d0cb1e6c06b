import { expect } from "chai";
import { itemAt, lastOf, valueAt } from "../../../../node/core/bytes/items.ts";
import { expectCode } from "../../../support/expect-code.ts";

describe("items", () => {
  it("are given where they are, of arrays and of lanes", () => {
    expect(itemAt(["a", "b"], 1)).to.equal("b");
    expect(lastOf(Int32Array.of(1, 0))).to.equal(0);
    expect(valueAt(new Map([["a", 1]]), "a")).to.equal(1);
  });

  it("are refused where there is none", async () => {
    for (const index of [-1, 2, 0.5]) await expectCode("INVALID_ARGUMENT", () => itemAt(["a", "b"], index));
    await expectCode("INVALID_ARGUMENT", () => lastOf([]));
    await expectCode("INVALID_ARGUMENT", () => valueAt(new Map<number, string>(), 1));
  });
});
