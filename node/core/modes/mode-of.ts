import type { Mode, TaskRules } from "../records.ts";
import { encryptedMode } from "./encrypted.ts";
import { maskedMode } from "./masked.ts";
import type { RoundMode } from "./mode.ts";
import { transparentMode } from "./transparent.ts";

const modes: Readonly<Record<Mode, RoundMode>> = {
  transparent: transparentMode,
  masked: maskedMode,
  encrypted: encryptedMode,
};

/** The mode of a task, by its rules: the one place where a name of a mode becomes what it means. */
export function modeOf({ mode }: Pick<TaskRules, "mode">): RoundMode {
  return modes[mode];
}
