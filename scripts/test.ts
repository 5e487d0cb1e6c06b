// Runs the test suites, three at a time, and ends with what each took and a line "N passed, N failed".
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
  /** Busy with two cores by itself; of the others, which keep one busy or wait, three run beside each other. */
  readonly alone?: true;
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

/** What `npm test` runs, the dearest first: the last ones are to end together. */
const suites: readonly Suite[] = [
  { name: "contracts", args: hardhat("test"), counts: "hardhat" },
  {
    name: "unit",
    args: mocha("test/layers/*.test.ts", "test/unit/**/*.test.ts", "--ignore", "test/unit/{p2p,storage,slow}/**"),
    counts: "mocha",
  },
  { name: "simulation", args: mocha("--timeout", "240000", "test/simulation/**/*.test.ts"), counts: "mocha" },
  { name: "types", args: [bin("typescript/bin/tsc"), "-p", "."], counts: "check" },
  { name: "unit, over sockets", args: mocha("test/unit/{p2p,storage}/**/*.test.ts"), counts: "mocha" },
  {
    name: "format and lint",
    args: [bin("@biomejs/biome/bin/biome"), "ci", "--error-on-warnings"],
    counts: "check",
  },
  { name: "unused", args: [bin("knip/bin/knip.js"), "--no-progress"], counts: "check" },
  {
    name: "solidity lint",
    args: [bin("solhint/solhint.js"), "--max-warnings", "0", "contracts/**/*.sol"],
    counts: "check",
  },
  {
    name: "solidity format",
    args: [bin("prettier/bin/prettier.cjs"), "--check", "contracts", "test/contracts/**/*.sol"],
    counts: "check",
  },
  { name: "command line docs", args: ["scripts/docs-cli.ts", "--check"], counts: "check" },
  { name: "fault table", args: ["scripts/faults.ts", "--check"], counts: "check" },
  {
    name: "end to end",
    alone: true,
    args: mocha(
      "--timeout",
      "240000",
      "--parallel",
      "--jobs",
      "2",
      "test/e2e/*.test.ts",
      "test/e2e/endpoints/*.test.ts",
      "test/e2e/nodes/*.test.ts",
    ),
    counts: "mocha",
  },
];

const slowSuites: readonly Suite[] = [
  {
    name: "simulation, more seeds",
    args: mocha("--timeout", "1200000", "test/simulation/**/*.test.ts"),
    // of the thousand that SIM_SEEDS=1000 runs: CI is to end within its time
    env: { SIM_SEEDS: "300" },
    counts: "mocha",
  },
  { name: "contract coverage", args: ["scripts/contract-coverage.ts"], counts: "check" },
  {
    name: "contracts, more cases",
    args: hardhat("test"),
    // 20,000 chunks under either rule that is fuzzed against TypeScript, and 50,000 calls to either state machine (50 a
    // run)
    env: { FUZZ_CASES: "20000", FUZZ_RUNS: "1000", INVARIANT_RUNS: "1000" },
    counts: "hardhat",
  },
  {
    name: "interoperation",
    args: mocha("--timeout", "600000", "test/interop/*.test.ts"),
    counts: "mocha",
  },
  { name: "unit, long", args: mocha("--timeout", "600000", "test/unit/slow/*.test.ts"), counts: "mocha" },
  {
    name: "end to end, long",
    alone: true,
    // three of the twenty that docs/benchmarks.md tells of: CI is to end within its time
    env: { KILL_RUNS: "3" },
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
const started = performance.now();
const waiting = chosen.filter(({ alone }) => !alone);
const isLive = chosen.length === 1;
await Promise.all([runWaiting(), runWaiting(), runWaiting()]);
for (const suite of chosen.filter(({ alone }) => alone)) await report(suite, true);
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`\n${lines.join("\n")}\n\nin ${secondsSince(started)}\n${tally(total)}\n`);
process.exitCode = total.failed > 0 ? 1 : 0;

/** Takes one suite after the other until none is left. */
async function runWaiting(): Promise<void> {
  for (let suite = waiting.shift(); suite !== undefined; suite = waiting.shift()) await report(suite, isLive);
}

/** Runs a suite and counts it; `live`: what it prints is shown as it comes, else at its end. */
async function report(suite: Suite, live: boolean): Promise<void> {
  const { name } = suite;
  process.stdout.write(live ? `\n── ${name}\n` : `${name}: started; what it prints is shown at its end\n`);
  const begun = performance.now();
  const { counts, output, cpu } = await runSuite(suite, live);
  if (!live) process.stdout.write(`\n── ${name}\n${output}`);
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  const mark = counts.failed > 0 ? "FAILED" : "ok    ";
  lines.push(`${mark} ${name}: ${tally(counts)} in ${secondsSince(begun)}${cpu === undefined ? "" : `, CPU ${cpu} s`}`);
  process.stdout.write(`${lines.at(-1)}\n`);
}

async function runSuite(suite: Suite, live: boolean) {
  const file = join(folder, suite.name.replaceAll(/\W+/g, "-"));
  const times = `${file}.times`;
  const [command, args] = measured(process.execPath, suite.args);
  let output = "";
  const code = await new Promise<number>((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...suite.env, FEDLEDGER_TEST_COUNTS: file, FEDLEDGER_TEST_TIMES: times },
      stdio: ["ignore", "pipe", "inherit"],
    });
    child.stdout.on("data", (data: Buffer) => {
      if (live) process.stdout.write(data);
      output += data.toString();
    });
    child.once("error", reject);
    child.once("close", (exit) => resolve(exit ?? 1));
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
  return { counts, output, cpu: cpuSeconds(times) };
}

/** The command under a shell that writes what its processes took of a processor: Node tells that of none but itself. */
function measured(command: string, args: readonly string[]): [command: string, args: readonly string[]] {
  if (process.platform === "win32") return [command, args];
  return ["sh", ["-c", '"$@"; code=$?; times > "$FEDLEDGER_TEST_TIMES"; exit $code', "sh", command, ...args]];
}

/** What `times` wrote of the shell's children, "1m2.5s 0m3.1s"; undefined where nothing was. */
function cpuSeconds(file: string): string | undefined {
  const children = existsSync(file) ? readFileSync(file, "utf8").split("\n")[1] : undefined;
  if (children === undefined) return undefined;
  const each = [...children.matchAll(/(\d+)m([\d.]+)s/g)];
  return each.reduce((sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds), 0).toFixed(1);
}

function secondsSince(begun: number): string {
  return `${((performance.now() - begun) / 1000).toFixed(1)} s`;
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
