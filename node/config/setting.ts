import { z } from "zod";
import { FedledgerError } from "../core/errors/error.ts";

/** One local setting: its flag, its environment variable, its default and its meaning, stated once. */
export interface Setting<T = unknown> {
  /** As the command line shows it, such as "--rpc <url>"; a flag without a value is a yes-or-no setting. */
  readonly flag: string;
  /** Environment variable of the same meaning. */
  readonly env?: string;
  /** Its name in configuration files, where that is another setting's, too; default its own. */
  readonly key?: string;
  /** As it would be typed; absent = none. */
  readonly default?: string;
  /** One line: what it does, the unit, the values it takes. */
  readonly help: string;
  /** Checks the typed text (or true, for a yes-or-no setting) and turns it into its value. */
  readonly schema: z.ZodType<T>;
}

/** The value of a setting. */
export type SettingValue<S> = S extends Setting<infer T> ? T : never;

/** Declares a setting with its value's type inferred from the schema. */
export function defineSetting<T>(setting: Setting<T>): Setting<T> {
  return setting;
}

/** Checks one typed value. Throws INVALID_CONFIG naming the flag. */
export function parseSetting<T>(setting: Setting<T>, typed: unknown): T {
  const parsed = setting.schema.safeParse(typed);
  if (parsed.success) return parsed.data;
  throw new FedledgerError("INVALID_CONFIG", {
    name: setting.flag,
    reason: `${parsed.error.issues[0]?.message ?? "not valid"} (given: ${String(typed)})`,
  });
}

/**
 * Checks a configuration file's JSON text against the settings there are: values as text, numbers or booleans. Throws
 * INVALID_CONFIG, UNKNOWN_OPTION.
 */
export function parseConfigFile(
  path: string,
  text: string,
  known: readonly string[],
): Readonly<Record<string, string>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FedledgerError("INVALID_CONFIG", { name: path, reason: "it is not JSON" }, error);
  }
  const parsed = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).safeParse(value);
  if (!parsed.success)
    throw new FedledgerError("INVALID_CONFIG", {
      name: path,
      reason: "it must be an object of texts, numbers and booleans",
    });
  for (const key of Object.keys(parsed.data)) {
    if (!known.includes(key)) throw new FedledgerError("UNKNOWN_OPTION", { name: `${key} in ${path}` });
  }
  return Object.fromEntries(Object.entries(parsed.data).map(([key, each]) => [key, String(each)]));
}
