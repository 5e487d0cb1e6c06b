import type { Clock, Journal, Log, LogData } from "../../../node/ports/system.ts";

/** A line of a node's log. */
export interface LoggedLine {
  readonly node: number;
  readonly level: string;
  readonly message: string;
  readonly data?: LogData;
}

/** A log whose lines go to the list. */
export function createMemoryLog(node: number, lines: LoggedLine[]): Log {
  const line = (level: string) => (message: string, data?: LogData) => {
    lines.push({ node, level, message, ...(data && { data }) });
  };
  const self: Log = {
    error: line("error"),
    warn: line("warn"),
    info: line("info"),
    debug: line("debug"),
    child: () => self,
  };
  return self;
}

/** A journal that outlives the process which has it open. */
export function createMemoryJournal(clock: Clock, entries: Map<string, Uint8Array>): Journal {
  return {
    async get(key) {
      await clock.sleep(1);
      return entries.get(key);
    },
    async put(key, value) {
      await clock.sleep(1);
      entries.set(key, value.slice());
    },
    async delete(key) {
      entries.delete(key);
    },
    close: async () => undefined,
  };
}
