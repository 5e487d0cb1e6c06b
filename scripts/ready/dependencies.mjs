import { existsSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runNpm } from "./npm.mjs";
import { digest, isMusl, read, root, windows } from "./places.mjs";
import { npmOf } from "./private-node.mjs";

const stamp = join(root, "node_modules", ".fedledger-installed");

/** Whether all dependencies are there: by the stamp of an installation that was checked, and by their folders. */
export function hasDependencies() {
  const lock = lockText();
  return read(stamp) === mark(lock) && missingOf(lock) === undefined;
}

/** Installs the dependencies by the lockfile, unless somebody's own `npm ci` did; rejects where one is missing then. */
export async function installDependencies(node, work) {
  const lock = lockText();
  rmSync(stamp, { force: true });
  if (missingOf(lock) !== undefined) {
    work.say("Installing the dependencies (about 700 MB on disk, once) ...");
    // npm must itself run on the recent Node: it skips native parts that the running Node is too old for.
    await runNpm({ node, cli: npmOf(node), args: ["ci"], cwd: root }, work);
    const missing = missingOf(lock);
    if (missing !== undefined) throw new Error(`npm ended well, but left out ${missing}. Try again: npm run setup`);
  }
  writeFileSync(stamp, mark(lock));
}

function lockText() {
  return read(join(root, "package-lock.json")) ?? "{}";
}

function mark(lock) {
  return digest(lock + process.platform + process.arch);
}

/** The first package of the lockfile that is not installed as it says, native parts included. */
function missingOf(lock) {
  const have = JSON.parse(read(join(root, "node_modules", ".package-lock.json")) ?? "{}").packages ?? {};
  for (const [path, entry] of Object.entries(JSON.parse(lock).packages ?? {})) {
    if (path === "" || entry.link || entry.extraneous || (entry.optional && !fits(entry))) continue;
    const isThere = entry.optional ? have[path] !== undefined : have[path]?.version === entry.version;
    if (!isThere || !existsSync(join(root, path, "package.json"))) return path;
  }
  return undefined;
}

function fits(entry) {
  const accepts = (list, value) => list === undefined || [list].flat().includes(value);
  return (
    [entry.os ?? []].flat().includes(process.platform) &&
    [entry.cpu ?? []].flat().includes(process.arch) &&
    (process.platform !== "linux" || accepts(entry.libc, isMusl() ? "musl" : "glibc"))
  );
}

/**
 * Puts `node` and `fedledger` into node_modules/.bin, so that npx and npm scripts use this Node and this clone. Whoever
 * may not write there has the links of whoever installed.
 */
export function linkBinaries(node) {
  const links = [["fedledger", join(root, "bin", "fedledger.mjs")]];
  if (node !== process.execPath) links.push(["node", node]);
  for (const [name, target] of links) {
    try {
      link(join(root, "node_modules", ".bin", name), target, node);
    } catch (error) {
      if (!["EACCES", "EPERM", "EROFS", "EEXIST"].includes(error.code)) throw error;
    }
  }
}

function link(path, target, node) {
  if (windows) {
    const call = target === node ? `"${target}"` : `"${node}" "${target}"`;
    const text = `@${call} %*\r\n`;
    if (read(`${path}.cmd`) !== text) writeFileSync(`${path}.cmd`, text);
    return;
  }
  if (targetOf(path) === target) return;
  rmSync(path, { force: true });
  symlinkSync(target, path);
}

function targetOf(path) {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
