import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "chai";
import { openJournal } from "../../../node/system/journal.ts";
import { createSecretFile } from "../../../node/system/secret-file.ts";
import { expectCode } from "../../support/expect-code.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = (value: Uint8Array | undefined) => value && new TextDecoder().decode(value);
/** A module of the system, as a program's text imports it. */
const moduleOf = (name: string) => JSON.stringify(join(import.meta.dirname, "../../../node/system", name));
/** Secrets of several sizes: within a page, and over many. */
const secrets = Array.from({ length: 10 }, (_, i) => `<secret ${i}>`.repeat(i < 5 ? 3 : 2_000));

describe("the journal", function () {
  this.timeout(60_000);
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let path: string;

  beforeEach(async () => {
    folder = await temporaryDirectory();
    path = join(folder.path, "state", "journal.sqlite");
  });
  afterEach(() => folder.remove());

  const filesOf = () => readdirSync(join(folder.path, "state")).map((name) => join(folder.path, "state", name));
  const heldSecrets = () => {
    const all = Buffer.concat(filesOf().map((file) => readFileSync(file))).toString("latin1");
    return secrets.filter((_, i) => all.includes(`<secret ${i}>`)).length;
  };
  const filled = async () => {
    const journal = openJournal(path, "me");
    for (let i = 0; i < 40; i++) await journal.put(`key/${i}`, bytes(`value ${i}`.repeat(100)));
    await journal.close();
  };

  it("is for its user's eyes only, from the first byte, as are the files beside it", async () => {
    const before = process.umask(0);
    try {
      const journal = openJournal(path, "me");
      await journal.put("a", bytes("b"));
      expect(statSync(join(folder.path, "state")).mode & 0o777).to.equal(0o700);
      for (const file of filesOf()) expect(statSync(file).mode & 0o777, file).to.equal(0o600);
      expect(filesOf()).to.have.length(2);
      await journal.close();
    } finally {
      process.umask(before);
    }
  });

  for (const forget of ["deleted", "replaced"] as const) {
    it(`keeps no byte of what was ${forget}, before and after it is closed`, async () => {
      const journal = openJournal(path, "me");
      for (const [i, secret] of secrets.entries()) await journal.put(`secret/${i}`, bytes(secret));
      expect(heldSecrets(), "the test finds what is there").to.equal(secrets.length);
      for (const i of secrets.keys()) {
        await (forget === "deleted" ? journal.delete(`secret/${i}`) : journal.put(`secret/${i}`, bytes("no more")));
      }
      expect(heldSecrets(), "open").to.equal(0);
      await journal.close();
      expect(heldSecrets(), "closed").to.equal(0);
    });
  }

  it("keeps none after kill -9, nor does a secret's file that was written over", async () => {
    const program = `
      import { openJournal } from ${moduleOf("journal.ts")};
      import { createSecretFile } from ${moduleOf("secret-file.ts")};
      const secrets = ${JSON.stringify(secrets)};
      const journal = openJournal(${JSON.stringify(path)}, "me");
      const file = createSecretFile(${JSON.stringify(join(folder.path, "state", "share-key"))});
      for (const [i, secret] of secrets.entries()) {
        await journal.put("secret/" + i, Buffer.from(secret));
        await file.write(Buffer.from(secret));
      }
      for (const i of secrets.keys()) await journal.delete("secret/" + i);
      await file.write(Buffer.from("none"));
      await journal.put("kept", Buffer.from("still here"));
      console.log("done");
      setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "close");
    expect(heldSecrets()).to.equal(0);
    const journal = openJournal(path, "me");
    expect(textOf(await journal.get("kept"))).to.equal("still here");
    await journal.close();
    expect(textOf(await createSecretFile(join(folder.path, "state", "share-key")).read())).to.equal("none");
  });

  const damages: Readonly<Record<string, (size: number) => void>> = {
    "that is empty": () => truncateSync(path, 0),
    "that was cut within a page": (size) => truncateSync(path, size - 1_000),
    "that was cut at a page": (size) => truncateSync(path, size - 4_096),
    "of garbage": (size) => writeFileSync(path, Buffer.alloc(size, 0x5a)),
    "of garbage behind its head": (size) => {
      const all = readFileSync(path);
      all.fill(0x5a, 4_096, size);
      writeFileSync(path, all);
    },
    "with one bit of a value turned": () => {
      const all = readFileSync(path);
      const at = all.indexOf("value 7value 7");
      all[at] = (all[at] ?? 0) ^ 1;
      writeFileSync(path, all);
    },
  };
  for (const [name, damage] of Object.entries(damages)) {
    it(`is found damaged at its opening: a file ${name}`, async () => {
      await filled();
      damage(statSync(path).size);
      const error = await expectCode("JOURNAL_DAMAGED", () => openJournal(path, "me"));
      expect(error.message).to.contain(path);
    });
  }

  it("of another format, or another owner, is not used", async () => {
    await filled();
    const foreign = await expectCode("JOURNAL_FOREIGN", () => openJournal(path, "you"));
    expect(foreign.message).to.contain("it is of me, and this is you");
    copyFileSync(path, `${path}.7`);
    const database = new DatabaseSync(`${path}.7`);
    database.exec("PRAGMA user_version = 7");
    database.close();
    await expectCode("JOURNAL_VERSION", () => openJournal(`${path}.7`, "me"));
  });

  it("says that this process has too many files open, and not that the file is damaged", async () => {
    await filled();
    const program = `
      import { openSync } from "node:fs";
      import { openJournal } from ${moduleOf("journal.ts")};
      process.getBuiltinModule("node:sqlite");
      const open = () => { try { openSync("/dev/null"); return true; } catch { return false; } };
      while (open());
      try { openJournal(${JSON.stringify(path)}, "me"); } catch (error) { console.log(error.code); }`;
    const child = spawn(
      "/bin/sh",
      ["-c", 'ulimit -n 64; exec "$0" "$@"', process.execPath, "--input-type=module", "-e", program],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    expect(String((await once(child.stdout, "data"))[0]).trim()).to.equal("TOO_MANY_FILES");
  });
});
