import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { writeFilesAtomic } from "../../../node/system/files.ts";
import { expectCode } from "../../support/expect-code.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

describe("files that are written whole", function () {
  this.timeout(30_000);
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;

  beforeEach(async () => {
    folder = await temporaryDirectory();
  });
  afterEach(() => folder.remove());

  it("leave neither file nor folder behind where the disk takes the first and not the second", async () => {
    const out = join(folder.path, "new", "model");
    const module = JSON.stringify(join(import.meta.dirname, "../../../node/system/files.ts"));
    const program = `import { writeFilesAtomic } from ${module};
      const [small, large] = ${JSON.stringify(["model.json", "weights.bin"].map((name) => join(out, name)))};
      const files = [[small, "{}"], [large, new Uint8Array(1 << 20)]];
      await writeFilesAtomic(files).catch((error) => console.log(error.code));`;
    // the system lets this process write no file above 64 blocks of 512 bytes or 1 KiB
    const args = ["-c", 'ulimit -f 64; exec "$0" "$@"', process.execPath, "--input-type=module", "-e", program];
    const child = spawn("/bin/sh", args, { stdio: ["ignore", "pipe", "inherit"] });
    expect(String((await once(child.stdout, "data"))[0]).trim()).to.equal("FILE_UNWRITABLE");
    await once(child, "close");
    expect(readdirSync(folder.path)).to.deep.equal([]);
  });

  it("leave what others put into the folder, and what stood there before", async () => {
    mkdirSync(join(folder.path, "theirs"));
    writeFileSync(join(folder.path, "theirs", "a"), "before");
    writeFileSync(join(folder.path, "in-the-way"), "");
    const files = [
      [join(folder.path, "theirs", "a"), "after"],
      [join(folder.path, "in-the-way", "b"), "after"],
    ] as const;
    await expectCode("FILE_UNWRITABLE", () => writeFilesAtomic(files, { replace: true }));
    expect(readFileSync(join(folder.path, "theirs", "a"), "utf8")).to.equal("before");
    expect(readdirSync(join(folder.path, "theirs"))).to.deep.equal(["a"]);
    await expectCode("FILE_EXISTS", () => writeFilesAtomic([[join(folder.path, "theirs", "a"), "after"]]));
    await writeFilesAtomic([[join(folder.path, "new", "c"), "whole"]]);
    expect(existsSync(join(folder.path, "new", "c"))).to.equal(true);
  });
});
