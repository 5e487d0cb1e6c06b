// Writes docs/faults.md, the table of lies and faults, from scripts/fault-table. Each row names a test, which must
// stand in its file by exactly that title.
//   node scripts/faults.ts                   checks the tests' titles, and writes the page
//   node scripts/faults.ts --check           only says whether titles and page are current
//   node scripts/faults.ts --run [FILE...]   runs the named tests (of some files only), a file at a time, and tells of
//                                            each row whether its test is ok; fails where one fails or is not found
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorCatalogue } from "../node/core/errors/error-catalogue.ts";
import { faultThemes } from "./fault-table/all-faults.ts";
import type { FaultRow, FaultTheme } from "./fault-table/fault.ts";

interface NamedTest {
  readonly file: string;
  readonly title: string;
  readonly rows: readonly FaultRow[];
}

/** What mocha's JSON reporter says of one test. */
interface Ran {
  readonly title: string;
  readonly fullTitle: string;
}

const root = join(import.meta.dirname, "..");
const page = join(root, "docs", "faults.md");
const tests = faultThemes.flatMap(testsOf);
const [option, ...files] = process.argv.slice(2);

if (option === "--run") run(files);
else check(option === "--check");

function testsOf({ tests }: FaultTheme): readonly NamedTest[] {
  return Object.entries(tests).flatMap(([file, titles]) =>
    Object.entries(titles).map(([title, rows]) => ({ file, title, rows })),
  );
}

/** Says which titles stand in no test; writes the page, or says that it is not current. */
function check(isOnly: boolean): void {
  const lost = tests.filter(({ file, title }) => !titlesIn(file).some((one) => isOf(title, one)));
  for (const { file, title } of lost) complain(`${file} has no test "${title}"`);
  if (lost.length > 0) return;
  const text = pageText();
  if (!isOnly) writeFileSync(page, text);
  else if (readFileSync(page, "utf8") !== text) complain("docs/faults.md is not current: run node scripts/faults.ts");
}

function complain(line: string): void {
  process.stderr.write(`${line}\n`);
  process.exitCode = 1;
}

/** The titles of a file's tests, those of templates as patterns. */
function titlesIn(file: string): readonly RegExp[] {
  const text = readFileSync(join(root, file), "utf8");
  const calls = text.matchAll(/\b(?:it|full)\(\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|`((?:[^`\\]|\\.)*)`)/g);
  return [...calls].map(([, quoted, single, template]) => {
    const fixed = template === undefined ? [quoted?.replaceAll('\\"', '"') ?? single ?? ""] : partsOf(template);
    return new RegExp(`^${fixed.map(escaped).join(".+")}$`);
  });
}

/** What stands between the expressions of a template. */
function partsOf(template: string): readonly string[] {
  return template.split(/\$\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}/);
}

/** Whether a row's title is that of a test; one that ends with "…" may go on. */
function isOf(title: string, pattern: RegExp): boolean {
  if (!title.endsWith("…")) return pattern.test(title);
  return pattern.source.startsWith(`^${escaped(title.slice(0, -1))}`);
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}

function pageText(): string {
  const count = tests.reduce((sum, { rows }) => sum + rows.length, 0);
  return `# Lies and faults

For whoever asks what happens when something lies or fails. Each row names the lie or fault, who is asked, what comes
out, and the test that plays it. There are ${count} rows. Liars among members, and the proofs that catch them, are in
[attacks](attacks.md).

The page is written by \`node scripts/run.mjs scripts/faults.ts\` from \`scripts/fault-table/\`. It writes nothing where
a test does not stand in its file by the title given here. \`node scripts/run.mjs scripts/faults.ts --run\` runs all of
these tests, and tells of each row whether its test is ok. A code's exit code is that of the
[command line](cli.md). A node of many tasks goes on where one of them ends. A title that ends with "…" stands for all
that begin so.
${faultThemes.map(themeText).join("")}`;
}

function themeText(theme: FaultTheme): string {
  const lines = testsOf(theme).flatMap(({ file, title, rows }) =>
    rows.map(([fault, asked, verdict, code]) => {
      const outcome = code === undefined ? verdict : `\`${code}\`, exit ${errorCatalogue[code].exitCode}`;
      const more = code === undefined || verdict === "" ? "" : `: ${verdict}`;
      const test = `[${file.slice("test/".length)}](../${file}) "${title}"`;
      return `| ${[fault, asked, `${outcome}${more}`, test].map(cell).join(" | ")} |\n`;
    }),
  );
  return `
## ${theme.name}

| lie or fault | who is asked | what comes out | test |
| --- | --- | --- | --- |
${lines.join("")}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}

/** Runs the named tests of all files, or of these. */
function run(only: readonly string[]): void {
  const chosen = tests.filter(({ file }) => only.length === 0 || only.includes(file));
  if (chosen.length === 0) complain("No row names a test of these files.");
  const folder = mkdtempSync(join(tmpdir(), "fedledger-faults-"));
  let failed = 0;
  let count = 0;
  for (const file of new Set(chosen.map((test) => test.file))) {
    const named = chosen.filter((test) => test.file === file);
    const outcomes = runFile(file, named, join(folder, "outcomes.json"));
    for (const { title, rows } of named) {
      const outcome = outcomes(title);
      for (const [fault] of rows) process.stdout.write(`${outcome} ${fault}: ${file} "${title}"\n`);
      count += rows.length;
      if (outcome === "FAILED" || outcome === "ABSENT") failed += rows.length;
    }
  }
  rmSync(folder, { recursive: true });
  process.stdout.write(`${count} rows, ${failed} failed\n`);
  if (failed > 0) process.exitCode = 1;
}

/** Runs these tests of a file; what became of those with a title. */
function runFile(file: string, named: readonly NamedTest[], output: string) {
  const ends = named.map(({ title }) => (title.endsWith("…") ? escaped(title.slice(0, -1)) : `${escaped(title)}$`));
  const mocha = [
    join("node_modules", "mocha", "bin", "mocha.js"),
    "--timeout",
    "600000",
    "--grep",
    `/${ends.join("|")}/`,
  ];
  const reporter = ["--reporter", "json", "--reporter-option", `output=${output}`];
  writeFileSync(output, '{"passes":[],"failures":[],"pending":[]}');
  spawnSync(process.execPath, [...mocha, ...reporter, file], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  const ran = JSON.parse(readFileSync(output, "utf8")) as Record<"passes" | "failures" | "pending", readonly Ran[]>;
  return (title: string) => {
    const isIt = (one: Ran) => (title.endsWith("…") ? one.title.startsWith(title.slice(0, -1)) : one.title === title);
    // a hook that fails names no test of its own, and lets none of its tests run
    if (ran.failures.some((one) => isIt(one) || one.title.startsWith('"'))) return "FAILED";
    if (ran.passes.some(isIt)) return "ok    ";
    return ran.pending.some(isIt) ? "skip  " : "ABSENT";
  };
}
