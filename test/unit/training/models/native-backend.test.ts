import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { projectFolder } from "../../../support/processes/fedledger-process.ts";
import { temporaryDirectory } from "../../../support/temporary-directory.ts";

const run = promisify(execFile);

/** What a program says of the native backend whose package is this text; it is run with `--dir state`. */
async function selectNative(peerText: string) {
  const folder = await temporaryDirectory();
  const modules = join(folder.path, "node_modules");
  const peer = join(modules, "@tensorflow", "tfjs-node");
  await mkdir(peer, { recursive: true });
  await writeFile(join(peer, "index.js"), peerText);
  const backend = join(projectFolder, "node", "training", "models", "backend.ts");
  const program = join(folder.path, "program.mjs");
  await writeFile(
    program,
    `import { selectBackend } from ${JSON.stringify(backend)};
     const selected = await selectBackend("native").catch(({ code, data }) => ({ name: code, reason: data.reason }));
     const { name, reason } = selected;
     process.stdout.write(JSON.stringify({ name, reason, argv: process.argv.slice(2) }));`,
  );
  const env = { ...process.env, NODE_PATH: modules };
  const { stdout } = await run(process.execPath, [program, "--dir", "state"], { env });
  await folder.remove();
  return JSON.parse(stdout) as object;
}

// tfjs-node is an optional peer with a binary of its own: here stands what it does with the command line as it loads.
describe("the native backend", () => {
  it("loads without our options, which its loader would take for its own, and leaves them to us", async () => {
    const core = join(projectFolder, "node_modules", "@tensorflow", "tfjs-core");
    const selected = await selectNative(
      `if (process.argv.includes("--dir")) throw new Error("no binary in " + process.argv.at(-1));
       const core = require(${JSON.stringify(core)});
       core.registerBackend("tensorflow", () => new core.KernelBackend());
       exports.version = { "tfjs-node": "4.22.0" };`,
    );
    expect(selected).to.deep.equal({ name: "native", argv: ["--dir", "state"] });
  });

  it("has a code where its library cannot be loaded, and leaves our options to us then, too", async () => {
    const selected = await selectNative('throw new Error("libtensorflow.so.2 is missing");');
    const reason = "libtensorflow.so.2 is missing";
    expect(selected).to.deep.equal({ name: "BACKEND_UNAVAILABLE", reason, argv: ["--dir", "state"] });
  });
});
