// Runs the test suites one after another and ends with a line "N passed, N failed".
//   node scripts/test.ts            what `npm test` runs
//   node scripts/test.ts --slow     the long suites of CI
//   node scripts/test.ts NAME...    suites by name
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

interface Suite {
  readonly name: string;
  readonly slow?: boolean;
  /** Busy with one core and deaf to the clock: two such suites run beside each other, each lane in its order. */
  readonly lane?: 1 | 2;
  /** Arguments of Node, run in the project's folder. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** How it counts: one check, mocha with our reporter, or Hardhat's own summary. */
  readonly counts: "check" | "mocha" | "hardhat";
}

const root = join(import.meta.dirname, "..");
const bin = (path: string) => join(root, "node_modules", path);
const mocha = (...args: string[]) => [
  bin("mocha/bin/mocha.js"),
  "--reporter",
  "test/support/count-reporter.mjs",
  ...args,
];
const hardhat = (...args: string[]) => [bin("hardhat/dist/src/cli.js"), ...args];

const suites: readonly Suite[] = [
  {
    name: "format and lint",
    lane: 1,
    args: [bin("@biomejs/biome/bin/biome"), "ci", "--error-on-warnings"],
    counts: "check",
  },
  { name: "unused", lane: 2, args: [bin("knip/bin/knip.js"), "--no-progress"], counts: "check" },
  { name: "types", lane: 1, args: [bin("typescript/bin/tsc"), "-p", "."], counts: "check" },
  {
    name: "solidity format",
    lane: 2,
    args: [bin("prettier/bin/prettier.cjs"), "--check", "contracts", "test/contracts/**/*.sol"],
    counts: "check",
  },
  {
    name: "solidity lint",
    lane: 2,
    args: [bin("solhint/solhint.js"), "--max-warnings", "0", "contracts/**/*.sol"],
    counts: "check",
  },
  { name: "vectors", lane: 1, args: ["scripts/vectors.ts", "--check"], counts: "check" },
  { name: "command line docs", lane: 1, args: ["scripts/docs-cli.ts", "--check"], counts: "check" },
  {
    name: "unit",
    lane: 1,
    args: mocha("test/layers/*.test.ts", "test/unit/**/*.test.ts", "--ignore", "test/unit/{p2p,storage}/**"),
    counts: "mocha",
  },
  { name: "contracts", lane: 2, args: hardhat("test"), counts: "hardhat" },
  { name: "simulation", lane: 2, args: mocha("test/simulation/**/*.test.ts"), counts: "mocha" },
  // with time limits of their own, in parts of a second
  { name: "unit, over sockets", args: mocha("test/unit/{p2p,storage}/**/*.test.ts"), counts: "mocha" },
  { name: "end to end", args: mocha("--timeout", "240000", "test/e2e/*.test.ts"), counts: "mocha" },
];

const slowSuites: readonly Suite[] = [
  { name: "contract coverage", slow: true, lane: 1, args: ["scripts/contract-coverage.ts"], counts: "check" },
  {
    name: "contracts, more cases",
    slow: true,
    lane: 1,
    args: hardhat("test"),
    // 20,000 chunks under either rule that is fuzzed against TypeScript, and 75,000 calls to either state machine (50 a
    // run)
    env: { FUZZ_CASES: "20000", FUZZ_RUNS: "1000", INVARIANT_RUNS: "1500" },
    counts: "hardhat",
  },
  {
    name: "simulation, more seeds",
    slow: true,
    lane: 2,
    args: mocha("--timeout", "1200000", "test/simulation/**/*.test.ts"),
    // of the thousand that SIM_SEEDS=1000 runs: CI is to end within its time
    env: { SIM_SEEDS: "300" },
    counts: "mocha",
  },
  {
    name: "interoperation",
    slow: true,
    lane: 2,
    args: mocha("--timeout", "600000", "test/interop/*.test.ts"),
    counts: "mocha",
  },
  {
    name: "end to end, long",
    slow: true,
    // eight of the twenty that docs/benchmarks.md tells of: CI is to end within its time
    env: { KILL_RUNS: "8" },
    args: mocha("--timeout", "1500000", "test/e2e/slow/*.test.ts"),
    counts: "mocha",
  },
];

