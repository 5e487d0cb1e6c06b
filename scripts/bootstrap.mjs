// Makes this folder ready to run, with nothing but Node 18 or later and npm: a recent Node, the dependencies, the
// compiled contracts. Each step is skipped where its result is there already. Plain JavaScript without dependencies,
// because it runs before any are installed and on whatever Node the machine has.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the package: the clone, or where npm put the published package. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Whether this is a clone, run from its sources, and not the published package. */
export const isClone = existsSync(join(root, "node", "cli", "main.ts"));

const windows = process.platform === "win32";
/** Where the published package keeps what it fetches: it writes nothing into the folder that npm put it in. */
const cache = join(homedir(), ".cache", "fedledger");
/** The folder of native parts that npm had left out; undefined where none was missing. */
let nativeParts;

/** Whether the Node we run on executes TypeScript and has node:sqlite without flags, and is one Hardhat accepts. */
export function isRecentNode(version = process.versions.node) {
  const [major, minor] = version.split(".").map(Number);
  return major >= 24 || (major === 22 && minor >= 18);
}

/**
 * Makes everything ready and returns the path of the Node to run Fedledger with.
 * @param {(line: string) => void} say where progress goes
 */
export async function ensureReady(say = (line) => process.stderr.write(`${line}\n`)) {
  return withLock(say, async () => {
    const node = await ensureNode(say);
    if (isClone) {
      await ensureDependencies(node, say);
      await ensureContracts(node, say);
    } else {
      await ensureNativeParts(node, say);
    }
    return node;
  });
}

/** The environment of child processes: the chosen Node first in PATH, and fetched native parts in NODE_PATH. */
export function pathWith(node) {
  const key = Object.keys(process.env).find((name) => name.toUpperCase() === "PATH") ?? "PATH";
  return {
    ...process.env,
    [key]: [join(root, "node_modules", ".bin"), dirname(node), process.env[key] ?? ""].join(delimiter),
    ...(nativeParts && { NODE_PATH: [nativeParts, process.env.NODE_PATH].filter(Boolean).join(delimiter) }),
  };
}

async function ensureNode(say) {
  if (isRecentNode()) return process.execPath;
  const home = runtimeHome();
  const wanted = readFileSync(join(root, "scripts", "runtime", "package-lock.json"), "utf8");
  const binary = () => findNode(join(home, "node_modules"));
  const stamp = join(home, "stamp");
  if (read(stamp) !== digest(wanted) || binary() === undefined) {
    say(
      `Node ${process.versions.node} is too old to run Fedledger itself: fetching a private Node from npm (about 190 MB, once) ...`,
    );
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, "package.json"), readFileSync(join(root, "scripts", "runtime", "package.json")));
    writeFileSync(join(home, "package-lock.json"), wanted);
    writeFileSync(join(home, ".npmrc"), quiet);
    // Windows on ARM runs the x64 binary.
    const args = windows && process.arch === "arm64" ? ["ci", "--cpu=x64"] : ["ci"];
    await npm(process.execPath, undefined, args, home, say);
    if (binary() === undefined)
      throw new Error(
        `npm has no Node for ${process.platform} ${process.arch}. Install Node 22.18 or later and try again.`,
      );
    writeFileSync(stamp, digest(wanted));
  }
  return binary();
}

/** Settings of npm in a folder of ours. */
const quiet = "fund=false\naudit=false\nupdate-notifier=false\nloglevel=error\n";

function runtimeHome() {
  return isClone ? join(root, ".runtime") : join(cache, "runtime");
}

/** The npm that came with a private Node; undefined where `node` is the machine's own. */
function privateNpm(node) {
  const entry = join(runtimeHome(), "node_modules", "npm", "bin", "npm-cli.js");
  return node !== process.execPath && existsSync(entry) ? entry : undefined;
}

/**
 * Fetches the native part of the test chain where npm has left it out: npm skips an optional package that asks for a
 * newer Node than the one npm runs on, and says nothing. Where this fails, what needs the part says so.
 */
async function ensureNativeParts(node, say) {
  const engine = chainEngine();
  if (engine === undefined || engine.parts.some((name) => resolves(engine.require, name))) return;
  const home = join(cache, "native", `edr-${engine.version}`);
  const stamp = join(home, "stamp");
  if (read(stamp) !== engine.version) {
    say("The native part of the test chain is missing, for npm ran on an old Node: fetching it (once) ...");
    mkdirSync(home, { recursive: true });
    writeFileSync(
      join(home, "package.json"),
      JSON.stringify({ private: true, optionalDependencies: engine.optionalDependencies }),
    );
    writeFileSync(join(home, ".npmrc"), quiet);
    try {
      await npm(node, privateNpm(node), ["install"], home, say);
      writeFileSync(stamp, engine.version);
    } catch (error) {
      say(`  it cannot be had: ${error.message}`);
      return;
    }
  }
  nativeParts = join(home, "node_modules");
}

/** The package of the test chain, its native parts by platform; undefined where it is not to be found. */
function chainEngine() {
  try {
    const hardhat = createRequire(join(root, "package.json")).resolve("hardhat/hre");
    const entry = createRequire(hardhat).resolve("@nomicfoundation/edr");
    const { version, optionalDependencies } = JSON.parse(readFileSync(join(dirname(entry), "package.json"), "utf8"));
    return { version, optionalDependencies, parts: Object.keys(optionalDependencies), require: createRequire(entry) };
  } catch {
    return undefined;
  }
}

function resolves(require, name) {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}

