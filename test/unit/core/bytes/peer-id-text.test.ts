import { expect } from "chai";
import fc from "fast-check";
import { toHex } from "../../../../node/core/bytes/hex.ts";
import { peerIdFromHex, peerIdToHex } from "../../../../node/core/bytes/peer-id-text.ts";
import { FedledgerError } from "../../../../node/core/errors/error.ts";

describe("the text of a PeerId", () => {
  // Both forms of one key, from the libp2p specification of peer ids.
  const base58 = "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA";
  const cid = "bafzaajaiaejcal72gwuz2or47oyxxn6b3rkwdmmkrxgkjxzy3rqt5kczyn7lcm3l";

  it("is read in both of its forms", () => {
    expect(peerIdToHex(cid)).to.equal(peerIdToHex(base58));
    expect(peerIdToHex(base58)).to.match(/^0x0024080112200*[0-9a-f]+$/);
    expect(peerIdFromHex(peerIdToHex(cid))).to.equal(base58);
    const sha256 = "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N";
    expect(peerIdFromHex(peerIdToHex(sha256))).to.equal(sha256);
  });

  it("comes back from the bytes of any key", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (key) => {
        const multihash = `0x002408011220${toHex(key).slice(2)}`;
        return peerIdToHex(peerIdFromHex(multihash)) === multihash;
      }),
    );
  });

  it("refuses what is none", () => {
    for (const text of ["", "1O0l", "hello", "Qm!", "zzz"]) {
      expect(() => peerIdToHex(text))
        .to.throw(FedledgerError)
        .with.property("code", "INVALID_ARGUMENT");
    }
  });
});
