// Takes each guard of scripts/guard-table.ts out, in a copy of the project, and expects its test to fail: a guard that
// no test misses is none.
//   node scripts/guards.ts            all of them
//   node scripts/guards.ts NAME...    some
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Guard, guards } from "./guard-table.ts";

const root = join(import.meta.dirname, "..");
const copied = ["artifacts", "bin", "cache", "contracts", "data", "node", "scripts", "test", "docs", "ignition"];
const files = ["package.json", "hardhat.config.ts", "tsconfig.json", ".mocharc.json"];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !guards.some((guard) => guard.name === name));
if (unknown.length > 0) {
  process.stderr.write(
    `There is no guard ${unknown.join(", ")}; there are ${guards.map(({ name }) => name).join(", ")}\n`,
  );
  process.exit(2);
}
const chosen = wanted.length > 0 ? guards.filter(({ name }) => wanted.includes(name)) : guards;
const folder = mkdtempSync(join(tmpdir(), "fedledger-guards-"));
for (const name of [...copied, ...files])
  cpSync(join(root, name), join(folder, name), { recursive: true, force: true });
symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));

let failed = 0;
try {
  for (const test of new Set(chosen.map((guard) => guard.test))) {
    const { passing, failing } = await run(test);
    if (passing === 0 || failing > 0) tell(false, `${test} as it is: ${passing} passing, ${failing} failing`);
  }
  for (const guard of chosen) await takeOut(guard);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(`${chosen.length} guards, ${failed} failed\n`);
process.exitCode = failed > 0 ? 1 : 0;

async function takeOut({ name, file, guard, replacement, test }: Guard): Promise<void> {
  const path = join(folder, file);
  const text = readFileSync(path, "utf8");
  const [before, after, ...more] = text.split(guard);
  if (after === undefined || more.length > 0) return tell(false, `${name}: its text is not there once in ${file}`);
  writeFileSync(path, `${before}${replacement}${after}`);
  try {
    const { passing, failing } = await run(test);
    // where nothing runs at all, the change broke more than the guard
    tell(failing > 0 && passing > 0, `${name}: without it ${failing} of ${passing + failing} tests of ${test} fail`);
  } finally {
    writeFileSync(path, text);
  }
}

function tell(isRight: boolean, line: string): void {
  if (!isRight) failed++;
  process.stdout.write(`${isRight ? "ok    " : "FAILED"} ${line}\n`);
}

/** Runs one test file in the copy: the contracts' by Hardhat, which compiles what has changed, all others by mocha. */
async function run(test: string): Promise<{ readonly passing: number; readonly failing: number }> {
  const tool = test.startsWith("test/contracts/")
    ? ["node_modules/hardhat/dist/src/cli.js", "test"]
    : ["node_modules/mocha/bin/mocha.js"];
  const child = spawn(process.execPath, [...tool, test], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (output += data.toString()));
  await new Promise((resolve) => child.once("close", resolve));
  const sum = (word: string) =>
    [...output.matchAll(new RegExp(`^\\s*(\\d+) ${word}\\b`, "gm"))].reduce(
      (most, [, n]) => Math.max(most, Number(n)),
      0,
    );
  return { passing: sum("passing"), failing: sum("failing") };
}
