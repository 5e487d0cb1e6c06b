import { FedledgerError } from "../../core/errors/error.ts";
import type { KeyedHash, KeyedHashes } from "../../ports/index.ts";
import { createKeyedHash, saltBytes } from "../../privacy/keyed-hash.ts";
import { readFileText } from "../../system/index.ts";
import type { Settings } from "./options.ts";

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
  if (text === undefined) return undefined;
  if (!new RegExp(`^[0-9a-fA-F]{${2 * saltBytes}}$`).test(text)) {
    const reason = `expected ${2 * saltBytes} hexadecimal digits; fedledger data salt makes one`;
    throw new FedledgerError("INVALID_CONFIG", { name: path === undefined ? name : `${name} of ${path}`, reason });
  }
  return createKeyedHash(Buffer.from(text, "hex"));
}
