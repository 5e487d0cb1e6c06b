import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { quietSettings, runNpm } from "./npm.mjs";
import { cacheFolder, digest, isClone, isMusl, read, root, windows } from "./places.mjs";

/** Windows on ARM runs x64 programs, and the test chain has no native part for ARM there. */
const isWindowsArm = windows && process.arch === "arm64";

/** Whether a Node executes TypeScript and has node:sqlite without flags, and is one Hardhat accepts. */
export function isRecentNode(version = process.versions.node) {
  const [major, minor] = version.split(".").map(Number);
  return major >= 24 || (major === 22 && minor >= 18);
}

/** The Node to run on: this one where it will do, else the private one; undefined where that is still to be fetched. */
export function chosenNode() {
  if (isRecentNode() && !isWindowsArm) return process.execPath;
  const home = privateHome();
  return read(join(home, "stamp")) === mark() ? binaryIn(home) : undefined;
}

/** The npm that came with a private Node; undefined where `node` is the machine's own. */
export function npmOf(node) {
  const entry = join(privateHome(), "node_modules", "npm", "bin", "npm-cli.js");
  return node !== process.execPath && existsSync(entry) ? entry : undefined;
}

/** Fetches a private Node from npm, and gives its path. */
export async function fetchNode(work) {
  const home = privateHome();
  if (isMusl()) throw new Error(`There is no private Node for musl (Alpine). ${advice}`);
  const why = isWindowsArm ? "is built for ARM" : "is too old to run Fedledger itself";
  work.say(`Node ${process.versions.node} ${why}: fetching a private Node from npm (about 190 MB, once) ...`);
  mkdirSync(home, { recursive: true });
  rmSync(join(home, "stamp"), { force: true });
  for (const name of ["package.json", "package-lock.json"])
    writeFileSync(join(home, name), readFileSync(join(root, "scripts", "runtime", name)));
  writeFileSync(join(home, ".npmrc"), quietSettings);
  const cpu = isWindowsArm ? "x64" : process.arch;
  await runNpm({ node: process.execPath, args: ["ci"], cwd: home, cpu }, work);
  const node = binaryIn(home);
  if (node === undefined) throw new Error(`npm has no Node for ${process.platform} ${process.arch}. ${advice}`);
  const { stdout, error } = spawnSync(node, ["--version"], { encoding: "utf8" });
  if (!isRecentNode(stdout?.slice(1).trim()))
    throw new Error(`The private Node ${node} does not run here (${error?.message ?? stdout}). ${advice}`);
  writeFileSync(join(home, "stamp"), mark());
  return node;
}

const advice = "Install Node 22.18 or later and try again.";

function privateHome() {
  return isClone ? join(root, ".runtime") : join(cacheFolder(), "runtime");
}

function mark() {
  return digest(readFileSync(join(root, "scripts", "runtime", "package-lock.json"), "utf8"));
}

function binaryIn(home) {
  const modules = join(home, "node_modules");
  if (!existsSync(modules)) return undefined;
  for (const name of readdirSync(modules)) {
    if (!name.startsWith("node-")) continue;
    const path = join(modules, name, "bin", windows ? "node.exe" : "node");
    if (existsSync(path)) return path;
  }
  return undefined;
}
