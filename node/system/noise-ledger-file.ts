import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { FedledgerError, isFedledgerError } from "../core/errors/error.ts";
import type { Bytes32 } from "../core/ids.ts";
import type { NoiseEntry, NoiseLedger } from "../ports/noise.ts";

/** SQLite's codes for a file that is none of its own, or damaged. */
const damaged: readonly unknown[] = [11, 26];
const table =
  "CREATE TABLE IF NOT EXISTS spent (dataset TEXT, task TEXT, opening TEXT, cost TEXT NOT NULL, " +
  "PRIMARY KEY (dataset, task, opening)) WITHOUT ROWID";

/**
 * The noise ledger in an SQLite file, for its owner only (0600, a folder that is made for it 0700). It is opened for
 * each entry and closed again, under SQLite's lock, so that several nodes may have one; an entry is on the disk when it
 * resolves. The file is whole at any time but within a write: a copy of it is a backup.
 */
export function createNoiseLedgerFile(path: string): NoiseLedger {
  return {
    path,
    async read() {
      if (!existsSync(path)) return [];
      const database = attempt(path, () => open(path));
      try {
        return attempt(path, () => entriesOf(database));
      } finally {
        database.close();
      }
    },
    async spend(entry, decide) {
      // a file that is not there is made only where nothing speaks against it
      if (!existsSync(path)) decide([]);
      const database = attempt(path, () => open(path));
      try {
        attempt(path, () => database.exec("BEGIN IMMEDIATE"));
        if (decide(attempt(path, () => entriesOf(database))) === "drawn") return;
        const { dataset, task, opening, cost } = entry;
        attempt(path, () => {
          database.prepare("INSERT INTO spent VALUES (?, ?, ?, ?)").run(dataset, task, opening, cost);
          database.exec("COMMIT");
        });
      } finally {
        // what was begun and not committed is undone
        database.close();
      }
    },
  };
}

function entriesOf(database: DatabaseSync): readonly NoiseEntry[] {
  return database
    .prepare("SELECT dataset, task, opening, cost FROM spent")
    .all()
    .map(({ dataset, task, opening, cost }) => ({
      dataset: String(dataset) as Bytes32,
      task: String(task),
      opening: String(opening),
      cost: String(cost),
    }));
}

function open(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, "a", 0o600));
  chmodSync(path, 0o600);
  // asked for here, so that an old Node, which has none, can load this file and say so
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const database = new DatabaseSync(path);
  try {
    database.exec("PRAGMA busy_timeout = 30000; PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;");
    const [found] = database.prepare("PRAGMA quick_check").all();
    if (found?.quick_check !== "ok")
      throw new FedledgerError("PRIVACY_LEDGER_UNREADABLE", { path, reason: String(found?.quick_check) });
    database.exec(table);
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (isFedledgerError(error)) throw error;
    const { message: reason, errcode } = error as Error & { readonly errcode?: number };
    const code = damaged.includes(errcode) ? "PRIVACY_LEDGER_UNREADABLE" : "STORAGE_FAILED";
    throw new FedledgerError(code, { path, reason }, error);
  }
}
