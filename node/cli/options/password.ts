import { statSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { FedledgerError } from "../../core/errors/error.ts";
import { readFileText } from "../../system/index.ts";

/**
 * The password of a keystore: from FEDLEDGER_PASSWORD, the password file, or asked at the terminal. Throws
 * PASSWORD_MISSING.
 */
export async function readPassword(
  path: string,
  options: { file?: string | undefined; confirm?: boolean } = {},
): Promise<string> {
  for (const secret of [path, options.file ?? path]) tellIfOpen(secret);
  if (options.file !== undefined) return (await readFileText(options.file)).replace(/\r?\n$/, "");
  const fromEnvironment = process.env.FEDLEDGER_PASSWORD;
  if (fromEnvironment !== undefined) return fromEnvironment;
  if (!process.stdin.isTTY) throw new FedledgerError("PASSWORD_MISSING", { path });
  const password = await ask(`Password for ${path}: `);
  if (options.confirm && (await ask("Again: ")) !== password) {
    throw new FedledgerError("INVALID_CONFIG", { name: "password", reason: "the two differ" });
  }
  return password;
}

/** Says of a file with a secret that others on this machine can read it; once. */
function tellIfOpen(path: string): void {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  if (process.platform === "win32" || (mode & 0o077) === 0 || told.has(path)) return;
  told.add(path);
  process.stderr.write(`Others on this machine can read ${path}: chmod 600 ${path}\n`);
}

const told = new Set<string>();

/** Asks without showing what is typed. */
async function ask(question: string): Promise<string> {
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await terminal.question("");
  } finally {
    terminal.close();
    process.stderr.write("\n");
  }
}
