import { fork } from "node:child_process";
import { join } from "node:path";
import { FedledgerError } from "../../../node/core/errors/error.ts";
import { projectFolder } from "../../support/processes/fedledger-process.ts";
import type { NodeJob, NodeMessage } from "./node-job.ts";

/** A node in a process of its own. */
export interface NodeProcess {
  /** Resolves when it can be started; rejects with PROCESS_DIED. */
  readonly ready: Promise<void>;
  start(): void;
  /** Resolves when its work on the task has ended; rejects with PROCESS_DIED. */
  readonly done: Promise<void>;
  /** Lets it end; resolves when it has. */
  close(): Promise<void>;
}

const main = join(import.meta.dirname, "node-process.ts");
/** Eight processes that compile the same files: after the first run they start in two thirds of the time. */
const compileCache = join(projectFolder, "node_modules", ".cache", "compiled");
const closeMs = 10_000;

/** Starts a node's process and gives it its job. */
export function startNode(job: NodeJob, onMessage: (message: NodeMessage) => void): NodeProcess {
  const child = fork(main, [], {
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
  });
  const ready = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  let errors = "";
  child.stderr?.on("data", (data: Buffer) => {
    errors += data.toString();
  });
  child.on("message", (message) => {
    const said = message as NodeMessage;
    if (said.kind === "ready") ready.resolve();
    else if (said.kind === "done") done.resolve();
    onMessage(said);
  });
  const ended = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      errors += String(error);
      resolve();
    });
    // not "close": with this serialization it never comes once the channel was closed from here
    child.once("exit", () => setImmediate(resolve));
  });
  void ended.then(() => {
    const reason = errors.trim() || `code ${child.exitCode ?? child.signalCode}`;
    const died = new FedledgerError("PROCESS_DIED", { name: job.name, reason, path: job.log ?? "--log FILE" });
    ready.reject(died);
    done.reject(died);
  });
  ready.promise.catch(() => undefined);
  done.promise.catch(() => undefined);
  child.send(job);
  return {
    ready: ready.promise,
    done: done.promise,
    start: () => void child.send("start"),
    async close() {
      if (child.connected) child.disconnect();
      const impatient = setTimeout(() => child.kill("SIGKILL"), closeMs);
      await ended;
      clearTimeout(impatient);
    },
  };
}
