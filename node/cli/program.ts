import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { FedledgerError } from "../core/errors/error.ts";
import { packageRoot } from "../system/index.ts";
import { commands } from "./commands/index.ts";

/** The whole command line. */
export function createProgram(): Command {
  const { version, description } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as {
    version: string;
    description: string;
  };
  const program = new Command("fedledger").description(description).version(version);
  for (const command of commands()) program.addCommand(command);
  return reportWrongUse(program, "fedledger").addHelpText(
    "after",
    `
Exit codes: 0 done · 1 failed · 2 wrong use · 3 the audit found a violation · 4 something could not be checked · 5 a service does not answer
Proxies: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY are followed by all that goes over HTTP; this machine is asked directly`,
  );
}

/** Makes a command and those below it throw WRONG_USE where commander would print its message and the whole help. */
function reportWrongUse(command: Command, path: string): Command {
  command
    .configureOutput({ outputError: () => {} })
    .allowExcessArguments(false)
    .exitOverride((error) => {
      // help and version asked for, and a group without its command, have printed what they are for
      if (error.exitCode === 0 || error.code === "commander.help") throw error;
      const reason = error.message
        .replace(/^error: /, "")
        .replace(/\.?\s*\n\s*/g, " ")
        .replace(/\.$/, "");
      throw new FedledgerError("WRONG_USE", { reason, command: path });
    });
  for (const each of command.commands) reportWrongUse(each, `${path} ${each.name()}`);
  return command;
}
