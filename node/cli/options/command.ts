import { Command } from "commander";
import type { SettingName, Settings } from "../../config/index.ts";
import type { Log } from "../../ports/system.ts";
import { createLog } from "../../telemetry/index.ts";
import { createOutput, type Output } from "../text/output.ts";
import { addSettings, readSettings } from "./options.ts";
import { stopSignal, untilStopped } from "./stop-signal.ts";

/** What every command works with. */
export interface CommandContext {
  readonly output: Output;
  readonly log: Log;
  /** Aborts on Ctrl-C and SIGTERM, and where the terminal is gone: the command ends cleanly. */
  readonly signal: AbortSignal;
}

/** A command as its file declares it. */
export interface CommandDefinition<K extends SettingName> {
  /** Name and arguments, such as "show <file>". */
  readonly name: string;
  readonly summary: string;
  /** Longer text after the options: examples, exit codes. */
  readonly details?: string;
  readonly settings: readonly K[];
  /** It ends by itself once the signal aborts, and closes what it has opened; all others are left where they are. */
  readonly closes?: true;
  /** Returns the process's exit code; 0 when it returns nothing. */
  run(
    values: Settings<K | "logLevel" | "logFile">,
    context: CommandContext,
    args: readonly string[],
  ): Promise<number | undefined>;
}

/** Makes a commander command from a definition: settings, --json, logging, signals, exit code. */
export function defineCommand<K extends SettingName>(definition: CommandDefinition<K>): Command {
  const names = [...definition.settings, "logLevel", "logFile"] as const;
  const command = addSettings(
    new Command(definition.name.split(" ")[0]).summary(definition.summary).description(definition.summary),
    names,
  );
  for (const argument of definition.name.split(" ").slice(1)) command.argument(argument);
  command.option("--json", "JSON lines on standard output instead of text");
  if (definition.details) command.addHelpText("after", `\n${definition.details}`);
  return command.action(async () => {
    const values = readSettings(command, names);
    const json = Boolean(command.getOptionValue("json"));
    const log = createLog({
      level: values.logLevel ?? "warn",
      json,
      ...(values.logFile ? { file: values.logFile } : {}),
    });
    const signal = stopSignal(log.reopen);
    const running = definition.run(values, { output: createOutput(json), log, signal }, command.args);
    process.exitCode = (await (definition.closes ? running : untilStopped(running, signal))) ?? 0;
  });
}
