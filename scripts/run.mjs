// What npm's scripts call: makes the folder ready, then runs one thing on the right Node.
//   node scripts/run.mjs fedledger ARGS...   the program
//   node scripts/run.mjs FILE.ts ARGS...     a script of this project
//   node scripts/run.mjs exec TOOL ARGS...   a tool of node_modules/.bin
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ensureReady, root } from "./bootstrap.mjs";
import { runNode } from "./run-node.mjs";

const [what, ...args] = process.argv.slice(2);
try {
  const node = await ensureReady();
  if (what === undefined) process.exit(0);
  await runNode(node, what === "exec" ? [toolEntry(args[0]), ...args.slice(1)] : [entry(what), ...args]);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

function entry(name) {
  return name === "fedledger" ? join(root, "node", "cli", "main.ts") : join(root, name);
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
