// Prints how the house is kept: a table for one commit, or for what stands here.
//   node scripts/house.ts            this folder
//   node scripts/house.ts COMMIT     a commit of it
import { execFileSync, spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { house } from "../test/layers/house.ts";
import { longLines, modeComparisons } from "../test/layers/house-rules.ts";

interface Finding {
  readonly category: string;
  readonly message: string;
  readonly location: { readonly path: string };
}

const root = join(import.meta.dirname, "..");
const biomeRules = {
  preset: "none",
  style: { noNonNullAssertion: "error" },
  complexity: {
    noExcessiveLinesPerFunction: { level: "error", options: { maxLines: 50 } },
    noExcessiveCognitiveComplexity: { level: "error", options: { maxAllowedComplexity: 1 } },
  },
};
const scratch = mkdtempSync(join(tmpdir(), "fedledger-house-"));
try {
  const [commit] = process.argv.slice(2);
  const folder = commit === undefined ? root : unpacked(commit);
  for (const [name, value] of measure(folder)) process.stdout.write(`${name.padEnd(52)} ${value}\n`);
} finally {
  rmSync(scratch, { recursive: true });
}

/** The folders of a commit that are measured, in a folder of their own. */
function unpacked(commit: string): string {
  const archive = join(scratch, "tree.tar");
  const run = (tool: string, ...args: string[]) => execFileSync(tool, args, { cwd: root });
  run("git", "archive", "--format=tar", "-o", archive, commit, "node", "scripts", "test", "contracts", "docs");
  run("tar", "-xf", archive, "-C", scratch);
  rmSync(archive);
  return scratch;
}

function measure(folder: string): (readonly [string, string | number])[] {
  const read = (path: string) => readFileSync(join(folder, path), "utf8");
  const filesOf = (paths: readonly string[]) => paths.map((path) => ({ path, text: read(path) }));
  const own = globSync("node/**/*.ts", { cwd: folder });
  const written = globSync(["{node,scripts,test}/**/*.{ts,mjs}", "{contracts,test}/**/*.sol"], { cwd: folder });
  const pages = globSync("docs/**/*.md", { cwd: folder });
  const texts = filesOf(own);
  const found = lint(folder);
  const complex = found.filter(({ category }) => category.endsWith("CognitiveComplexity")).map(numberIn);
  const sentences = pages.flatMap((page) => wordsOfSentences(read(page))).toSorted((a, b) => a - b);
  const [largest, inside] = [...Map.groupBy(own, dirname)]
    .filter(([hall]) => !house.oneKind.includes(hall))
    .reduce((most, each) => (each[1].length > most[1].length ? each : most));
  const creators = texts.flatMap(({ text }) => creatorsIn(text));
  const asked = modeComparisons(texts, { ...house, modeComparisons: {} });
  const long = longLines(filesOf(written), { ...house, pages: [] });
  return [
    ["files in the largest hall of unlike ones", `${inside.length} (${largest})`],
    ["comparisons with a mode's name outside core/modes", sum(asked.map((each) => Number(each.split(": ")[1])))],
    ["lines of create-*", creators.join(", ")],
    ["functions above 50 lines", found.filter(({ category }) => category.endsWith("LinesPerFunction")).length],
    ["worst cognitive complexity", Math.max(...complex)],
    ["functions of a complexity above 15", complex.filter((each) => each > 15).length],
    ["lines beyond 120 columns", sum(written.map((path) => longLinesIn(read(path))))],
    ["of them comments, or code that is not one text", long.length],
    ["non-null assertions (!) in node", found.filter(({ category }) => category.endsWith("NonNullAssertion")).length],
    ["casts (as) in node", sum(texts.map(({ text }) => castsIn(text)))],
    ["words of a sentence in docs, median, p90", `${at(sentences, 0.5)}, ${at(sentences, 0.9)}`],
  ];
}

/** What the linter finds in `node` under our three rules. */
function lint(folder: string): readonly Finding[] {
  const config = mkdtempSync(join(scratch, "biome-"));
  writeFileSync(join(config, "biome.json"), JSON.stringify({ linter: { rules: biomeRules } }));
  const tool = join(root, "node_modules", "@biomejs", "biome", "bin", "biome");
  const args = [tool, "lint", `--config-path=${config}`, "--max-diagnostics=none", "--reporter=json", "node"];
  const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8", maxBuffer: 2 ** 28 });
  return (JSON.parse(stdout) as { readonly diagnostics: readonly Finding[] }).diagnostics;
}

/** The first number of a message: "Excessive complexity of 22 detected (max: 15)." */
function numberIn({ message }: Finding): number {
  return Number(/\d+/.exec(message)?.[0]);
}

/** Lines of the functions that compose a role, each with its name. */
function creatorsIn(text: string): string[] {
  const creator = /^export (?:async )?function (create(?:Participant|Aggregator|Watcher))\b[\s\S]*?^}/gm;
  return [...text.matchAll(creator)].map(([body, name]) => `${name} ${body.split("\n").length}`);
}

function longLinesIn(text: string): number {
  return text.split("\n").filter((line) => line.length > house.columns).length;
}

/** Casts in code: neither `as const`, nor another name in an import or an export, nor a word of a comment. */
function castsIn(text: string): number {
  const code = text
    .replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "")
    .replace(/^(?:import|export) [^;]*? from "[^"]*";$/gm, "");
  return matches(code.replace(/"[^"\n]*"/g, '""'), / as (?!const\b)[A-Z{(\w]/g);
}

function matches(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

/** How many words each sentence of a page's prose has; code, tables and headings are none. */
function wordsOfSentences(page: string): number[] {
  const prose = page
    .replace(/```[\s\S]*?```/g, "\n\n")
    .replace(/^[|#].*$/gm, "\n")
    .replace(/^\s*(?:[-*]|\d+\.) /gm, "\n\n")
    .replace(/`[^`]*`/g, "code")
    .replace(/\]\([^)]*\)|\*/g, "");
  return prose
    .split(/\n\s*\n/)
    .flatMap((block) => block.replaceAll("\n", " ").split(/(?<=[.!?:])["”)]?\s+(?=[A-Z0-9“"([])/))
    .map((sentence) => sentence.split(/\s+/).filter((word) => /\w/.test(word)).length)
    .filter((count) => count > 0);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function at(ascending: readonly number[], share: number): number {
  return ascending[Math.floor(ascending.length * share)] ?? 0;
}
