import { expect } from "chai";
import { createKeyedHash } from "../../../node/privacy/keyed-hash.ts";
import { expectCode } from "../../support/expect-code.ts";

describe("privacy/keyed-hash", () => {
  const salt = Uint8Array.from({ length: 32 }, (_, i) => i);

  it("is HMAC-SHA256, as Python's hmac computes it", () => {
    expect(Buffer.from(createKeyedHash(salt)('["fedledger/hash/1","name","Müller"]')).toString("hex")).to.equal(
      "4cf4fbc49adb06e3fb2564b4fd6513673c381c6321d02658338b347e4142783b",
    );
  });

  it("keeps its own copy of the salt", () => {
    const given = salt.slice();
    const hash = createKeyedHash(given);
    const before = hash("x");
    given.fill(0);
    expect(hash("x")).to.deep.equal(before);
  });

  it("refuses a salt of another length", async () => {
    for (const length of [0, 16, 31, 33]) {
      await expectCode("INVALID_ARGUMENT", () => createKeyedHash(new Uint8Array(length)));
    }
  });
});
