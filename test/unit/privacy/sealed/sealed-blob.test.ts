import { expect } from "chai";
import fc from "fast-check";
import type { Bytes32 } from "../../../../node/core/ids.ts";
import { sealBytes } from "../../../../node/core/task/blob-length.ts";
import { keyringOf, openBlob, sealBlob } from "../../../../node/privacy/sealed/sealed-blob.ts";
import { testBlob } from "../../../support/blobs.ts";
import { accountOfMember, anyContentId, sealedTask, updateName } from "../../../support/history/sealed-members.ts";

const secret = testBlob(32, 5);
const keyring = { contentId: anyContentId, lengthBytes: 33 + 112 };
const seal = { task: sealedTask, name: updateName(), keyring, secret };
const other = `0x${"77".repeat(32)}` as Bytes32;

describe("a sealed blob", () => {
  it("is the plaintext, longer by a fixed length, and says where its keyring is", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 600 }), (plaintext) => {
        const sealed = sealBlob(plaintext, seal);
        expect(sealed.length).to.equal(plaintext.length + sealBytes);
        expect(keyringOf(sealed)).to.deep.equal(keyring);
        expect(openBlob(sealed, seal)).to.deep.equal(plaintext);
      }),
    );
  });

  it("goes through the cipher in steps without a trace of them", () => {
    const plaintext = testBlob((1 << 21) + 12, 3);
    const sealed = sealBlob(plaintext, seal);
    expect(Buffer.compare(openBlob(sealed, seal)!, plaintext)).to.equal(0);
    sealed[1 << 20]! ^= 1;
    expect(openBlob(sealed, seal)).to.equal(undefined);
  });

  it("is the same bytes when it is sealed again, and shares none with any other", () => {
    const plaintext = testBlob(64, 1);
    const sealed = Buffer.from(sealBlob(plaintext, seal));
    expect(Buffer.compare(sealBlob(plaintext, seal), sealed)).to.equal(0);
    for (const changed of elsewhere()) {
      const another = Buffer.from(sealBlob(plaintext, changed));
      expect(another.subarray(0, 64).equals(sealed.subarray(0, 64))).to.equal(false);
    }
  });

  it("opens under its own name, keyring and secret only", () => {
    const sealed = sealBlob(testBlob(64, 1), seal);
    for (const changed of elsewhere()) expect(openBlob(sealed, changed)).to.equal(undefined);
  });

  it("opens with no bit flipped, and not when it is cut short", () => {
    const sealed = sealBlob(testBlob(40, 9), seal);
    for (let bit = 0; bit < 8 * sealed.length; bit++) {
      const flipped = sealed.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(openBlob(flipped, seal), `bit ${bit}`).to.equal(undefined);
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(openBlob(sealed.subarray(0, length), seal), `${length} bytes`).to.equal(undefined);
    }
    expect(keyringOf(sealed.subarray(0, sealBytes))).to.equal(undefined);
  });
});

/** The seal with one thing changed, everything in turn. */
function elsewhere() {
  const { task, name } = seal;
  return [
    { ...seal, task: { ...task, chainId: 1 } },
    { ...seal, task: { ...task, federation: accountOfMember(7) } },
    { ...seal, task: { ...task, taskId: 4 } },
    { ...seal, name: { ...name, round: 2 } },
    { ...seal, name: { ...name, sender: accountOfMember(1) } },
    { ...seal, name: { ...name, purpose: "model" as const } },
    { ...seal, name: { ...name, root: other } },
    { ...seal, keyring: { ...keyring, contentId: other } },
    { ...seal, keyring: { ...keyring, lengthBytes: 33 + 224 } },
    { ...seal, secret: testBlob(32, 6) },
  ];
}
