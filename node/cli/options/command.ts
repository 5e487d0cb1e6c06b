import { Command } from "commander";
import type { SettingName, Settings } from "../../config/index.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Log } from "../../ports/system.ts";
import { createLog } from "../../telemetry/index.ts";
import { createOutput, type Output } from "../text/output.ts";
import { addSettings, readSettings } from "./options.ts";

/** What every command works with. */
export interface CommandContext {
  readonly output: Output;
  readonly log: Log;
  /** Aborts on Ctrl-C, SIGTERM and SIGHUP: the command ends cleanly. */
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
    const code = await definition.run(values, { output: createOutput(json), log, signal: stopSignal() }, command.args);
    process.exitCode = code ?? 0;
  });
}

let stop: AbortController | undefined;

/** The exit code of a process that a signal ended: 128 and its number. */
const codeOf = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
let interruptedBy: keyof typeof codeOf | undefined;

/** The exit code that the signal which stopped this process asks for; undefined where there was none. */
export function interruptedCode(): number | undefined {
  return interruptedBy && codeOf[interruptedBy];
}

/**
 * One signal for the process: aborts at the first Ctrl-C, SIGTERM or SIGHUP; a second Ctrl-C or SIGTERM ends it at
 * once.
 */
export function stopSignal(): AbortSignal {
  if (stop) return stop.signal;
  const controller = new AbortController();
  stop = controller;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      if (controller.signal.aborted && name !== "SIGHUP") process.exit(codeOf[name]);
      interruptedBy ??= name;
      controller.abort(new FedledgerError("INTERRUPTED", { signal: name }));
    });
  }
  endWithParent(controller);
  return controller.signal;
}

/**
 * Ends this process when the demo that started it is gone, however it went: its end of our standard input closes.
 * Without it, `kill -9` of the demo would leave its children behind.
 */
function endWithParent(controller: AbortController): void {
  if (process.env.FEDLEDGER_PARENT === undefined) return;
  const stop = () => controller.abort(new FedledgerError("INTERRUPTED", { signal: "PARENT_GONE" }));
  process.stdin.on("end", stop).on("error", stop).resume();
}
