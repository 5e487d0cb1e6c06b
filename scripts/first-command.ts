// Varies one thing at a time on the first command, and writes what came out into the table of docs/first-command.md.
// It takes the last commit, the npm registry and about half an hour of a quiet machine; Linux, as root (it becomes
// another user).
//   node scripts/run.mjs scripts/first-command.ts           all variations
//   node scripts/run.mjs scripts/first-command.ts TEXT...   those whose row contains one of the texts
//   ... --keep                                              leaves the clones where they are, in the temporary folder
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { interrupts } from "./first-command/interrupts.ts";
import { createMachine } from "./first-command/machine.ts";
import { type Variation, variations } from "./first-command/variations.ts";

const page = join(import.meta.dirname, "..", "docs", "first-command.md");
const wanted = process.argv.slice(2).filter((text) => text !== "--keep");
const all = [...variations, ...interrupts];
const start = ({ kind, value }: Variation) => `| ${kind} | ${value} |`;
const chosen = all.filter((each) => wanted.length === 0 || wanted.some((text) => start(each).includes(text)));

const machine = createMachine();
try {
  for (const variation of chosen) {
    const result = await variation.run(machine).catch((error: unknown) => `the script failed: ${error}`);
    const words = result.replaceAll(machine.folder, "…").replaceAll("|", "/").replaceAll(/\s+/g, " ");
    process.stdout.write(`${start(variation)} ${words} |\n`);
    enter(variation, words);
  }
} finally {
  if (!process.argv.includes("--keep")) machine.close();
}

/** Puts a row where that of the same variation stood, or at its place in the order of all. */
function enter(variation: Variation, words: string): void {
  const [before = "", table = "", after = ""] = readFileSync(page, "utf8").split(
    /(?<=<!-- table -->\n)|(?=<!-- end -->)/,
  );
  const [head = "", line = "", ...rows] = table.trimEnd().split("\n");
  const told = [...rows.filter((row) => !row.startsWith(start(variation))), `${start(variation)} ${words} |`];
  const place = (row: string) => all.findIndex((each) => row.startsWith(start(each)));
  const kept = told.filter((row) => place(row) >= 0).sort((one, other) => place(one) - place(other));
  writeFileSync(page, `${before}${[head, line, ...kept].join("\n")}\n${after}`);
}
