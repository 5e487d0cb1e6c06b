import { existsSync, statSync } from "node:fs";
import { chmod, copyFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { FedledgerError } from "../../../node/core/errors/error.ts";
import type { NoiseEntry } from "../../../node/ports/noise.ts";
import { createNoiseLedgerFile } from "../../../node/system/noise-ledger-file.ts";
import { expectCode } from "../../support/expect-code.ts";
import { hashOf } from "../../support/states/round-states.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const entry = (opening: string, task = "1/0xa/1/0xb"): NoiseEntry => ({
  dataset: hashOf(1),
  task,
  opening,
  cost: "[]",
});
const draw = () => "draw" as const;
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe("The noise ledger's file", () => {
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let path: string;

  beforeEach(async () => {
    folder = await temporaryDirectory();
    path = join(folder.path, "new", "noise-ledger.sqlite");
  });
  afterEach(() => folder.remove());

  it("keeps what is drawn, over openings of the file, for its owner only", async () => {
    await createNoiseLedgerFile(path).spend(entry("1/0x01"), draw);
    await createNoiseLedgerFile(path).spend(entry("2/0x02"), draw);
    expect(await createNoiseLedgerFile(path).read()).to.deep.equal([entry("1/0x01"), entry("2/0x02")]);
    expect(mode(path)).to.equal("600");
    expect(mode(join(folder.path, "new"))).to.equal("700");
    await chmod(path, 0o644);
    await createNoiseLedgerFile(path).spend(entry("3/0x03"), draw);
    expect(mode(path), "closed again").to.equal("600");
    expect(await readdir(join(folder.path, "new")), "one file is all of it").to.deep.equal(["noise-ledger.sqlite"]);
  });

  it("is not made by reading, nor where the decision is against it", async () => {
    const ledger = createNoiseLedgerFile(path);
    expect(await ledger.read()).to.deep.equal([]);
    const lost = () => {
      throw new FedledgerError("PRIVACY_LEDGER_LOST", {});
    };
    await expectCode("PRIVACY_LEDGER_LOST", () => ledger.spend(entry("1/0x01"), lost));
    expect(existsSync(path)).to.equal(false);
    await ledger.spend(entry("1/0x01"), draw);
    await expectCode("PRIVACY_LEDGER_LOST", () => ledger.spend(entry("2/0x02"), lost));
    await ledger.spend(entry("2/0x02"), () => "drawn");
    expect(await ledger.read()).to.deep.equal([entry("1/0x01")]);
    await rm(path);
    await expectCode("PRIVACY_LEDGER_LOST", () => ledger.spend(entry("2/0x02"), lost));
    expect(existsSync(path), "not silently made anew").to.equal(false);
  });

  it("nobody decides on entries that another has added to meanwhile", async () => {
    const both = [createNoiseLedgerFile(path), createNoiseLedgerFile(path)];
    const seen: number[] = [];
    await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        both[at % 2]!.spend(entry(`${at}/0x01`), (entries) => {
          if (!existsSync(path)) return "draw";
          seen.push(entries.length);
          return "draw";
        }),
      ),
    );
    expect(await both[0]!.read()).to.have.length(20);
    expect(new Set(seen).size).to.equal(seen.length);
  });

  it("names a file that is damaged or none of its own, and leaves it as it is", async () => {
    const ledger = createNoiseLedgerFile(path);
    for (let at = 0; at < 120; at++) await ledger.spend(entry(`${at}/0x01`), draw);
    const whole = await readFile(path);
    const damages: readonly Buffer[] = [
      Buffer.from(
        "no database, but long enough to be looked at as one, which takes a hundred bytes and a few more here",
      ),
      Buffer.concat([whole.subarray(0, 4096), Buffer.alloc(whole.length - 4096, 0xee)]),
      whole.subarray(0, 6000),
    ];
    for (const damaged of damages) {
      await writeFile(path, damaged);
      for (const ask of [() => ledger.read(), () => ledger.spend(entry("9/0x01"), draw)])
        await expectCode("PRIVACY_LEDGER_UNREADABLE", ask);
      expect(await readFile(path)).to.deep.equal(damaged);
    }
    await copyFile(path, `${path}.broken`);
    await writeFile(path, whole);
    expect(await ledger.read(), "a copy is a backup").to.have.length(120);
  });

  it("a folder in its place is STORAGE_FAILED, in words", async () => {
    await expectCode("STORAGE_FAILED", () => createNoiseLedgerFile(folder.path).spend(entry("1/0x01"), draw));
  });
});
