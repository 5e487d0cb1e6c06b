import { readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import {
  parseConfigFile,
  parseSetting,
  type Setting,
  type SettingName,
  type Settings,
  settings,
} from "../../config/index.ts";
import { FedledgerError } from "../../core/errors/error.ts";

/** Adds the flags of these settings, and --config, to a command. The order is that of the help text. */
export function addSettings(command: Command, names: readonly SettingName[]): Command {
  for (const name of names) {
    const setting = settings[name];
    const option = new Option(setting.flag, setting.help);
    if (setting.env) option.env(setting.env);
    if (setting.default !== undefined) option.default(setting.default);
    command.addOption(option);
  }
  return command.addOption(
    new Option("--config <file>", "JSON file with settings by name (flag > environment > file > default)").env(
      "FEDLEDGER_CONFIG",
    ),
  );
}

/**
 * The values of a command's settings: flag before environment before file before default, each checked. Where there is
 * an invitation, what it may say has no default. Throws INVALID_CONFIG, UNKNOWN_OPTION, FILE_NOT_FOUND.
 */
export function readSettings<K extends SettingName>(command: Command, names: readonly K[]): Settings<K> {
  const file = readConfigFile(command);
  const values: Partial<Record<SettingName, unknown>> = {};
  const byDefault = new Set<SettingName>();
  for (const name of names) {
    const source = command.getOptionValueSource(optionKey(name));
    const { key = name }: Setting = settings[name];
    const typed = typedText(command, name, file[key]);
    values[name] = typed === undefined ? undefined : parseSetting(settings[name] as never, typed);
    if (source === "default" && file[key] === undefined) byDefault.add(name);
  }
  // what an invitation says goes before a default
  if (values.invitation !== undefined)
    for (const name of ["rpc", "task", "nodeTasks"] as const) if (byDefault.has(name)) values[name] = undefined;
  return values as Settings<K>;
}

/** What is said of a setting, by a flag or a variable, else by the file, else by its default. */
function typedText(command: Command, name: SettingName, inFile: string | undefined) {
  const key = optionKey(name);
  const source = command.getOptionValueSource(key);
  const given = command.getOptionValue(key);
  if (source !== "cli" && source !== "env") return inFile ?? given;
  // commander takes a yes-or-no variable for a yes whatever it says
  const setting: Setting = settings[name];
  return source === "env" && given === true ? process.env[setting.env ?? ""] : given;
}

function readConfigFile(command: Command): Readonly<Record<string, string>> {
  const path = command.getOptionValue("config") as string | undefined;
  if (path === undefined) return {};
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new FedledgerError("FILE_NOT_FOUND", { path }, error);
    throw new FedledgerError("FILE_UNREADABLE", { path, reason: message }, error);
  }
  return parseConfigFile(path, text, keysOf(settings));
}

/** What a configuration file may name. */
function keysOf(all: Readonly<Record<string, Setting>>): readonly string[] {
  return Object.entries(all).map(([name, { key = name }]) => key);
}

/** The name commander gives an option: that of its long flag, in camel case. */
function optionKey(name: SettingName): string {
  return new Option(settings[name].flag).attributeName();
}
