import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** The project's folder. */
export const projectFolder = join(import.meta.dirname, "..", "..", "..");
const main = join(projectFolder, "node", "cli", "main.ts");

/** What a finished command left. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The JSON lines of standard output. */
  readonly events: readonly Record<string, unknown>[];
}

/** A running `fedledger`. */
export interface Running {
  readonly child: ChildProcess;
  /** Resolves with the first JSON line that satisfies the test; rejects when the process ends before. */
  until(test: (event: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
  readonly finished: Promise<Finished>;
}

/** How to start `fedledger`. */
export interface StartOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  /** What starts it with these arguments, in place of Node with the command line's sources. */
  readonly command?: (args: readonly string[]) => readonly [string, readonly string[]];
}

/** Starts `fedledger ARGS` (with --json where asked for by the caller). */
export function startFedledger(args: readonly string[], options: StartOptions = {}): Running {
  const [command, commandArgs] = options.command?.(args) ?? [process.execPath, [main, ...args]];
  const child = spawn(command, commandArgs, {
    cwd: options.cwd ?? projectFolder,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const events: Record<string, unknown>[] = [];
  const listeners = new Set<() => void>();
  let stdout = "";
  let stderr = "";
  createInterface({ input: child.stdout }).on("line", (line) => {
    stdout += `${line}\n`;
    if (line.startsWith("{")) events.push(JSON.parse(line));
    for (const listener of [...listeners]) listener();
  });
  child.stderr.on("data", (data: Buffer) => {
    stderr += data.toString();
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr, events }));
  });
  return {
    child,
    finished,
    until: (test) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = events.find(test);
          if (found === undefined) return;
          listeners.delete(look);
          resolve(found);
        };
        listeners.add(look);
        look();
        void finished.then(({ code }) => reject(new Error(`ended with ${code} before: ${stdout}\n${stderr}`)), reject);
      }),
  };
}

/** Runs `fedledger ARGS` to its end. */
export function runFedledger(args: readonly string[], options: StartOptions = {}): Promise<Finished> {
  return startFedledger(args, options).finished;
}
