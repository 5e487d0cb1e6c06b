import { spawn, spawnSync } from "node:child_process";
import { windows } from "./places.mjs";

/** How long a child that was asked to end may take. */
const graceMs = 10_000;

/**
 * Runs a command to its end; `label` names it for people. What it says is shown only where it fails. Standard output
 * stays free: it may be somebody's JSON.
 *
 * The child is a process group of its own: Ctrl-C does not reach it from the terminal, but through `work`, which asks
 * the whole group to end, waits for it, and rejects with Interrupted.
 */
export async function runChild(command, args, { label, cwd, env, shell = false }, work) {
  const child = spawn(command, args, { cwd, env, shell, stdio: ["ignore", "pipe", "pipe"], detached: !windows });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => said.push(data));
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(signal ?? code));
  });
  let killing;
  const forget = child.pid === undefined ? () => {} : work.name(child.pid);
  const deaf = work.signals.onStop((signal) => {
    if (killing !== undefined) return;
    work.say(`${signal}: waiting until ${label} has ended ...`);
    endGroup(child, "SIGTERM");
    killing = setTimeout(() => endGroup(child, "SIGKILL"), graceMs);
  });
  try {
    const end = await ended;
    work.signals.throwIfHeard();
    if (end === 0) return;
    const words = Buffer.concat(said).toString().trim();
    throw new Error(`${words}\n${label} ended with ${end}`);
  } finally {
    // whatever the child itself has started and left
    if (killing !== undefined) endGroup(child, "SIGKILL");
    clearTimeout(killing);
    deaf();
    forget();
  }
}

function endGroup(child, signal) {
  if (child.pid === undefined) return;
  if (windows) return void spawnSync("taskkill", ["/pid", String(child.pid), "/t", "/f"]);
  try {
    process.kill(-child.pid, signal);
  } catch {
    // they are gone
  }
}
