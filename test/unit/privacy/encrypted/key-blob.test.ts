import { expect } from "chai";
import { deriveNodeKeys } from "../../../../node/chain/accounts/node-keys.ts";
import { toHex } from "../../../../node/core/bytes/hex.ts";
import { createBfv } from "../../../../node/privacy/encrypted/bfv.ts";
import {
  type GroupKey,
  groupKeyHashes,
  type KeyBlobContext,
  keyBlobBytesOf,
  openKeyBlob,
  sealKeyBlob,
} from "../../../../node/privacy/encrypted/key-blob.ts";
import { drawSecretKey } from "../../../../node/privacy/encrypted/secret-key.ts";
import { createRandom } from "../../../../node/system/random.ts";
import { expectCode } from "../../../support/expect-code.ts";

const bfv = createBfv();
const accounts = [1, 2, 3].map((i) => toHex(new Uint8Array(20).fill(i)));
const keys = [1, 2, 3].map((i) => deriveNodeKeys(`0x${String(i).repeat(64)}`).encryption);
const context: KeyBlobContext = {
  federation: toHex(new Uint8Array(20).fill(0xab)),
  taskId: 7,
  round: 3,
  start: toHex(new Uint8Array(32).fill(0x12)),
  dealer: accounts[0]!,
};
let key: GroupKey;
let blob: Uint8Array;

/** What participant `slot` makes of a blob. */
const open = (slot: number, change: Partial<Parameters<typeof openKeyBlob>[0]> = {}) =>
  openKeyBlob({
    bfv,
    blob,
    context,
    hashes: groupKeyHashes(key),
    drawn: 4,
    slot,
    me: accounts[slot]!,
    privateKey: keys[slot]!.privateKey,
    ...change,
  });

describe("a key blob", () => {
  before(async () => {
    const secretKey = drawSecretKey(createRandom());
    key = { publicKey: await bfv.createPublicKey(secretKey), secretKey };
    const receivers = accounts.map((account, i) => ({ account, encryptionKey: keys[i]!.publicKey }));
    blob = await sealKeyBlob(key, context, [...receivers, undefined]);
  });

  it("gives the key to everyone drawn, and its length follows from their number", async () => {
    expect(blob.length).to.equal(131_072 + 4 * 1072);
    expect(keyBlobBytesOf(4)).to.equal(blob.length);
    for (const slot of [0, 1, 2]) expect(await open(slot)).to.deep.equal(key);
  });

  it("gives nothing to anyone else, or in another context", async () => {
    const stranger = deriveNodeKeys(`0x${"4".repeat(64)}`).encryption;
    await expectCode("GROUP_KEY_INVALID", () => open(1, { privateKey: stranger.privateKey }));
    await expectCode("GROUP_KEY_INVALID", () => open(1, { slot: 2 }));
    await expectCode("GROUP_KEY_INVALID", () => open(1, { slot: 3 }));
    const others: Partial<KeyBlobContext>[] = [
      { federation: accounts[0]! },
      { taskId: 8 },
      { round: 4 },
      { start: toHex(new Uint8Array(32).fill(0x13)) },
      { dealer: accounts[1]! },
    ];
    for (const other of others) {
      await expectCode("GROUP_KEY_INVALID", () => open(1, { context: { ...context, ...other } }));
    }
  });

  it("is refused when it is not what the chain says: of another length, key or secret, or changed anywhere", async () => {
    const zero = toHex(new Uint8Array(32));
    const hashes = groupKeyHashes(key);
    await expectCode("GROUP_KEY_INVALID", () => open(0, { drawn: 3 }));
    await expectCode("GROUP_KEY_INVALID", () => open(0, { blob: new Uint8Array() }));
    await expectCode("GROUP_KEY_INVALID", () => open(0, { hashes: { ...hashes, maskKey: zero } }));
    await expectCode("GROUP_KEY_INVALID", () => open(0, { hashes: { ...hashes, seedHash: zero } }));
    for (const at of [0, 131_071, 131_072, 131_072 + 1071]) {
      const changed = blob.slice();
      changed[at]! ^= 1;
      await expectCode("GROUP_KEY_INVALID", () => open(0, { blob: changed }));
    }
    // a change in another one's copy is that one's business
    const changed = blob.slice();
    changed[131_072 + 1072]! ^= 1;
    expect(await open(0, { blob: changed })).to.deep.equal(key);
    await expectCode("GROUP_KEY_INVALID", () => open(1, { blob: changed }));
  });

  it("of two parts that do not belong together is refused, though the hashes are right", async () => {
    const false_ = { publicKey: key.publicKey, secretKey: drawSecretKey(createRandom()) };
    const dealt = await sealKeyBlob(false_, context, [{ account: accounts[0]!, encryptionKey: keys[0]!.publicKey }]);
    const input = { blob: dealt, drawn: 1, hashes: groupKeyHashes(false_) };
    await expectCode("GROUP_KEY_INVALID", () => open(0, input));
  });

  it("is made although a member has registered no key, or none that can be sealed to", async () => {
    const receivers = [
      { account: accounts[0]! },
      { account: accounts[1]!, encryptionKey: toHex(new Uint8Array(32)) },
      { account: accounts[2]!, encryptionKey: keys[2]!.publicKey },
    ];
    const partial = await sealKeyBlob(key, context, receivers);
    expect(await open(2, { blob: partial, drawn: 3 })).to.deep.equal(key);
    for (const slot of [0, 1]) await expectCode("GROUP_KEY_INVALID", () => open(slot, { blob: partial, drawn: 3 }));
  });
});
