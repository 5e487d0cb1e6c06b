import { FedledgerError } from "../../core/errors/error.ts";

/** The exit code of a process that a signal ended: 128 and its number. */
const codeOf = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * What comes within this time is one signal said twice: Ctrl-C reaches a program from the terminal and from npm, and
 * systemd tells every process of a service, the one that passes signals on, too.
 */
const sameSignalMs = 1_000;

/** Whether somebody sits before this process: then SIGHUP says that they are gone. */
const hasTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);

let isWholeProcess = false;
let stop: AbortController | undefined;
let interruptedBy: keyof typeof codeOf | undefined;
const hangUps = new Set<() => void>();

/** Says that the command line is all of this process, so that it ends with who started it. */
export function ownProcess(): void {
  isWholeProcess = true;
}

/** The exit code that the signal which stopped this process asks for; undefined where there was none. */
export function interruptedCode(): number | undefined {
  return interruptedBy && codeOf[interruptedBy];
}

/**
 * One signal for the process: aborts at the first Ctrl-C or SIGTERM; a second one, a second later or more, ends it at
 * once. SIGHUP aborts where there is a terminal, which is gone then; without one it asks for a new log: `onHangUp` is
 * called.
 */
export function stopSignal(onHangUp: () => void = () => {}): AbortSignal {
  hangUps.add(onHangUp);
  if (stop) return stop.signal;
  const controller = new AbortController();
  stop = controller;
  let firstMs: number | undefined;
  const hear = (name: keyof typeof codeOf) => {
    firstMs ??= performance.now();
    if (controller.signal.aborted && performance.now() - firstMs >= sameSignalMs) process.exit(codeOf[name]);
    interruptedBy ??= name;
    controller.abort(new FedledgerError("INTERRUPTED", { signal: name }));
  };
  process.on("SIGINT", () => hear("SIGINT")).on("SIGTERM", () => hear("SIGTERM"));
  process.on("SIGHUP", () => {
    if (hasTerminal) hear("SIGHUP");
    else for (const reopen of hangUps) reopen();
  });
  if (isWholeProcess) endWithParent(controller);
  return controller.signal;
}

/**
 * Ends this process when who started it is gone, however it went: the demo, whose end of our standard input closes, or
 * the wrapper around the private Node, whose channel does. Without it, `kill -9` would leave children behind.
 */
function endWithParent(controller: AbortController): void {
  const stop = () => controller.abort(new FedledgerError("INTERRUPTED", { signal: "PARENT_GONE" }));
  if (process.channel !== undefined) {
    process.once("disconnect", stop);
    // who only listens for its end is not kept from ending
    process.channel.unref();
  }
  if (process.env.FEDLEDGER_PARENT !== undefined) process.stdin.on("end", stop).on("error", stop).resume();
}

/** Resolves as the work does; rejects with the signal's reason once it aborts, whatever the work still waits for. */
export function untilStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const give = () => reject(signal.reason);
    if (signal.aborted) give();
    signal.addEventListener("abort", give, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", give));
  });
}
