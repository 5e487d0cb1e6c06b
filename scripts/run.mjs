// What npm's scripts call: makes the folder ready, then runs one thing on the right Node.
//   node scripts/run.mjs fedledger ARGS...   the program
//   node scripts/run.mjs FILE.ts ARGS...     a script of this project
//   node scripts/run.mjs exec TOOL ARGS...   a tool of node_modules/.bin
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ensureReady } from "./bootstrap.mjs";
import { root } from "./ready/places.mjs";
import { runNode, runProgram } from "./run-node.mjs";

const [what, ...args] = process.argv.slice(2);
try {
  if (what === "fedledger") await runProgram(args);
  else await runScript(await ensureReady());
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(error.exitCode ?? 1);
}

async function runScript(node) {
  if (what === undefined) return;
  const file = what === "exec" ? toolEntry(args[0]) : join(root, what);
  await runNode(node, [file, ...args.slice(what === "exec" ? 1 : 0)]);
}

/** The script file behind a command of node_modules/.bin, the same on every operating system. */
function toolEntry(tool) {
  for (const name of [tool, ...({ tsc: ["typescript"], biome: ["@biomejs/biome"] }[tool] ?? [])]) {
    const folder = join(root, "node_modules", name);
    if (!existsSync(join(folder, "package.json"))) continue;
    const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = typeof bin === "string" ? bin : bin?.[tool];
    if (file) return join(folder, file);
  }
  throw new Error(`There is no tool ${tool} in node_modules`);
}
