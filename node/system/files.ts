import { randomBytes } from "node:crypto";
import { constants, existsSync, statSync } from "node:fs";
import { access, mkdir, open, readFile, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { FedledgerError } from "../core/errors/error.ts";
import { fileFault } from "./file-fault.ts";

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
 * Rejects with FILE_EXISTS unless `replace`, and with FILE_UNWRITABLE, TOO_MANY_FILES.
 */
export async function writeFileAtomic(
  path: string,
  data: Uint8Array | string,
  options: { replace?: boolean; mode?: number } = {},
): Promise<void> {
  await writeFilesAtomic([[path, data]], options);
}

/**
 * Writes several files as {@link writeFileAtomic} does: none takes its place before all are whole on the disk, and
 * where that fails no file and no folder is left behind.
 */
export async function writeFilesAtomic(
  files: readonly (readonly [path: string, data: Uint8Array | string])[],
  options: { replace?: boolean; mode?: number } = {},
): Promise<void> {
  for (const [path] of files) {
    if (!options.replace && existsSync(path)) throw new FedledgerError("FILE_EXISTS", { path });
  }
  const made: string[] = [];
  const written: (readonly [temporary: string, path: string])[] = [];
  try {
    for (const [path, data] of files) {
      const folder = await mkdir(dirname(path), { recursive: true }).catch(unwritable(path));
      if (folder !== undefined) made.push(folder);
      const temporary = `${path}.${randomBytes(4).toString("hex")}.part`;
      written.push([temporary, path]);
      await writeFlushed(temporary, data, options.mode ?? 0o644).catch(unwritable(path));
    }
    for (const [temporary, path] of written) await rename(temporary, path).catch(unwritable(path));
  } catch (error) {
    for (const [temporary] of written) await rm(temporary, { force: true }).catch(() => undefined);
    // what this call made, and nobody has used since
    for (const [, path] of written.toReversed()) await removeEmpty(dirname(resolve(path)), made);
    throw error;
  }
}

async function writeFlushed(path: string, data: Uint8Array | string, mode: number): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}

function unwritable(path: string): (error: Error) => never {
  return (error) => {
    throw fileFault(path, error) ?? new FedledgerError("FILE_UNWRITABLE", { path, reason: error.message }, error);
  };
}

/** Removes a folder and those above it, up to the first that was made, as long as they are empty. */
async function removeEmpty(folder: string, made: readonly string[]): Promise<void> {
  const top = made.map((path) => resolve(path)).find((path) => folder === path || folder.startsWith(`${path}${sep}`));
  if (top === undefined) return;
  for (let at = folder; at.length >= top.length; at = dirname(at)) {
    try {
      await rmdir(at);
    } catch {
      return;
    }
  }
}

/** Whether there is something at a path. */
export function fileExists(path: string): boolean {
  return existsSync(path);
}

/** The folder of the package: the clone, or where npm installed it. Everything shipped beside the code is below it. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}
