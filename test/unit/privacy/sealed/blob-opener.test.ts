import { expect } from "chai";
import type { Bytes32 } from "../../../../node/core/ids.ts";
import type { KeyringSource } from "../../../../node/ports/index.ts";
import { createBlobOpener } from "../../../../node/privacy/sealed/blob-opener.ts";
import { createBlobSealer } from "../../../../node/privacy/sealed/blob-sealer.ts";
import { writeKeyring } from "../../../../node/privacy/sealed/keyring.ts";
import { keyringOf, sealBlob } from "../../../../node/privacy/sealed/sealed-blob.ts";
import { createRandom } from "../../../../node/system/index.ts";
import { testBlob } from "../../../support/blobs.ts";
import { expectCode } from "../../../support/expect-code.ts";
import {
  accountOfMember,
  anyContentId,
  keyringsIn,
  keysOfMember,
  mapJournal,
  sealedTask,
  updateName,
} from "../../../support/history/sealed-members.ts";
import { memoryStore } from "../../../support/memory-store.ts";

const sender = accountOfMember(0);
const plaintext = testBlob(400, 2);
const name = updateName();
const keyOf = (index: number) => keysOfMember(index).publicKey;

function setUp() {
  const store = memoryStore();
  const journal = mapJournal();
  const newSealer = () =>
    createBlobSealer({ task: sealedTask, sender, keys: keysOfMember(0), store, journal, random: createRandom() });
  const openAs = (index: number, sealed: Uint8Array, source: KeyringSource = keyringsIn(store)) =>
    createBlobOpener({ task: sealedTask, reader: keysOfMember(index) }).open(sealed, blob, source);
  return { store, journal, newSealer, openAs, sealer: newSealer() };
}
const blob = { ...name, contentId: anyContentId };

describe("sealing for readers", () => {
  it("lets readers and the sender open, and nobody else", async () => {
    const { sealer, openAs } = setUp();
    const sealed = await sealer.seal(plaintext, name, [keyOf(1), keyOf(2)]);
    for (const reader of [0, 1, 2]) expect(await openAs(reader, sealed)).to.deep.equal(plaintext);
    await expectCode("BLOB_SEALED", () => openAs(3, sealed));
    const keyless = createBlobOpener({ task: sealedTask });
    const unasked = { read: () => expect.fail("nothing is fetched without a key") };
    await expectCode("BLOB_SEALED", () => keyless.open(sealed, blob, unasked));
  });

  it("keeps its keyring while the readers stay the same, over restarts, too", async () => {
    const { sealer, newSealer, store } = setUp();
    const one = await sealer.seal(plaintext, name, [keyOf(1), keyOf(2)]);
    const two = await sealer.seal(plaintext, updateName({ round: 2 }), [keyOf(2), keyOf(1), keyOf(2)]);
    const three = await newSealer().seal(plaintext, name, [keyOf(1), keyOf(2)]);
    expect(keyringOf(two)).to.deep.equal(keyringOf(one));
    expect(three).to.deep.equal(one);
    expect(store.blobs.size).to.equal(1);
  });

  it("makes one keyring for blobs that are sealed at once", async () => {
    const { sealer, store } = setUp();
    await Promise.all([1, 2, 3].map((round) => sealer.seal(plaintext, updateName({ round }), [keyOf(1)])));
    expect(store.blobs.size).to.equal(1);
  });

  it("shuts out who left from later blobs, not from earlier ones, and who came from earlier ones", async () => {
    const { sealer, openAs } = setUp();
    const before = await sealer.seal(plaintext, name, [keyOf(1), keyOf(2)]);
    const after = await sealer.seal(plaintext, name, [keyOf(1), keyOf(3)]);
    expect(keyringOf(after)).to.not.deep.equal(keyringOf(before));
    expect(await openAs(2, before)).to.deep.equal(plaintext);
    await expectCode("BLOB_SEALED", () => openAs(2, after));
    expect(await openAs(3, after)).to.deep.equal(plaintext);
    await expectCode("BLOB_SEALED", () => openAs(3, before));
    expect(await openAs(1, after)).to.deep.equal(plaintext);
  });

  it("makes a new keyring where the journal or the store has lost the old one", async () => {
    const { sealer, newSealer, store, journal, openAs } = setUp();
    const first = await sealer.seal(plaintext, name, [keyOf(1)]);
    for (const lose of [
      () => store.blobs.clear(),
      () => journal.entries.clear(),
      () => journal.entries.set([...journal.entries.keys()][0]!, Uint8Array.of(1)),
    ]) {
      lose();
      const again = await newSealer().seal(plaintext, name, [keyOf(1)]);
      expect(keyringOf(again)).to.not.deep.equal(keyringOf(first));
      expect(await openAs(1, again)).to.deep.equal(plaintext);
    }
  });

  it("goes on after a failure", async () => {
    const { sealer, openAs, store } = setUp();
    const put = store.put;
    Object.assign(store, { put: async () => expect.fail("the disk is full") });
    expect(await sealer.seal(plaintext, name, []).catch(() => "failed")).to.equal("failed");
    Object.assign(store, { put });
    expect(await openAs(1, await sealer.seal(plaintext, name, [keyOf(1)]))).to.deep.equal(plaintext);
  });
});

