import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { projectFolder } from "../../../support/processes/fedledger-process.ts";
import { temporaryDirectory } from "../../../support/temporary-directory.ts";

const run = promisify(execFile);

// tfjs-node is an optional peer with a binary of its own: here stands what it does with the command line as it loads.
describe("the native backend", () => {
  it("loads without our options, which its loader would take for its own, and leaves them to us", async () => {
    const folder = await temporaryDirectory();
    const modules = join(folder.path, "node_modules");
    const peer = join(modules, "@tensorflow", "tfjs-node");
    await mkdir(peer, { recursive: true });
    await writeFile(
      join(peer, "index.js"),
      `if (process.argv.includes("--dir")) throw new Error("no binary in " + process.argv.at(-1));
       const core = require(${JSON.stringify(join(projectFolder, "node_modules", "@tensorflow", "tfjs-core"))});
       core.registerBackend("tensorflow", () => new core.KernelBackend());
       exports.version = { "tfjs-node": "4.22.0" };`,
    );
    const backend = join(projectFolder, "node", "training", "models", "backend.ts");
    const program = join(folder.path, "program.mjs");
    await writeFile(
      program,
      `import { selectBackend } from ${JSON.stringify(backend)};
       const { name, reproducible } = await selectBackend("native");
       process.stdout.write(JSON.stringify({ name, reproducible, argv: process.argv.slice(2) }));`,
    );
    const { stdout } = await run(process.execPath, [program, "--dir", "state"], {
      env: { ...process.env, NODE_PATH: modules },
    });
    expect(JSON.parse(stdout)).to.deep.equal({ name: "native", reproducible: false, argv: ["--dir", "state"] });
    await folder.remove();
  });
});
