import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { createLog } from "../../../node/telemetry/index.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const module = join(import.meta.dirname, "..", "..", "..", "node", "telemetry", "index.ts");

/** Runs a program that has `createLog`; its exit code and standard error. */
async function run(program: string, within = (command: string) => command) {
  const script = `import { createLog } from ${JSON.stringify(module)};\n${program}\nconsole.log("went on");`;
  const command = within('"$0" --input-type=module --eval "$1"');
  const child = execFile("sh", ["-c", command, process.execPath, script]);
  const said = { out: "", error: "" };
  child.stdout?.on("data", (text: string) => {
    said.out += text;
  });
  child.stderr?.on("data", (text: string) => {
    said.error += text;
  });
  const [code] = (await once(child, "close")) as [number];
  return { code, ...said };
}

describe("a log", () => {
  it("goes on in a new file where the old one was moved away", async () => {
    const folder = await temporaryDirectory();
    const file = join(folder.path, "node.log");
    const log = createLog({ level: "info", file });
    log.info("before");
    renameSync(file, `${file}.1`);
    log.info("moved");
    log.reopen();
    log.child({ of: "a part" }).info("after");
    expect(readFileSync(`${file}.1`, "utf8"))
      .to.contain("before")
      .and.contain("moved")
      .and.not.contain("after");
    expect(readFileSync(file, "utf8")).to.contain("after").and.not.contain("moved");
    await folder.remove();
  });

  it("keeps its old file where a new one cannot be opened", async () => {
    const folder = await temporaryDirectory();
    const inner = join(folder.path, "logs");
    const log = createLog({ level: "info", file: join(inner, "node.log") });
    renameSync(inner, `${inner}-away`);
    log.reopen();
    log.info("still");
    expect(readFileSync(join(`${inner}-away`, "node.log"), "utf8")).to.contain("still");
    await folder.remove();
  });

  const twice = 'for (const each of ["one", "two"]) log.error(each); await new Promise((r) => setTimeout(r, 50));';
  const full = existsSync("/dev/full") ? it : it.skip;
  full("on a full disk says so once, and ends nobody", async () => {
    const { code, out, error } = await run(`const log = createLog({ level: "info", file: "/dev/full" });${twice}`);
    expect({ code, out }).to.deep.equal({ code: 0, out: "went on\n" });
    expect(error.match(/cannot be written \(ENOSPC/g)).to.have.length(1);
  });

  for (const json of [true, false]) {
    full(`on a standard error that is full ends nobody (${json ? "JSON" : "text"})`, async () => {
      const { code, out } = await run(
        `const log = createLog({ level: "info", json: ${json} });${twice}`,
        (command) => `${command} 2>/dev/full`,
      );
      expect({ code, out }).to.deep.equal({ code: 0, out: "went on\n" });
    });

    it(`on a standard error that nobody reads ends nobody (${json ? "JSON" : "text"})`, async () => {
      const program = `await new Promise((r) => setTimeout(r, 200));
        const log = createLog({ level: "info", json: ${json} });${twice}`;
      const { code, out } = await run(program, (command) => `{ ${command} 2>&1 1>&3 | true; } 3>&1`);
      expect({ code, out }).to.deep.equal({ code: 0, out: "went on\n" });
    });
  }
});
