import { FedledgerError } from "../core/errors/error.ts";
import type { SettingValue } from "./setting.ts";
import { type SettingName, settings } from "./settings.ts";

/** Values of some settings, by their names; any may be absent. */
export type Settings<K extends SettingName> = {
  readonly [Name in K]?: SettingValue<(typeof settings)[Name]> | undefined;
};

/** A value that must be there. Throws INVALID_CONFIG naming the flag and its environment variable. */
export function required<K extends SettingName, V>(value: V | undefined, name: K): V {
  if (value !== undefined) return value;
  const { flag, env } = settings[name] as { flag: string; env?: string };
  throw new FedledgerError("INVALID_CONFIG", { name: flag, reason: `it is needed${env ? ` (or set ${env})` : ""}` });
}
