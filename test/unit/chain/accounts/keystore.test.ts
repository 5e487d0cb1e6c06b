import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { accountOf, createKeystore, openKeystore, readKeystoreAccount } from "../../../../node/chain/index.ts";
import { rejection } from "../../../support/rejection.ts";

describe("a keystore", () => {
  let folder: string;
  // Cheap, for tests only.
  const scryptN = 1 << 10;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "fedledger-keystore-"));
  });
  after(() => rm(folder, { recursive: true }));

  it("opens with its password and no other", async () => {
    const path = join(folder, "new", "a.json");
    const made = await createKeystore({ path, password: "pässword", scryptN });
    expect(made.privateKey).to.match(/^0x[0-9a-f]{64}$/);
    expect(await openKeystore(path, "pässword")).to.deep.equal(made);
    expect(await readKeystoreAccount(path)).to.equal(made.address);
    await rejection(openKeystore(path, "password"), "WRONG_PASSWORD");
    await rejection(openKeystore(path, ""), "WRONG_PASSWORD");
  });

  it("is the owner's alone, leaves nothing else behind, and never replaces a file", async () => {
    const path = join(folder, "only", "b.json");
    const { address } = await createKeystore({ path, password: "x", scryptN });
    if (process.platform !== "win32") expect((await stat(path)).mode & 0o777).to.equal(0o600);
    await rejection(createKeystore({ path, password: "x", scryptN }), "FILE_EXISTS");
    expect(await readKeystoreAccount(path)).to.equal(address);
    expect(await readdir(join(folder, "only"))).to.deep.equal(["b.json"]);
  });

  it("keeps a given key, and names neither it nor the password", async () => {
    const path = join(folder, "c.json");
    const privateKey = `0x${"7a".repeat(32)}`;
    const { address } = await createKeystore({ path, password: "secret-word", privateKey, scryptN });
    expect(address).to.equal(accountOf(privateKey));
    const text = await readFile(path, "utf8");
    expect(text).to.not.include("7a7a7a7a").and.not.include("secret-word");
    expect(JSON.parse(text).version).to.equal(3);
    expect((await openKeystore(path, "secret-word")).privateKey).to.equal(privateKey);
    const bad = createKeystore({ path: join(folder, "d.json"), password: "x", privateKey: "0x12", scryptN });
    expect((await rejection(bad, "INVALID_CONFIG")).message).to.not.include("0x12");
  });

  it("of the Web3 Secret Storage definition opens", async () => {
    const path = join(folder, "vector.json");
    await writeFile(path, JSON.stringify(secretStorageVector));
    const { privateKey } = await openKeystore(path, "testpassword");
    expect(privateKey).to.equal("0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d");
  });

  it("that is missing, damaged or something else is named as such", async () => {
    await rejection(openKeystore(join(folder, "none.json"), "x"), "FILE_NOT_FOUND");
    const other = join(folder, "other.json");
    await writeFile(other, '{"hello":1}');
    const damaged = join(folder, "damaged.json");
    await writeFile(damaged, JSON.stringify({ ...secretStorageVector, crypto: {} }));
    await rejection(openKeystore(damaged, "x"), "FILE_UNREADABLE");
    await rejection(openKeystore(other, "x"), "FILE_UNREADABLE");
    await rejection(openKeystore(folder, "x"), "FILE_UNREADABLE");
  });
});

// The definition's test vector for PBKDF2; its scrypt vector has parameters beyond RFC 7914 and opens nowhere today.
const secretStorageVector = {
  crypto: {
    cipher: "aes-128-ctr",
    cipherparams: { iv: "6087dab2f9fdbbfaddc31a909735c1e6" },
    ciphertext: "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
    kdf: "pbkdf2",
    kdfparams: {
      c: 262144,
      dklen: 32,
      prf: "hmac-sha256",
      salt: "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd",
    },
    mac: "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
  },
  id: "3198bc9c-6672-5ab3-d995-4942343ae5b6",
  version: 3,
};
