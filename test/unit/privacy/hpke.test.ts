import { expect } from "chai";
import { deriveNodeKeys } from "../../../node/chain/accounts/node-keys.ts";
import { toHex } from "../../../node/core/bytes/hex.ts";
import { hpkeOverheadBytes, openSealed, sealTo } from "../../../node/privacy/hpke.ts";
import { expectCode } from "../../support/expect-code.ts";

const { publicKey, privateKey } = deriveNodeKeys(`0x${"41".repeat(32)}`).encryption;
const other = deriveNodeKeys(`0x${"42".repeat(32)}`).encryption;
const info = new TextEncoder().encode("fedledger/test/1");
const message = Uint8Array.from({ length: 66 }, (_, i) => i);

describe("sealed messages", () => {
  it("open for their receiver in their context, are never the same twice, and grow by a fixed length", async () => {
    const [one, two] = [await sealTo(publicKey, message, { info }), await sealTo(publicKey, message, { info })];
    expect(one.length).to.equal(message.length + hpkeOverheadBytes);
    expect(toHex(one)).not.to.equal(toHex(two));
    for (const sealed of [one, two]) expect(await openSealed(privateKey, sealed, { info })).to.deep.equal(message);
    const aad = Uint8Array.of(7);
    const bound = await sealTo(publicKey, message, { info, aad });
    expect(await openSealed(privateKey, bound, { info, aad })).to.deep.equal(message);
    await expectCode("HPKE_NOT_OPENED", () => openSealed(privateKey, bound, { info }));
  });

  it("do not open for others, in another context, or changed in any part", async () => {
    const sealed = await sealTo(publicKey, message, { info });
    await expectCode("HPKE_NOT_OPENED", () => openSealed(other.privateKey, sealed, { info }));
    await expectCode("HPKE_NOT_OPENED", () => openSealed(privateKey, sealed, { info: info.slice(1) }));
    for (const at of [0, 31, 32, sealed.length - 1]) {
      const changed = sealed.slice();
      changed[at]! ^= 1;
      await expectCode("HPKE_NOT_OPENED", () => openSealed(privateKey, changed, { info }));
    }
    for (const length of [0, 31, 32, 47, sealed.length - 1]) {
      await expectCode("HPKE_NOT_OPENED", () => openSealed(privateKey, sealed.subarray(0, length), { info }));
    }
  });

  it("are not made for what is no key", async () => {
    await expectCode("HPKE_KEY_INVALID", () => sealTo(toHex(new Uint8Array(32)), message, { info }));
    await expectCode("HPKE_KEY_INVALID", () => sealTo("0x1234", message, { info }));
  });
});
