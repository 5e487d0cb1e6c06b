import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { claimFolder } from "../../../node/system/claim-folder.ts";
import { expectCode } from "../../support/expect-code.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

describe("a claimed folder", function () {
  this.timeout(30_000);
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  let path: string;

  beforeEach(async () => {
    folder = await temporaryDirectory();
    path = join(folder.path, "node");
  });
  afterEach(() => folder.remove());

  /** Another process that has the folder. */
  const holder = async () => {
    const module = JSON.stringify(join(import.meta.dirname, "../../../node/system/claim-folder.ts"));
    const program = `import { claimFolder } from ${module};
      claimFolder(${JSON.stringify(path)}); console.log("claimed"); setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    return child;
  };

  it("is nobody else's: who comes second is told which process has it, on which machine, since when", async () => {
    const child = await holder();
    const { message, data } = await expectCode("NODE_RUNNING", () => claimFolder(path));
    expect(message).to.contain(path).and.contain(`process ${child.pid} on ${hostname()}, since `);
    expect(Date.parse(String(data.since))).to.be.closeTo(Date.now(), 60_000);
    child.kill("SIGKILL");
    await once(child, "close");
  });

  it("is free once its process is killed, whatever pid lives again, and not while it is halted", async () => {
    const child = await holder();
    child.kill("SIGSTOP");
    await expectCode("NODE_RUNNING", () => claimFolder(path));
    child.kill("SIGKILL");
    await once(child, "close");
    // what a killed process said of itself, with the pid of a living one
    writeFileSync(join(path, "node.json"), JSON.stringify({ pid: process.pid, host: hostname(), since: "before" }));
    await claimFolder(path).release();
  });

  it("is free once it is released, and claimed once in a process, too", async () => {
    const first = claimFolder(path);
    await expectCode("NODE_RUNNING", () => claimFolder(path));
    await first.release();
    await first.release();
    await claimFolder(path).release();
  });

  it("is readable by its user only, whoever made it before", async () => {
    mkdirSync(path, { mode: 0o755 });
    const claimed = claimFolder(path);
    expect(statSync(path).mode & 0o777).to.equal(0o700);
    expect(statSync(join(path, "lock.sqlite")).mode & 0o777).to.equal(0o600);
    expect(statSync(join(path, "node.json")).mode & 0o777).to.equal(0o600);
    await claimed.release();
  });

  it("is refused where it cannot be made or written", async () => {
    writeFileSync(path, "a file");
    await expectCode("FOLDER_UNUSABLE", () => claimFolder(path));
    await expectCode("FOLDER_UNUSABLE", () => claimFolder(join(path, "below")));
  });
});
