import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureReady } from "./bootstrap.mjs";
import { pathWith } from "./ready/environment.mjs";
import { isClone, root, windows } from "./ready/places.mjs";
import { exitCodeOf, hasTerminal } from "./ready/stop.mjs";

/**
 * Runs `fedledger args...` and ends this process with its exit code. Where this process's own Node will do, the program
 * runs in it: whatever happens to this process happens to the program.
 */
export async function runProgram(args) {
  // the version needs nothing installed
  if (args.length === 1 && ["--version", "-V"].includes(args[0])) return printVersion();
  const node = await ensureReady();
  const main = isClone ? join(root, "node", "cli", "main.ts") : join(root, "dist", "node", "cli", "main.js");
  const env = pathWith(node);
  // NODE_PATH is read when a process starts
  if (node !== process.execPath || env.NODE_PATH !== process.env.NODE_PATH)
    return runNode(node, [main, ...args], { isProgram: true });
  Object.assign(process.env, env);
  process.argv = [process.execPath, main, ...args];
  await import(pathToFileURL(main).href);
}

/**
 * Runs `node args...` in our place: same terminal, same signals, same exit code. Never returns.
 *
 * Each signal is passed on. Ctrl-C reaches the child from the terminal, too; the program takes what comes within a
 * second for one. `isProgram`: the child hears by a channel that we are gone, however that was, and ends by itself; on
 * Windows, where a signal ends a process at once, the channel is closed instead.
 */
export async function runNode(node, args, { isProgram = false } = {}) {
  const stdio = isProgram ? ["inherit", "inherit", "inherit", "ipc"] : "inherit";
  const child = spawn(node, args, { stdio, env: pathWith(node) });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => {
      // a tool would take Ctrl-C for two
      if (isProgram || signal !== "SIGINT" || !hasTerminal) pass(child, signal);
    });
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (...end) => resolve(end));
  });
  process.exit(signal === null ? code : exitCodeOf(signal));
}

function pass(child, signal) {
  if (!windows) child.kill(signal);
  else if (child.connected) child.disconnect();
}

function printVersion() {
  process.stdout.write(`${JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version}\n`);
}