describe("opening sealed blobs", () => {
  it("blames the sender for what no key opens", async () => {
    const { sealer, openAs, store } = setUp();
    const sealed = await sealer.seal(plaintext, name, [keyOf(1)]);
    const changed = sealed.slice();
    changed[0]! ^= 1;
    await expectCode("SEAL_BROKEN", () => openAs(1, changed));
    await expectCode("SEAL_BROKEN", () => openAs(1, sealed.subarray(0, 40)));
    const elsewhere = createBlobOpener({ task: sealedTask, reader: keysOfMember(1) });
    const asModel = { ...blob, purpose: "model" as const };
    await expectCode("SEAL_BROKEN", () => elsewhere.open(sealed, asModel, keyringsIn(store)));
  });

  it("blames the sender for a keyring that is none", async () => {
    const { openAs, store } = setUp();
    const secret = testBlob(32, 8);
    const seal = async (bytes: Uint8Array, lengthBytes = bytes.length) => {
      const keyring = { contentId: await store.put(bytes), lengthBytes };
      return sealBlob(plaintext, { task: sealedTask, name, keyring, secret });
    };
    const garbage = await seal(testBlob(145, 1));
    await expectCode("SEAL_BROKEN", () => openAs(1, garbage));
    await expectCode("SEAL_BROKEN", async () => openAs(1, await seal(testBlob(144, 1))));
    // a reader's entry that is false is seen by that reader alone
    const owner = { task: sealedTask, sender };
    const bytes = await writeKeyring(secret, owner, [keyOf(1), keyOf(2)]);
    const at = Buffer.from(bytes).indexOf(Buffer.from(keyOf(1).slice(2), "hex"));
    bytes[at + 40]! ^= 1;
    const partial = await seal(bytes);
    await expectCode("BLOB_SEALED", () => openAs(1, partial));
    expect(await openAs(2, partial)).to.deep.equal(plaintext);
  });

  it("blames the sender for a keyring of another length, and nobody for one that is not to be had", async () => {
    const { sealer, openAs } = setUp();
    const sealed = await sealer.seal(plaintext, name, [keyOf(1)]);
    const { FedledgerError } = await import("../../../../node/core/errors/error.ts");
    const failing = (code: "BLOB_TOO_LARGE" | "BLOB_CORRUPT" | "BLOB_NOT_FOUND", data = {}): KeyringSource => ({
      read: async () => {
        throw new FedledgerError(code, { contentId: anyContentId, ...data });
      },
    });
    await expectCode("SEAL_BROKEN", () => openAs(1, sealed, failing("BLOB_TOO_LARGE")));
    await expectCode("SEAL_BROKEN", () => openAs(1, sealed, failing("BLOB_CORRUPT")));
    await expectCode("BLOB_CORRUPT", () => openAs(1, sealed, failing("BLOB_CORRUPT", { peerId: "liar" })));
    await expectCode("BLOB_CORRUPT", () => openAs(1, sealed, failing("BLOB_CORRUPT", { source: "http://liar" })));
    await expectCode("BLOB_NOT_FOUND", () => openAs(1, sealed, failing("BLOB_NOT_FOUND")));
  });

  it("opens a keyring once, and asks others where it has no entry, believing none that does not fit", async () => {
    const { sealer, store } = setUp();
    const sealed = await sealer.seal(plaintext, name, [keyOf(1)]);
    const again = await sealer.seal(plaintext, updateName({ round: 2 }), [keyOf(1)]);
    const secret = await createBlobOpener({ task: sealedTask, reader: keysOfMember(1) }).secretOf(
      keyringOf(sealed)!,
      sender,
      keyringsIn(store),
    );
    const newcomer = createBlobOpener({ task: sealedTask, reader: keysOfMember(3) });
    let asked = 0;
    const asking = (answer: Uint8Array | undefined): KeyringSource => ({
      ...keyringsIn(store),
      ask: async () => {
        asked += 1;
        return answer;
      },
    });
    await expectCode("BLOB_SEALED", () => newcomer.open(sealed, blob, asking(undefined)));
    await expectCode("BLOB_SEALED", () => newcomer.open(sealed, blob, asking(testBlob(32, 1))));
    expect(await newcomer.open(sealed, blob, asking(secret))).to.deep.equal(plaintext);
    expect(await newcomer.open(again, { ...blob, round: 2 }, asking(undefined))).to.deep.equal(plaintext);
    expect(asked).to.equal(3);
  });

  it("opens by granted secrets, each for its keyring", async () => {
    const { sealer, store } = setUp();
    const sealed = await sealer.seal(plaintext, name, [keyOf(1)]);
    const later = await sealer.seal(plaintext, name, []);
    const { contentId } = keyringOf(sealed)!;
    const reader = createBlobOpener({ task: sealedTask, reader: keysOfMember(0) });
    const secret = await reader.secretOf(keyringOf(sealed)!, sender, keyringsIn(store));
    const granted = (entries: [Bytes32, Uint8Array][]) =>
      createBlobOpener({ task: sealedTask, granted: new Map(entries) });
    const auditor = granted([[contentId, secret]]);
    expect(await auditor.open(sealed, blob, keyringsIn(store))).to.deep.equal(plaintext);
    await expectCode("BLOB_SEALED", () => auditor.open(later, blob, keyringsIn(store)));
    // a lying grant is not the sender's fault
    await expectCode("BLOB_SEALED", () =>
      granted([[contentId, testBlob(32, 1)]]).open(sealed, blob, keyringsIn(store)),
    );
  });
});
