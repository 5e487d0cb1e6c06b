// Where things are, and small readings of them. Plain JavaScript without dependencies, as all of this folder: it runs
// before any are installed, and on whatever Node the machine has.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the package: the clone, or where npm put the published package. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** Whether this is a clone, run from its sources, and not the published package. */
export const isClone = existsSync(join(root, "node", "cli", "main.ts"));
export const windows = process.platform === "win32";

/** Where the published package keeps what it fetches: it writes nothing into the folder that npm put it in. */
export function cacheFolder() {
  return join(process.env.XDG_CACHE_HOME || join(home(), ".cache"), "fedledger");
}

/** The user's folder; a container's user may have no name, and then no folder either. */
function home() {
  try {
    return homedir();
  } catch {
    return "/";
  }
}

/** Who runs this, for people: a name, or a number where the system has no name for it. */
export function userName() {
  try {
    return userInfo().username;
  } catch {
    return `number ${process.getuid?.() ?? "?"}`;
  }
}

/** Whether this Linux has musl instead of glibc, as Alpine has. */
export function isMusl() {
  return process.platform === "linux" && process.report?.getReport().header.glibcVersionRuntime === undefined;
}

/** A file's text; undefined where it cannot be read. */
export function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

export function digest(text) {
  return createHash("sha256").update(text).digest("hex");
}
