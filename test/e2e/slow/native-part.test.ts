import { execFile } from "node:child_process";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { projectFolder, runFedledger } from "../../support/processes/fedledger-process.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const run = promisify(execFile);

// npm on a Node before 22 installs the package without the native part of the local chain, and says nothing.
describe("the native part that npm has left out", function () {
  this.timeout(120_000);
  let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
  before(async () => {
    folder = await temporaryDirectory();
  });
  after(() => folder.remove());

  it("is fetched into the cache at the first start, and found by what is started then", async () => {
    const home = join(folder.path, "home");
    const modules = join(folder.path, "node_modules");
    const bootstrap = join(modules, "fedledger", "scripts", "bootstrap.mjs");
    await write(join(modules, "hardhat", "package.json"), { name: "hardhat", exports: { "./hre": "./hre.js" } });
    await write(join(modules, "hardhat", "hre.js"), "");
    await write(join(folder.path, "part", "package.json"), { name: "part", version: "1.0.0", main: "part.js" });
    await write(join(folder.path, "part", "part.js"), 'module.exports = "the part";');
    const optionalDependencies = { part: `file:${join(folder.path, "part")}` };
    await write(join(modules, "@nomicfoundation", "edr", "package.json"), { version: "1.2.3", optionalDependencies });
    await write(join(modules, "@nomicfoundation", "edr", "index.js"), 'console.log(require("part"));');
    await write(join(modules, "fedledger", "package.json"), { name: "fedledger" });
    for (const name of ["bootstrap.mjs", "ready", "runtime"])
      await cp(join(projectFolder, "scripts", name), join(dirname(bootstrap), name), { recursive: true });
    const program = join(folder.path, "program.mjs");
    await write(
      program,
      `import { execFileSync } from "node:child_process";
       import { ensureReady } from ${JSON.stringify(bootstrap)};
       import { pathWith } from ${JSON.stringify(join(dirname(bootstrap), "ready", "environment.mjs"))};
       const node = await ensureReady();
       const entry = ${JSON.stringify(join(modules, "@nomicfoundation", "edr", "index.js"))};
       process.stdout.write(execFileSync(node, [entry], { env: pathWith(node) }));`,
    );
    const env = { ...process.env, HOME: home, USERPROFILE: home, NODE_PATH: "" };
    const first = await run(process.execPath, [program], { env });
    expect(first.stdout).to.equal("the part\n");
    expect(first.stderr).to.contain("fetching it (once)");
    const second = await run(process.execPath, [program], { env });
    expect(second).to.deep.equal({ stdout: "the part\n", stderr: "" });
  });

  it("is told by doctor, with a code and what to do, where it is not to be had", async () => {
    const hook = join(folder.path, "hook.mjs");
    await write(
      hook,
      `import { registerHooks } from "node:module";
       registerHooks({
         resolve(name, context, next) {
           if (name.startsWith("@nomicfoundation/edr-")) throw Object.assign(new Error(name), { code: "MODULE_NOT_FOUND" });
           return next(name, context);
         },
       });`,
    );
    const NODE_OPTIONS = [process.env.NODE_OPTIONS, `--import=${hook}`].filter(Boolean).join(" ");
    const { code, events } = await runFedledger(["doctor", "--json"], { env: { NODE_OPTIONS } });
    const checks = events.filter(({ event }) => event === "check");
    expect(checks.filter(({ ok }) => !ok).map(({ name }) => name)).to.deep.equal(["local chain"]);
    expect(checks.find(({ ok }) => !ok)!.text).to.match(/^NATIVE_PART_MISSING: .*npm of Node 22\.18 or later\.$/);
    expect(code).to.equal(1);
  });

  it("is there in this clone, where doctor finds nothing wrong", async () => {
    const { code, events } = await runFedledger(["doctor", "--json"]);
    expect(events.filter(({ ok }) => ok === false)).to.deep.equal([]);
    expect(code).to.equal(0);
  });
});

async function write(path: string, content: string | object): Promise<void> {
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
}
