import { type KeyedHash, type KeyedHashes, parseSalt } from "../../api/index.ts";
import type { Settings } from "../../config/index.ts";
import { readFileText } from "../../system/index.ts";

/** Settings that say where the secret salts of declared hashes are. */
export const saltSettings = ["taskSaltFile", "saltFile"] as const;

/**
 * The salts at hand: each from its file, else from FEDLEDGER_TASK_SALT or FEDLEDGER_SALT, as 64 hexadecimal digits; one
 * that is nowhere is left out. Rejects with INVALID_CONFIG for a text that is no salt, FILE_NOT_FOUND, FILE_UNREADABLE.
 */
export async function readSalts(values: Settings<(typeof saltSettings)[number]>): Promise<KeyedHashes> {
  const task = await readSalt("task salt", values.taskSaltFile, process.env.FEDLEDGER_TASK_SALT);
  const participant = await readSalt("salt", values.saltFile, process.env.FEDLEDGER_SALT);
  return { ...(task && { task }), ...(participant && { participant }) };
}

/** The same settings as another process's command line has them. */
export function saltArguments({ taskSaltFile, saltFile }: Settings<(typeof saltSettings)[number]>): string[] {
  return [
    ...(taskSaltFile === undefined ? [] : ["--task-salt-file", taskSaltFile]),
    ...(saltFile === undefined ? [] : ["--salt-file", saltFile]),
  ];
}

async function readSalt(
  name: string,
  path: string | undefined,
  said: string | undefined,
): Promise<KeyedHash | undefined> {
  const text = (path === undefined ? said : await readFileText(path))?.trim();
  return text === undefined ? undefined : parseSalt(text, path === undefined ? name : `${name} of ${path}`);
}