function findNode(modules) {
  if (!existsSync(modules)) return undefined;
  for (const name of readdirSync(modules)) {
    if (!name.startsWith("node-")) continue;
    const path = join(modules, name, "bin", windows ? "node.exe" : "node");
    if (existsSync(path)) return path;
  }
  return undefined;
}

async function ensureDependencies(node, say) {
  const lock = readFileSync(join(root, "package-lock.json"), "utf8");
  const stamp = join(root, "node_modules", ".fedledger-installed");
  const mark = digest(lock + process.platform + process.arch);
  if (read(stamp) !== mark) {
    if (!isInstalled(lock)) {
      say("Installing the dependencies (about 700 MB on disk, once) ...");
      // npm must itself run on the recent Node: it skips native parts that the running Node is too old for.
      await npm(node, privateNpm(node), ["ci"], root, say);
    }
    writeFileSync(stamp, mark);
  }
  linkBinaries(node);
}

/** Whether somebody's own `npm ci` already put everything there, native parts included. */
function isInstalled(lockText) {
  const hidden = read(join(root, "node_modules", ".package-lock.json"));
  if (hidden === undefined) return false;
  const have = JSON.parse(hidden).packages ?? {};
  for (const [path, entry] of Object.entries(JSON.parse(lockText).packages)) {
    if (path === "" || entry.link) continue;
    if (entry.optional ? fits(entry) && have[path] === undefined : have[path]?.version !== entry.version) return false;
  }
  return true;
}

function fits(entry) {
  const glibc =
    process.platform === "linux" ? process.report?.getReport().header.glibcVersionRuntime !== undefined : undefined;
  return (
    [entry.os ?? []].flat().includes(process.platform) &&
    [entry.cpu ?? []].flat().includes(process.arch) &&
    (entry.libc === undefined || glibc === undefined || [entry.libc].flat().includes(glibc ? "glibc" : "musl"))
  );
}

/** Puts `node` and `fedledger` into node_modules/.bin, so that npx and npm scripts use this Node and this clone. */
function linkBinaries(node) {
  const bin = join(root, "node_modules", ".bin");
  const links = [["fedledger", join(root, "bin", "fedledger.mjs")]];
  if (node !== process.execPath) links.push(["node", node]);
  for (const [name, target] of links) {
    const link = join(bin, windows ? `${name}.cmd` : name);
    if (windows) {
      const call = name === "node" ? `"${target}"` : `"${node}" "${target}"`;
      writeFileSync(link, `@${call} %*\r\n`);
    } else {
      rmSync(link, { force: true });
      symlinkSync(target, link);
    }
  }
}

async function ensureContracts(node, say) {
  const hash = createHash("sha256");
  for (const file of ["hardhat.config.ts", "package-lock.json", ...walk("contracts")])
    hash.update(readFileSync(join(root, file)));
  const mark = hash.digest("hex");
  const stamp = join(root, "artifacts", ".fedledger-compiled");
  if (read(stamp) === mark) return;
  say("Compiling the contracts ...");
  await run(
    node,
    [join(root, "node_modules", "hardhat", "dist", "src", "cli.js"), "build", "--no-tests", "--quiet"],
    root,
    pathWith(node),
  );
  writeFileSync(stamp, mark);
}

function walk(folder) {
  return readdirSync(join(root, folder))
    .sort()
    .flatMap((name) => {
      const path = `${folder}/${name}`;
      return statSync(join(root, path)).isDirectory() ? walk(path) : [path];
    });
}

/** Runs npm on `node`; `cli` names npm's own entry file where we brought one. */
async function npm(node, cli, args, cwd, say) {
  const entry = cli ?? npmEntry();
  const started = Date.now();
  const ticker = setInterval(() => say(`  ... ${Math.round((Date.now() - started) / 1000)} s`), 10_000);
  try {
    const env = pathWith(node);
    if (entry === undefined) await run(windows ? "npm.cmd" : "npm", args, cwd, env, windows);
    else await run(node, [entry, ...args], cwd, env);
    say(`  done in ${Math.round((Date.now() - started) / 1000)} s`);
  } finally {
    clearInterval(ticker);
  }
}

/** npm's entry file: that of the npm that started us, if any. */
function npmEntry() {
  const entry = process.env.npm_execpath;
  return entry?.endsWith("npm-cli.js") && existsSync(entry) ? entry : undefined;
}

/** Runs a command; what it says is shown only where it fails. Standard output stays free: it may be somebody's JSON. */
function run(command, args, cwd, env, shell = false) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, shell, stdio: ["ignore", "pipe", "pipe"] });
    const said = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => said.push(data));
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) return resolve();
      const words = Buffer.concat(said).toString().trim();
      reject(new Error(`${words}\n${basename(command)} ${args.slice(-2).join(" ")} ended with ${signal ?? code}`));
    });
  });
}

/** One installer at a time: others wait until it is done, or take over where its process is gone. */
async function withLock(say, work) {
  const lock = isClone ? join(root, ".runtime-lock") : join(cache, "lock");
  mkdirSync(dirname(lock), { recursive: true });
  for (let told = false; ; ) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      const holder = holderOf(lock);
      if (holder === undefined) rmSync(lock, { force: true });
      else if (!told) say("Waiting for another Fedledger to finish installing ...");
      told = true;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** The process that holds the lock; undefined where it is gone. A lock without a name is one being written. */
function holderOf(lock) {
  const text = read(lock);
  if (text === undefined) return undefined;
  if (text === "") return Date.now() - statSync(lock, { throwIfNoEntry: false })?.mtimeMs < 5_000 ? 0 : undefined;
  return isAlive(Number(text)) ? Number(text) : undefined;
}

function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function digest(text) {
  return createHash("sha256").update(text).digest("hex");
}
