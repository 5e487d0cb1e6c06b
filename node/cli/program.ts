import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { packageRoot } from "../system/index.ts";
import { commands } from "./commands/index.ts";

/** The whole command line. */
export function createProgram(): Command {
  const { version, description } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as {
    version: string;
    description: string;
  };
  const program = new Command("fedledger")
    .description(description)
    .version(version)
    .showHelpAfterError()
    .exitOverride();
  for (const command of commands()) program.addCommand(inherit(command));
  return program.addHelpText(
    "after",
    `
Exit codes: 0 done · 1 failed · 2 wrong use · 3 the audit found a violation · 4 something could not be checked · 5 a service does not answer`,
  );
}

function inherit(command: Command): Command {
  command.exitOverride().showHelpAfterError();
  for (const each of command.commands) inherit(each);
  return command;
}
