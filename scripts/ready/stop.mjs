// What a signal does while something is being installed: the work is asked to end and waited for, so that nothing of it
// lives on beside the next start.

/** What a signal of the operator ended; `exitCode` is 128 and the signal's number, as a shell has it. */
export class Interrupted extends Error {
  constructor(signal) {
    super(`Interrupted by ${signal}: nothing half-installed is used, and the next start goes on from here.`);
    this.exitCode = exitCodeOf(signal);
  }
}

/** The exit code of what a signal ended. */
export function exitCodeOf(signal) {
  return 128 + ({ SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }[signal] ?? 0);
}

/** Whether somebody sits before this process: then SIGHUP says that they are gone, and else it asks for a new log. */
export const hasTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);

/**
 * Hears the signals that end a process until `close` is called. `heard()` is the first of them; `onStop` is called with
 * each.
 */
export function hearSignals() {
  let heard;
  const listeners = new Set();
  const names = ["SIGINT", "SIGTERM", "SIGHUP"];
  const handlers = names.map((name) => () => {
    if (name === "SIGHUP" && !hasTerminal) return;
    heard ??= name;
    for (const listener of [...listeners]) listener(name);
  });
  names.forEach((name, index) => {
    process.on(name, handlers[index]);
  });
  return {
    throwIfHeard: () => {
      if (heard !== undefined) throw new Interrupted(heard);
    },
    onStop: (listener) => {
      listeners.add(listener);
      if (heard !== undefined) listener(heard);
      return () => listeners.delete(listener);
    },
    close: () => {
      names.forEach((name, index) => {
        process.off(name, handlers[index]);
      });
    },
  };
}
