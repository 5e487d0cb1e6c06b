import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { FedledgerError } from "../core/errors/error.ts";
import type { Journal } from "../ports/system.ts";

/**
 * A journal in an SQLite file (created with its folder where missing), or in memory for ":memory:".
 *
 * Writes are durable when they resolve: write-ahead log with full synchronisation, so a power cut or kill -9 loses
 * nothing that was acknowledged and leaves no half-written value. Throws STORAGE_FAILED.
 */
export function openJournal(path: string): Journal {
  const database = attempt(path, () => {
    if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
    // asked for here, so that an old Node, which has none, can load this file and say so
    const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
    const opened = new DatabaseSync(path);
    opened.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000;");
    opened.exec("CREATE TABLE IF NOT EXISTS journal (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID");
    return opened;
  });
  const select = database.prepare("SELECT value FROM journal WHERE key = ?");
  const upsert = database.prepare(
    "INSERT INTO journal (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
  );
  const remove = database.prepare("DELETE FROM journal WHERE key = ?");
  return {
    get: async (key) => attempt(path, () => select.get(key)?.value as Uint8Array | undefined),
    put: async (key, value) => {
      attempt(path, () => upsert.run(key, value));
    },
    delete: async (key) => {
      attempt(path, () => remove.run(key));
    },
    close: async () => {
      if (database.isOpen) database.close();
    },
  };
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new FedledgerError("STORAGE_FAILED", { path, reason: (error as Error).message }, error);
  }
}
