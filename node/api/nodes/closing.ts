import type { Log } from "../../ports/index.ts";

/** What is to be closed, in the reverse order of opening; a failure to is told, and the rest closed. */
export function createClosing(log: Log): {
  onClose(close: () => Promise<unknown>): void;
  close(): Promise<void>;
} {
  const closers: (() => Promise<unknown>)[] = [];
  let closing: Promise<void> | undefined;
  const closeAll = async () => {
    for (const each of closers.splice(0))
      await each().catch((error: unknown) => log.warn("Closing a part of the node failed", { error }));
  };
  return {
    onClose: (close) => void closers.unshift(close),
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}
