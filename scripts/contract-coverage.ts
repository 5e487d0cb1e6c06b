// Runs the contract tests under coverage and fails unless every line of contracts/ was reached and every condition was
// both true and false. Hardhat counts statements; branches are counted by probes, put around the conditions in a copy
// of the project.
import { spawnSync } from "node:child_process";
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Probe, probeFile, probeSource, probeTag, withProbes } from "./branch-probes.ts";

const root = join(import.meta.dirname, "..");
const copy = mkdtempSync(join(tmpdir(), "fedledger-coverage-"));
process.once("exit", () => rmSync(copy, { recursive: true, force: true }));

for (const part of ["contracts", "ignition", "node", "test", "hardhat.config.ts", "package.json", "tsconfig.json"]) {
  cpSync(join(root, part), join(copy, part), { recursive: true });
}
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));

const probes: Probe[] = [];
for (const file of globSync("contracts/**/*.sol", { cwd: root }).sort()) {
  writeFileSync(join(copy, file), withProbes(file, readFileSync(join(root, file), "utf8"), probes));
}
writeFileSync(join(copy, probeFile), probeSource);
writeFileSync(
  join(copy, "hardhat.coverage.ts"),
  `import config from "./hardhat.config.ts";\nexport default { ...config, coverage: { skipFiles: ["${probeFile}"] } };\n`,
);

const hardhat = join(copy, "node_modules/hardhat/dist/src/cli.js");
const tests = spawnSync(process.execPath, [hardhat, "--config", "hardhat.coverage.ts", "test", "--coverage"], {
  cwd: copy,
  // what only many cases reach is not covered by the tests that always run
  env: {
    ...{
      FUZZ_RUNS: "16",
      FUZZ_CASES: "32",
      MASK_CASES: "8",
      MASKED_ROUNDS: "3",
      PROOF_ROUNDS: "8",
      INVARIANT_RUNS: "4",
    },
    ...process.env,
  },
  stdio: ["ignore", "inherit", "inherit"],
});
if (tests.status !== 0) process.exit(tests.status ?? 1);

const problems: string[] = [];
let lines = 0;
let file = "";
for (const line of readFileSync(join(copy, "coverage", "lcov.info"), "utf8").split("\n")) {
  if (line.startsWith("SF:")) file = line.slice(3);
  const count = /^DA:(\d+),(\d+)/.exec(line);
  if (count === null || !file.includes("contracts/") || file.includes("test/")) continue;
  lines++;
  // a line of one condition and what follows from it, whose comment calls that unreachable
  const isExcused = probes.some(({ excused, file: at, line: of }) => excused && at === file && of === Number(count[1]));
  if (count[2] === "0" && !isExcused) problems.push(`${file}:${count[1]}: never reached`);
}
const missedLines = problems.length;

const seen = new Set<string>();
for (const data of globSync("coverage/data/**/*.json", { cwd: copy })) {
  for (const tag of Object.keys(JSON.parse(readFileSync(join(copy, data), "utf8")) as object)) seen.add(tag);
}
let excused = 0;
for (const [index, probe] of probes.entries()) {
  for (const outcome of [true, false]) {
    const was = seen.has(probeTag(index, outcome));
    const where = `${probe.file}:${probe.line}: ${probe.text}`;
    if (probe.excused?.outcome === outcome) {
      excused++;
      if (was) problems.push(`${where} was ${outcome}, which its comment calls unreachable`);
    } else if (!was) problems.push(`${where} was never ${outcome}`);
  }
}
const outcomes = 2 * probes.length;
const missedOutcomes = problems.length - missedLines;
process.stdout.write(`${problems.join("\n")}
Lines: ${lines - missedLines} of ${lines} are covered.
Branches: ${outcomes - excused - missedOutcomes} of ${outcomes} outcomes are covered, ${excused} are explained as
unreachable.
An outcome is "true" or "false" of a condition: what an if, a loop or ?: decides by, each operand of && and ||, and each
comparison elsewhere. Loops in assembly and modifiers of libraries that are not ours have no probes.
`);
process.exitCode = lines > 0 && outcomes > 0 && problems.length === 0 ? 0 : 1;
