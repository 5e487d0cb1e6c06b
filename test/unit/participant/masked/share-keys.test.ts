import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { x25519PublicKey } from "../../../../node/chain/accounts/node-keys.ts";
import {
  createMemorySecret,
  createShareKeys,
  type SecretFile,
} from "../../../../node/participant/masked/share-keys.ts";
import { createRandom } from "../../../../node/system/random.ts";
import { createSecretFile } from "../../../../node/system/secret-file.ts";
import { expectCode } from "../../../support/expect-code.ts";

const keysOver = (file: SecretFile) => createShareKeys({ file, random: createRandom() });

describe("keys for the shares of the next round", () => {
  it("are on disk before they are named, the former one until the next is on record, and then gone", async () => {
    const file = createMemorySecret();
    const keys = keysOver(file);
    expect(await keys.known()).to.deep.equal([]);
    const first = await keys.next(undefined);
    expect(x25519PublicKey(first.privateKey)).to.equal(first.publicKey);
    expect(await keysOver(file).known(), "after a restart").to.deep.equal([first.publicKey]);
    expect(await keys.next(undefined), "the same until it is on record").to.deep.equal(first);
    const second = await keys.next(first.publicKey);
    expect(await keysOver(file).known()).to.deep.equal([first.publicKey, second.publicKey]);
    // a restart between the word and its record names the same key again
    expect((await keysOver(file).next(first.publicKey)).publicKey).to.equal(second.publicKey);
    await keys.settle(first.publicKey);
    expect(await keys.privateKeyOf(first.publicKey)).to.deep.equal(first.privateKey);
    await keys.settle(second.publicKey);
    expect(await keys.privateKeyOf(first.publicKey)).to.equal(undefined);
    expect(await keysOver(file).known()).to.deep.equal([second.publicKey]);
    const bytes = (await file.read())!;
    expect(Buffer.from(bytes).includes(Buffer.from(first.privateKey))).to.equal(false);
    expect(bytes).to.have.length(64);
  });

  it("are two at the most: the one that is named, and the next", async () => {
    const file = createMemorySecret();
    const keys = keysOver(file);
    const first = await keys.next(undefined);
    const second = await keys.next(first.publicKey);
    const third = await keys.next(second.publicKey);
    expect(await keys.known()).to.deep.equal([second.publicKey, third.publicKey]);
    expect(await keysOver(file).known()).to.deep.equal([second.publicKey, third.publicKey]);
  });

  it("are read again where a read failed", async () => {
    const file = createMemorySecret();
    const { publicKey } = await keysOver(file).next(undefined);
    let failures = 1;
    const keys = keysOver({
      ...file,
      read: async () => (failures-- > 0 ? Promise.reject(new Error("busy")) : await file.read()),
    });
    await keys.known().then(
      () => expect.fail("it read"),
      () => undefined,
    );
    expect(await keys.known()).to.deep.equal([publicKey]);
  });

  it("that are lost are made anew", async () => {
    const keys = keysOver(createMemorySecret());
    const lost = `0x${"12".repeat(32)}` as const;
    expect(await keys.privateKeyOf(lost)).to.equal(undefined);
    const anew = await keys.next(lost);
    expect(await keys.known()).to.deep.equal([anew.publicKey]);
    await keys.settle(lost);
    expect(await keys.known()).to.deep.equal([anew.publicKey]);
  });
});

describe("a secret's file", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "fedledger-secret-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("is its owner's alone, and is overwritten where it stands", async () => {
    const path = join(folder, "below", "share-key");
    const file = createSecretFile(path);
    expect(await file.read()).to.equal(undefined);
    await file.write(new Uint8Array(64).fill(1));
    const before = await stat(path);
    if (process.platform !== "win32") expect(before.mode & 0o777).to.equal(0o600);
    await file.write(new Uint8Array(32).fill(2));
    expect(await file.read()).to.deep.equal(new Uint8Array(32).fill(2));
    const after = await stat(path);
    expect(after.ino).to.equal(before.ino);
    expect(after.size).to.equal(32);
    // one that was made too open is closed at the next write
    if (process.platform !== "win32") {
      await writeFile(join(folder, "open"), "x", { mode: 0o644 });
      await createSecretFile(join(folder, "open")).write(Uint8Array.of(1, 2));
      expect((await stat(join(folder, "open"))).mode & 0o777).to.equal(0o600);
      expect(new Uint8Array(await readFile(join(folder, "open")))).to.deep.equal(Uint8Array.of(1, 2));
    }
  });

  it("that cannot be read or written says so", async () => {
    await expectCode("FILE_UNREADABLE", () => createSecretFile(folder).read());
    await expectCode("FILE_UNWRITABLE", () => createSecretFile(folder).write(Uint8Array.of(1)));
  });
});
