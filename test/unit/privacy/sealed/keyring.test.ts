import { expect } from "chai";
import fc from "fast-check";
import { concatBytes, fromHex, toHex } from "../../../../node/core/bytes/hex.ts";
import { sealTo } from "../../../../node/privacy/hpke.ts";
import { senderContext } from "../../../../node/privacy/sealed/blob-context.ts";
import {
  isKeyringLength,
  isSecretOf,
  keyringBytes,
  maxReaders,
  openKeyring,
  readKeyring,
  writeKeyring,
} from "../../../../node/privacy/sealed/keyring.ts";
import { testBlob } from "../../../support/blobs.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { accountOfMember, keysOfMember, sealedTask } from "../../../support/history/sealed-members.ts";

const owner = { task: sealedTask, sender: accountOfMember(0) };
const secret = testBlob(32, 5);
const readers = [2, 0, 1].map(keysOfMember);
const keysOf = (members: typeof readers) => members.map(({ publicKey }) => publicKey);

describe("a keyring", () => {
  it("gives its secret to each reader, named once, and to nobody else", async () => {
    const bytes = await writeKeyring(secret, owner, [...keysOf(readers), ...keysOf(readers)]);
    expect(bytes.length).to.equal(keyringBytes(3));
    const keyring = readKeyring(bytes)!;
    expect([...keyring.entries.keys()]).to.deep.equal([...keysOf(readers)].sort());
    for (const reader of readers) expect(await openKeyring(keyring, owner, reader)).to.deep.equal(secret);
    expect(await openKeyring(keyring, owner, keysOfMember(3))).to.equal("none");
    // another's entry is of no use without its private key
    const posing = { publicKey: readers[0]!.publicKey, privateKey: keysOfMember(3).privateKey };
    expect(await openKeyring(keyring, owner, posing)).to.equal("false");
  });

  it("is nobody else's, and of no other task", async () => {
    const keyring = readKeyring(await writeKeyring(secret, owner, keysOf(readers)))!;
    const { task, sender } = owner;
    for (const another of [
      { task, sender: accountOfMember(1) },
      { task: { ...task, taskId: 4 }, sender },
      { task: { ...task, chainId: 1 }, sender },
      { task: { ...task, federation: accountOfMember(9) }, sender },
    ]) {
      expect(await openKeyring(keyring, another, readers[0]!)).to.equal("false");
      expect(isSecretOf(keyring, another, secret)).to.equal(false);
    }
    expect(isSecretOf(keyring, owner, secret)).to.equal(true);
    expect(isSecretOf(keyring, owner, testBlob(32, 6))).to.equal(false);
    expect(isSecretOf(keyring, owner, secret.subarray(1))).to.equal(false);
  });

  it("gives nobody a false secret: every flipped bit is noticed", async () => {
    const [reader] = readers;
    const bytes = await writeKeyring(secret, owner, [reader!.publicKey]);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 8 * bytes.length - 1 }), async (bit) => {
        const flipped = bytes.slice();
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        const keyring = readKeyring(flipped);
        const opened = keyring && (await openKeyring(keyring, owner, reader!));
        expect(opened === undefined || opened === "none" || opened === "false").to.equal(true);
      }),
      { numRuns: 60 },
    );
  });

  it("gives no secret but its own, though an entry has another: its sender sealed some readers out", async () => {
    const bytes = await writeKeyring(secret, owner, keysOf(readers));
    const keyring = readKeyring(bytes)!;
    const [reader] = readers;
    const key = reader!.publicKey.toLowerCase() as `0x${string}`;
    // sealed to this reader, in this keyring's place, and of another secret
    const { task, sender } = owner;
    const info = concatBytes(senderContext("fedledger/keyring/1", task, sender), keyring.check, fromHex(key));
    const entries = new Map(keyring.entries).set(key, await sealTo(key, testBlob(32, 6), { info }));
    expect(await openKeyring({ ...keyring, entries }, owner, reader!)).to.equal("false");
    expect(await openKeyring({ ...keyring, entries }, owner, readers[1]!)).to.deep.equal(secret);
  });

  it("passes over keys that nothing can be sealed to", async () => {
    const keyring = readKeyring(await writeKeyring(secret, owner, [toHex(new Uint8Array(32)), readers[0]!.publicKey]))!;
    expect([...keyring.entries.keys()]).to.deep.equal([readers[0]!.publicKey]);
  });

  it("refuses none and too many", async () => {
    await expectCode("TOO_MANY_READERS", () => writeKeyring(secret, owner, []));
    expect(isKeyringLength(keyringBytes(1))).to.equal(true);
    expect(isKeyringLength(keyringBytes(maxReaders))).to.equal(true);
    for (const length of [0, 33, 34, keyringBytes(1) + 1, keyringBytes(maxReaders + 1), 2 ** 32 - 1])
      expect(isKeyringLength(length), `${length}`).to.equal(false);
    expect(keyringBytes(maxReaders)).to.be.below(1 << 20);
  });

  it("is read in one way only", async () => {
    const bytes = await writeKeyring(secret, owner, keysOf(readers));
    const head = bytes.subarray(0, 33);
    const entry = (index: number) => bytes.subarray(33 + 112 * index, 33 + 112 * (index + 1));
    const join = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));
    expect(readKeyring(join(head, entry(0), entry(1)))).to.not.equal(undefined);
    for (const wrong of [
      new Uint8Array(),
      head,
      join(head, entry(1), entry(0)),
      join(head, entry(0), entry(0)),
      join(bytes, Uint8Array.of(0)),
      join(Uint8Array.of(2), bytes.subarray(1)),
    ])
      expect(readKeyring(wrong)).to.equal(undefined);
  });
});
