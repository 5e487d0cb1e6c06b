// Runs the contract tests under coverage and fails unless every line of contracts/ was reached.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const hardhat = join(root, "node_modules/hardhat/dist/src/cli.js");
const report = join(root, "coverage", "lcov.info");
rmSync(report, { force: true });
const tests = spawnSync(process.execPath, [hardhat, "test", "--coverage"], {
  cwd: root,
  stdio: ["ignore", "inherit", "inherit"],
});
// coverage leaves instrumented contracts behind, which are too large to deploy: compile the real ones again
rmSync(join(root, "artifacts"), { recursive: true, force: true });
spawnSync(process.execPath, [hardhat, "build", "--no-tests", "--quiet"], { cwd: root, stdio: "ignore" });
if (tests.status !== 0) process.exit(tests.status ?? 1);

let lines = 0;
const missed: string[] = [];
let file = "";
for (const line of readFileSync(report, "utf8").split("\n")) {
  if (line.startsWith("SF:")) file = line.slice(3);
  const count = /^DA:(\d+),(\d+)/.exec(line);
  if (count === null || !file.includes("contracts/") || file.includes("test/")) continue;
  lines++;
  if (count[2] === "0") missed.push(`${file}:${count[1]}`);
}
process.stdout.write(`${lines - missed.length} of ${lines} lines of contracts/ are covered\n${missed.join("\n")}\n`);
process.exitCode = lines > 0 && missed.length === 0 ? 0 : 1;
