// Writes docs/cli.md from the commands themselves; with --check, only says whether it is current.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { createProgram } from "../node/cli/program.ts";
import { lastOf } from "../node/core/bytes/items.ts";

const path = join(import.meta.dirname, "..", "docs", "cli.md");
const escaped = (text: string) => text.replaceAll("<", "&lt;");

const text = `# The command line

For whoever runs commands. Written by \`node scripts/docs-cli.ts\` from the commands themselves; a test keeps it current.
The [guide](guide.md) shows the commands at work.

A setting is taken from its flag, else from its environment variable, else from the file named by \`--config\`, else from
its default. The file is JSON with names in camel case, for example \`{"rpc": "http://127.0.0.1:8545"}\`; an unknown name
is an error. What a task fixes has no setting: it comes from the chain.

\`--json\` makes every command print JSON lines. A password is asked for, or comes from \`FEDLEDGER_PASSWORD\` or
\`--password-file\`, never from an argument.

| exit code | means |
| --- | --- |
| 0 | done |
| 1 | failed |
| 2 | wrong use |
| 3 | the audit found a violation, or a receipt proves nothing |
| 4 | something could not be checked |
| 5 | a service does not answer |
| 130, 143 | stopped by Ctrl-C or SIGTERM before it was done; a second one, a second later or more, ends it at once |
${createProgram()
  .commands.flatMap((command) => sections(command, "fedledger"))
  .join("")}`;

if (process.argv.includes("--check")) {
  if (readFileSync(path, "utf8") !== text) {
    process.stderr.write("docs/cli.md is not current: run node scripts/docs-cli.ts\n");
    process.exitCode = 1;
  }
} else {
  writeFileSync(path, text);
}

function sections(command: Command, parent: string): string[] {
  const name = `${parent} ${command.name()}`;
  if (command.commands.length > 0) return command.commands.flatMap((each) => sections(each, name));
  const args = command.registeredArguments
    .map((argument) => {
      const text = `${argument.name()}${argument.variadic ? "..." : ""}`;
      return argument.required ? ` <${text}>` : ` [${text}]`;
    })
    .join("");
  const settings = command.options.map((option) => {
    const from = [option.envVar, option.defaultValue === undefined ? undefined : `default ${option.defaultValue}`];
    const said = from.filter((each) => each !== undefined && each !== "").join(", ");
    return wrapped(`- \`${option.flags}\`${said === "" ? "" : ` (${said})`}: ${escaped(option.description)}`);
  });
  return [`\n## ${name}${args}\n\n${wrapped(sentence(escaped(command.summary())))}\n${settings.join("")}`];
}

/** A text with a capital and a full stop. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** An item of a list, or a paragraph, in lines within 120 columns. */
function wrapped(text: string): string {
  const indent = text.startsWith("- ") ? "  " : "";
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lastOf(lines);
    if (line === "" || line === indent) lines[lines.length - 1] = `${line}${word}`;
    else if (`${line} ${word}`.length <= 120) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(`${indent}${word}`);
  }
  return `${lines.join("\n")}\n`;
}
