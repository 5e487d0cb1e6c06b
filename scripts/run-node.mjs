import { spawn } from "node:child_process";
import { pathWith } from "./bootstrap.mjs";

/**
 * Runs `node args...` in our place: same terminal, same signals, same exit code. Never returns.
 * Ctrl-C reaches the child from the terminal; we only wait for its clean end.
 */
export async function runNode(node, args) {
  const child = spawn(node, args, { stdio: "inherit", env: pathWith(node) });
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (...end) => resolve(end));
  });
  process.exit(signal === null ? code : 128 + ({ SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 1));
}
