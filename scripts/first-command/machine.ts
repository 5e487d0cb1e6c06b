import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const project = join(import.meta.dirname, "..", "..");
/** What a start may take before it is given up, in ms. */
const patienceMs = 900_000;

/** A Node, and the npm of its age. */
export interface Tools {
  readonly node: string;
  readonly npm: string;
}

/** How the first command is started. */
export interface Start {
  readonly tools?: Tools;
  /** What follows `npm`; `start -- --version` without. */
  readonly args?: readonly string[];
  /** Another command than npm, of the tools' folder. */
  readonly command?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Number of another user. */
  readonly uid?: number;
  /** Octal, as a shell takes it. */
  readonly umask?: string;
  /** In a container of its own process numbers, which dies with its first process. */
  readonly isContained?: boolean;
}

/** What a start left. */
export interface Ended {
  readonly code: number | string;
  readonly said: string;
  readonly seconds: number;
}

/** Folders and clones for starts, in one folder that `close` takes away. */
export interface Machine {
  readonly folder: string;
  /** Node and npm by their versions, fetched once into the system's folder for temporary files, and kept there. */
  tools(node: string, npm: string): Tools;
  /** Another program of npm's registry, fetched once; its folder of commands. */
  commands(name: string): string;
  /** A new clone of this project's last commit, in a folder of this name; nothing is installed in it. */
  clone(name: string, gitOptions?: readonly string[]): string;
  /** Such a clone whose contracts are compiled already: where only the installation is looked at. */
  compiledClone(name: string): string;
  begin(clone: string, start?: Start): { readonly child: ChildProcess; readonly ended: Promise<Ended> };
  close(): void;
}

/** A machine like a reader's: no setting of npm, nothing of this project's own installation. */
export function createMachine(): Machine {
  const folder = mkdtempSync(join(tmpdir(), "first-command-"));
  chmodSync(folder, 0o755);
  const install = (place: string, packages: readonly string[]) => {
    const at = join(tmpdir(), "first-command-tools", place);
    if (existsSync(at)) return join(at, "node_modules");
    mkdirSync(at, { recursive: true });
    writeFileSync(join(at, "package.json"), '{"private":true}');
    execFileSync("npm", ["install", "--silent", "--no-audit", "--no-fund", ...packages], { cwd: at });
    return join(at, "node_modules");
  };
  const tools = (node: string, npm: string): Tools => {
    const modules = install(`node-${node}`, [`node@${node}`, `npm@${npm}`]);
    return { node: join(modules, "node", "bin"), npm: join(modules, ".bin") };
  };
  const cloned = (name: string, gitOptions: readonly string[] = []) => {
    const at = join(folder, "clones", name);
    execFileSync("git", [...gitOptions, "clone", "-q", `file://${project}`, at], { stdio: "ignore" });
    return at;
  };
  return {
    folder,
    tools,
    commands: (name) => join(install(name.replaceAll(/\W/g, "-"), [name]), ".bin"),
    clone: cloned,
    compiledClone: (name) => {
      const at = cloned(name);
      for (const each of ["artifacts", "cache"]) cpSync(join(project, each), join(at, each), { recursive: true });
      return at;
    },
    begin: (clone, start = {}) => begin(clone, start, start.tools ?? tools("24.9.0", "11.6.0")),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function begin(clone: string, start: Start, tools: Tools) {
  const { command = "npm", args = ["start", "--", "--version"], uid, umask = "022" } = start;
  const path = [tools.node, tools.npm, "/usr/local/bin", "/usr/bin", "/bin"].join(delimiter);
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|NODE_PATH$|NODE_ENV$|FEDLEDGER_|PATH$)/i.test(name),
  );
  const env = { ...Object.fromEntries(own), PATH: path, ...start.env };
  const shell = ["sh", "-c", 'umask "$0"; exec "$@"', umask, command, ...args];
  const [program, ...rest] = start.isContained
    ? ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", ...shell]
    : shell;
  const began = performance.now();
  // a process group of its own, as a terminal gives it
  const child = spawn(program ?? "", rest, {
    ...{ cwd: clone, env, detached: true, stdio: ["ignore", "pipe", "pipe"] },
    ...(uid !== undefined && { uid, gid: uid }),
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (data: Buffer) => {
      said += data.toString();
    });
  const timer = setTimeout(() => process.kill(-(child.pid ?? 0), "SIGKILL"), patienceMs);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      const seconds = Math.round((performance.now() - began) / 1000);
      // what it said last may still be under way
      setTimeout(() => resolve({ code: signal ?? code ?? "?", said, seconds }), 100);
    });
  });
  return { child, ended };
}

/** Processes that work in a folder: what a start has left behind. */
export function processesIn(folder: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
      } catch {
        return false;
      }
    });
}
