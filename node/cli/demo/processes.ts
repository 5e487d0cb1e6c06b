import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { FedledgerError } from "../../core/errors/error.ts";

/** A JSON line that a child said. */
export type ChildEvent = { readonly event: string } & Readonly<Record<string, unknown>>;

/** A process of the demo. */
export interface DemoProcess {
  readonly name: string;
  readonly pid: number | undefined;
  /** How often it was started again. */
  readonly restarts: number;
  /** Resolves with the first event of this name; rejects with PROCESS_DIED when it ends before. */
  next(event: string, options?: { signal?: AbortSignal }): Promise<ChildEvent>;
  /** Resolves with the exit code once it has ended for good. */
  readonly ended: Promise<number>;
}

/** What to start. */
export interface ProcessSpec {
  readonly name: string;
  /** Arguments of `fedledger`. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** How often it may be started again after an end that nobody asked for. */
  readonly maxRestarts: number;
}

/** Starts `fedledger` children and sees to it that none outlives the demo. */
export interface ProcessGroup {
  start(spec: ProcessSpec): DemoProcess;
  /** Asks all to end, and ends those that have not after `graceMs`. */
  stop(graceMs?: number): Promise<void>;
}

/** Where children report: standard error of each goes to LOGS/NAME.log. */
export function createProcessGroup(options: {
  readonly main: string;
  readonly logs: string;
  readonly onEvent: (name: string, event: ChildEvent) => void;
  readonly onLaunch: (name: string, pid: number) => void;
  readonly onRestart: (name: string, reason: string) => void;
}): ProcessGroup {
  const running = new Set<ChildProcess>();
  const endings: Promise<number>[] = [];
  let stopping = false;
  mkdirSync(options.logs, { recursive: true });

  const start = (spec: ProcessSpec): DemoProcess => {
    const log = join(options.logs, `${spec.name}.log`);
    const waiting = new Set<(event: ChildEvent | undefined) => void>();
    const seen = new Map<string, ChildEvent>();
    let child: ChildProcess;
    let restarts = 0;

    const launch = (): Promise<[number | null, NodeJS.Signals | null]> => {
      child = spawn(process.execPath, [options.main, ...spec.args, "--json"], {
        env: { ...process.env, ...spec.env, FEDLEDGER_PARENT: String(process.pid) },
        stdio: ["pipe", "pipe", "pipe"],
        // its own process group: Ctrl-C reaches the demo alone, which then ends the others in order
        detached: process.platform !== "win32",
      });
      running.add(child);
      if (child.pid !== undefined) options.onLaunch(spec.name, child.pid);
      child.stdin?.on("error", () => {});
      child.stderr?.on("data", (data: Buffer) => keep(log, data));
      createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
        const event = parseEvent(line);
        if (event === undefined) return keep(log, `${line}\n`);
        if (!seen.has(event.event)) seen.set(event.event, event);
        options.onEvent(spec.name, event);
        for (const waiter of [...waiting]) waiter(event);
      });
      const launched = child;
      return new Promise((resolve, reject) => {
        launched.once("error", reject);
        launched.once("close", (code, signal) => {
          running.delete(launched);
          resolve([code, signal]);
        });
      });
    };

    const giveUp = (reason: string, code: number | null): number => {
      for (const waiter of [...waiting]) waiter(undefined);
      keep(log, `ended with ${reason}\n`);
      return code ?? 1;
    };

    const supervise = async (): Promise<number> => {
      for (;;) {
        const [code, signal] = await launch();
        if (stopping || code === 0) return code ?? 1;
        const reason = signal ?? `exit code ${code}`;
        // wrong use (2) is wrong the next time, too
        if (code === 2 || restarts >= spec.maxRestarts) return giveUp(reason, code);
        restarts += 1;
        options.onRestart(spec.name, reason);
      }
    };
    const ended = supervise();
    endings.push(ended);

    return {
      name: spec.name,
      get pid() {
        return child.pid;
      },
      get restarts() {
        return restarts;
      },
      ended,
      next: (name, { signal } = {}) =>
        new Promise((resolve, reject) => {
          const found = seen.get(name);
          if (found) return resolve(found);
          const died = () =>
            reject(new FedledgerError("PROCESS_DIED", { name: spec.name, reason: `no "${name}"`, path: log }));
          const waiter = (event: ChildEvent | undefined) => {
            if (event !== undefined && event.event !== name) return;
            waiting.delete(waiter);
            if (event === undefined) died();
            else resolve(event);
          };
          waiting.add(waiter);
          signal?.addEventListener("abort", () => {
            waiting.delete(waiter);
            reject(signal.reason);
          });
          void ended.then(died, died);
        }),
    };
  };

  return {
    start,
    stop: async (graceMs = 5_000) => {
      stopping = true;
      // the end of their standard input is the sign: a signal would end them at once on Windows, half-written
      for (const child of running) child.stdin?.end();
      const timer = setTimeout(() => {
        for (const child of running) child.kill("SIGKILL");
      }, graceMs);
      await Promise.allSettled(endings);
      clearTimeout(timer);
    },
  };
}

/** A log that cannot be written (a full disk) ends no federation. */
function keep(log: string, text: string | Buffer): void {
  try {
    appendFileSync(log, text);
  } catch {
    // what a child says is for whoever looks into it later: nobody waits for it
  }
}

function parseEvent(line: string): ChildEvent | undefined {
  try {
    const value = JSON.parse(line) as ChildEvent;
    return typeof value?.event === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
