import { randomBytes } from "node:crypto";
import { constants, existsSync, statSync } from "node:fs";
import { access, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { FedledgerError } from "../core/errors/error.ts";

/** The bytes of a file. Rejects with FILE_NOT_FOUND or FILE_UNREADABLE. */
export async function readFileBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new FedledgerError("FILE_NOT_FOUND", { path }, error);
    throw new FedledgerError("FILE_UNREADABLE", { path, reason: message }, error);
  }
}

/** The text of a file. Rejects with FILE_NOT_FOUND or FILE_UNREADABLE. */
export async function readFileText(path: string): Promise<string> {
  return Buffer.from(await readFileBytes(path)).toString("utf8");
}

/**
 * Rejects where {@link writeFileAtomic} surely would: with FILE_EXISTS unless `replace`, and with FILE_UNWRITABLE for a
 * folder, or a place where none can be made. For work that takes long before there is something to write.
 */
export async function requireWritable(path: string, options: { replace?: boolean } = {}): Promise<void> {
  const isThere = existsSync(path);
  if (isThere && statSync(path).isDirectory()) {
    throw new FedledgerError("FILE_UNWRITABLE", { path, reason: "it is a folder" });
  }
  if (isThere && !options.replace) throw new FedledgerError("FILE_EXISTS", { path });
  let folder = dirname(resolve(path));
  while (!existsSync(folder)) folder = dirname(folder);
  try {
    await access(join(folder, "."), constants.W_OK);
  } catch (error) {
    throw new FedledgerError("FILE_UNWRITABLE", { path, reason: (error as Error).message }, error);
  }
}

/**
 * Writes a file whole or not at all: into a temporary file beside it, flushed, then renamed.
 * Rejects with FILE_EXISTS unless `replace`, and with FILE_UNWRITABLE.
 */
export async function writeFileAtomic(
  path: string,
  data: Uint8Array | string,
  options: { replace?: boolean; mode?: number } = {},
): Promise<void> {
  if (!options.replace && existsSync(path)) throw new FedledgerError("FILE_EXISTS", { path });
  const temporary = `${path}.${randomBytes(4).toString("hex")}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, "wx", options.mode ?? 0o644);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new FedledgerError("FILE_UNWRITABLE", { path, reason: (error as Error).message }, error);
  }
}

/** The folder of the package: the clone, or where npm installed it. Everything shipped beside the code is below it. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}
