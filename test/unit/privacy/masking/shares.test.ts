import { expect } from "chai";
import { combine } from "shamir-secret-sharing";
import { deriveNodeKeys } from "../../../../node/chain/accounts/node-keys.ts";
import { concatBytes, fromHex, toHex } from "../../../../node/core/bytes/hex.ts";
import type { Address, Bytes32, Hex } from "../../../../node/core/ids.ts";
import { sealTo } from "../../../../node/privacy/hpke.ts";
import {
  createMaskSecrets,
  openShare,
  sealShares,
  shareBundleBytes,
  shareEntryBytes,
  shareHash,
} from "../../../../node/privacy/masking/index.ts";
import { createRandom } from "../../../../node/system/random.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { vectors } from "../../../support/vectors.ts";

const account = (digit: number): Address => toHex(new Uint8Array(20).fill(digit));
const start: Bytes32 = toHex(new Uint8Array(32).fill(9));
const secrets = createMaskSecrets(createRandom());
const keys = [1, 2, 3, 4, 5].map((digit) => deriveNodeKeys(`0x${String(digit).repeat(64)}`).encryption);
const others = keys.map(({ publicKey: shareKey }, i) => ({ participant: account(i + 1), shareKey }));
const from = account(8);
const deal = { start, from, secrets, thresholdPercent: 60, others };
const entryAt = (bundle: Uint8Array, i: number) => bundle.slice(shareEntryBytes * i, shareEntryBytes * (i + 1));
const openAs = (i: number, entry: Uint8Array, inRound = start, sender = from) =>
  openShare(inRound, { from: sender, to: account(i + 1), entry, privateKey: keys[i]!.privateKey });

describe("mask shares", () => {
  let bundle: Uint8Array;
  before(async () => {
    bundle = await sealShares(deal);
  });

  it("take 178 bytes for each other, and any three of five give the secrets", async () => {
    expect(shareEntryBytes).to.equal(178);
    expect(bundle.length).to.equal(shareBundleBytes(6)).and.equal(890);
    const held = await Promise.all(keys.map((_, i) => openAs(i, entryAt(bundle, i))));
    for (const chosen of [
      [0, 1, 2],
      [2, 3, 4],
      [4, 0, 2],
      [0, 1, 2, 3, 4],
    ]) {
      expect(await combine(chosen.map((i) => held[i]!.seed))).to.deep.equal(secrets.seed);
      expect(await combine(chosen.map((i) => held[i]!.key))).to.deep.equal(secrets.secretKey);
    }
    expect(await combine([held[0]!.seed, held[1]!.seed])).not.to.deep.equal(secrets.seed);
  });

  it("are other ones each time", async () => {
    const again = await sealShares(deal);
    for (let i = 0; i < 5; i++) expect(toHex(entryAt(again, i))).not.to.equal(toHex(entryAt(bundle, i)));
  });

  it("agree with the vectors on their hashes", () => {
    type Case = { kind: string; of: "seed" | "key"; from: Hex; to: Hex; share: Hex; expected: Hex };
    const cases = vectors<Case>("masking").filter(({ kind }) => kind === "share");
    expect(cases).to.have.length(2);
    for (const c of cases) expect(toHex(shareHash(c.of, c.from, c.to, fromHex(c.share)))).to.equal(c.expected);
  });

  it("are zeros for who has named no key that anything can be sealed to", async () => {
    const without = others.map((each, i) =>
      i === 1
        ? { participant: each.participant }
        : i === 3
          ? { ...each, shareKey: `0x${"00".repeat(32)}` as const }
          : each,
    );
    const other = await sealShares({ ...deal, others: without });
    expect(await openAs(1, entryAt(other, 1))).to.equal(undefined);
    expect(await openAs(3, entryAt(other, 3))).to.equal(undefined);
    expect(await openAs(2, entryAt(other, 2))).to.have.keys("seed", "key");
  });

  it("that are not for their receiver in this round are refused", async () => {
    const entry = entryAt(bundle, 0);
    const otherDeal = await sealShares({ ...deal, from: account(7) });
    const otherStart = toHex(new Uint8Array(32).fill(8));
    const replays: [string, Uint8Array, Bytes32?, Address?][] = [
      ["another receiver's", entryAt(bundle, 1)],
      ["another sender's", entryAt(otherDeal, 0)],
      ["this sender's as another's", entry, start, account(7)],
      ["another opening's: of another round, task, federation or chain", entry, otherStart],
      ["a shortened one", entry.subarray(1)],
      ["none", new Uint8Array(0)],
    ];
    for (const [, bytes, inRound, sender] of replays) {
      await expectCode("MASK_SHARE_REPLAYED", () => openAs(0, bytes, inRound, sender));
    }
    for (const at of [0, 32, 64, 100, 177]) {
      const changed = entry.slice();
      changed[at]! ^= 1;
      await expectCode("MASK_SHARE_REPLAYED", () => openAs(0, changed));
    }
  });

  it("whose hashes are others' are refused, though they open", async () => {
    const label = new TextEncoder().encode("fedledger/shares/2");
    const info = concatBytes(label, fromHex(start), fromHex(from), fromHex(account(1)));
    const sealed = await sealTo(keys[0]!.publicKey, new Uint8Array(66).fill(1), { info });
    const forged = concatBytes(entryAt(bundle, 0).subarray(0, 64), sealed);
    const error = await expectCode("MASK_SHARE_REPLAYED", () => openAs(0, forged));
    expect(error.data.reason).to.contain("hashed");
  });

  it("refuse a round of fewer than three, and thresholds of half or less", async () => {
    await expectCode("INVALID_ARGUMENT", () => sealShares({ ...deal, others: others.slice(0, 1) }));
    await expectCode("INVALID_ARGUMENT", () => sealShares({ ...deal, thresholdPercent: 50 }));
  });
});
