import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectFolder } from "../processes/fedledger-process.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

/** What a call of npm was given. */
export interface NpmCall {
  readonly args: readonly string[];
  readonly pid: number;
}

/** A start of the small clone. */
export interface Start {
  readonly child: ChildProcess;
  /** Its standard error so far. */
  said(): string;
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/** Who starts it, and how. */
export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Number of another user. */
  readonly uid?: number;
  readonly args?: readonly string[];
}

/**
 * A clone, or a package, with the real scripts of this project, a program that prints "ran", two packages to install,
 * and an npm that stands still where a test wants it to (`npm-cli.js` says how).
 */
export async function smallClone({ isPackage = false } = {}) {
  const directory = await temporaryDirectory();
  // others may read it
  chmodSync(directory.path, 0o755);
  const root = join(directory.path, "clone");
  const control = join(directory.path, "npm");
  const write = (path: string, content: string | object) => {
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  };
  for (const name of ["scripts/bootstrap.mjs", "scripts/run.mjs", "scripts/run-node.mjs", "scripts/ready", "bin"])
    cpSync(join(projectFolder, name), join(root, name), { recursive: true });
  write(join(root, "package.json"), { type: "module", version: "7.8.9" });
  const compiler = 'require("node:fs").writeFileSync("artifacts/A.json", "compiled");';
  const hardhat = { version: "1.0.0", files: { "dist/src/cli.js": compiler } };
  const packages = { "": {}, "node_modules/hardhat": hardhat, "node_modules/tool": { version: "2.0.0", dev: true } };
  write(join(root, "package-lock.json"), { packages });
  write(join(root, "hardhat.config.ts"), "");
  write(join(root, "contracts", "A.sol"), "");
  write(
    join(root, isPackage ? "dist/node/cli/main.js" : "node/cli/main.ts"),
    'console.log(process.argv[2] === "--pid" ? process.pid : "ran");',
  );
  mkdirSync(join(control, "asked"), { recursive: true });
  const inControl = (name: string) => join(control, name);

  const start = ({ env = {}, uid, args = [] }: StartOptions = {}): Start => {
    const npm = join(import.meta.dirname, "npm-cli.js");
    const child = spawn(process.execPath, [join(root, "bin", "fedledger.mjs"), ...args], {
      cwd: directory.path,
      env: { ...process.env, npm_execpath: npm, FAKE_NPM: control, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      ...(uid !== undefined && { uid, gid: uid }),
    });
    const said = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name].on("data", (data: Buffer) => {
        said[name] += data.toString();
      });
    const ended = once(child, "close").then(([code]) => ({ code: code as number | null, ...said }));
    return { child, said: () => said.stderr, ended };
  };

  return {
    root,
    start,
    /** Calls of npm so far. */
    asked: (): NpmCall[] =>
      readdirSync(inControl("asked")).map(
        (name) => JSON.parse(readFileSync(inControl(`asked/${name}`), "utf8")) as NpmCall,
      ),
    /** Tells npm something, or takes it back. */
    tell: (name: string, text = "") => writeFileSync(inControl(name), text),
    untell: (name: string) => rmSync(inControl(name), { force: true }),
    has: (name: string) => existsSync(inControl(name)),
    exists: (path: string) => existsSync(join(root, path)),
    remove: directory.remove,
  };
}