const wanted = process.argv.slice(2);
const chosen = wanted.includes("--slow")
  ? slowSuites
  : wanted.length > 0
    ? [...suites, ...slowSuites].filter((suite) => wanted.includes(suite.name))
    : suites;

const total: Counts = { passed: 0, failed: 0, skipped: 0 };
const folder = mkdtempSync(join(tmpdir(), "fedledger-test-"));
const lines: string[] = [];
const inLane = (lane?: number) => chosen.filter((suite) => suite.lane === lane);
await Promise.all([runAll(inLane(1), false), runAll(inLane(2), false)]);
await runAll(inLane(), true);
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`\n${lines.join("\n")}\n\n${tally(total)}\n`);
process.exitCode = total.failed > 0 ? 1 : 0;

/** Runs suites in their order; `live`: what they print is shown as it comes, else after each. */
async function runAll(each: readonly Suite[], live: boolean): Promise<void> {
  for (const suite of each) {
    process.stdout.write(
      live ? `\n── ${suite.name}\n` : `${suite.name}: started; what it prints is shown at its end\n`,
    );
    const started = performance.now();
    const { counts, output } = await runSuite(suite, live);
    if (!live) process.stdout.write(`\n── ${suite.name}\n${output}`);
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    lines.push(`${counts.failed > 0 ? "FAILED" : "ok    "} ${suite.name}: ${tally(counts)} in ${seconds} s`);
    process.stdout.write(`${lines.at(-1)}\n`);
  }
}

async function runSuite(suite: Suite, live: boolean): Promise<{ counts: Counts; output: string }> {
  const file = join(folder, suite.name.replaceAll(/\W+/g, "-"));
  let output = "";
  const code = await new Promise<number>((resolve, reject) => {
    const child = spawn(process.execPath, suite.args, {
      cwd: root,
      env: { ...process.env, ...suite.env, FEDLEDGER_TEST_COUNTS: file },
      stdio: ["ignore", "pipe", "inherit"],
    });
    child.stdout.on("data", (data: Buffer) => {
      if (live) process.stdout.write(data);
      output += data.toString();
    });
    child.once("error", reject);
    child.once("exit", (exit) => resolve(exit ?? 1));
  });
  const counts =
    suite.counts === "check"
      ? { passed: 0, failed: 0, skipped: 0 }
      : suite.counts === "mocha"
        ? countMocha(file)
        : countHardhat(output);
  if (suite.counts === "check" && code === 0) counts.passed = 1;
  // a suite that fails without a failed test (it crashed, or ran nothing) is a failure, too
  if ((code !== 0 || counts.passed + counts.failed + counts.skipped === 0) && counts.failed === 0) counts.failed = 1;
  return { counts, output };
}

function countMocha(file: string): Counts {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  if (!existsSync(file)) return counts;
  for (const line of readFileSync(file, "utf8").trim().split("\n")) {
    const each = JSON.parse(line) as Counts;
    for (const key of ["passed", "failed", "skipped"] as const) counts[key] += each[key];
  }
  return counts;
}

/** Hardhat closes with sums over its kinds of tests: "195 passing (116 solidity, 79 mocha)", and "1 failing (...)". */
function countHardhat(output: string): Counts {
  const plain = output.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g"), "");
  const sum = (word: string) =>
    Number(new RegExp(`^\\s*(\\d+) ${word} \\([^)]*(?:solidity|mocha)`, "m").exec(plain)?.[1] ?? 0);
  return { passed: sum("passing"), failed: sum("failing"), skipped: sum("(?:pending|skipped)") };
}

function tally(counts: Counts): string {
  return `${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ""}`;
}
