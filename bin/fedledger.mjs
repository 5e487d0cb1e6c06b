#!/usr/bin/env node
// The command `fedledger`: finds a Node that can run it (installing what is missing in a clone), and runs it.
import { runProgram } from "../scripts/run-node.mjs";

try {
  await runProgram(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(error.exitCode ?? 1);
}
