#!/usr/bin/env node
// The command `fedledger`: finds a Node that can run it (installing what is missing in a clone), and runs it.
import { join } from "node:path";
import { ensureReady, isClone, root } from "../scripts/bootstrap.mjs";
import { runNode } from "../scripts/run-node.mjs";

try {
  const main = isClone ? join(root, "node", "cli", "main.ts") : join(root, "dist", "node", "cli", "main.js");
  await runNode(await ensureReady(), [main, ...process.argv.slice(2)]);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
