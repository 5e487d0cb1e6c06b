import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import { hexEquals, toHex } from "../core/bytes/hex.ts";
import { keccak256 } from "../core/bytes/keccak.ts";
import { FedledgerError } from "../core/errors/error.ts";
import type { Journal } from "../ports/system.ts";
import { fileFault } from "./file-fault.ts";

/** Of the tables below; SQLite keeps it in the file's head (PRAGMA user_version). */
const format = 1;

/**
 * A journal in an SQLite file, of one owner: made with its folder where it is missing, readable by its user only; in
 * memory for ":memory:".
 *
 * Writes are durable when they resolve, and whole or not there: a power cut or kill -9 loses nothing that was
 * acknowledged. What is deleted or replaced is gone from every file of it when that resolves: freed bytes are zeroed,
 * and the rollback journal is emptied at each commit (there is no write-ahead log, which would keep them).
 *
 * What is there is read whole before it is used: throws JOURNAL_DAMAGED where SQLite or the sum of an entry says so,
 * JOURNAL_VERSION, JOURNAL_FOREIGN where it is another owner's; TOO_MANY_FILES, JOURNAL_FAILED.
 *
 * @param owner names whose work it is, in words for people: chain, federation, account and task
 */
export function openJournal(path: string, owner = "nobody"): Journal {
  const database = attempt(path, () => {
    if (path === ":memory:") return withTables(connect(path), owner);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    if (!existsSync(path)) create(path, owner);
    return connect(path);
  });
  try {
    attempt(path, () => check(database, path, owner));
  } catch (error) {
    database.close();
    throw error;
  }
  const select = database.prepare("SELECT value, sum FROM journal WHERE key = ?");
  const upsert = database.prepare(
    "INSERT INTO journal (key, value, sum) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, sum = excluded.sum",
  );
  const remove = database.prepare("DELETE FROM journal WHERE key = ?");
  return {
    get: async (key) =>
      attempt(path, () => {
        const row = select.get(key);
        return row === undefined ? undefined : entryOf(path, { key, ...row });
      }),
    put: async (key, value) => {
      attempt(path, () => upsert.run(key, value, sumOf(key, value)));
    },
    delete: async (key) => {
      attempt(path, () => remove.run(key));
    },
    close: async () => {
      if (database.isOpen) database.close();
    },
  };
}

/** Makes the file beside its place, and moves it there once it is whole: an empty file is never a journal. */
function create(path: string, owner: string): void {
  const beside = `${path}.new`;
  // SQLite gives its own files beside it the same mode
  closeSync(openSync(beside, "w", 0o600));
  withTables(connect(beside), owner).close();
  const file = openSync(beside, "r+");
  fsyncSync(file);
  closeSync(file);
  rmSync(`${beside}-journal`, { force: true });
  renameSync(beside, path);
}

function connect(path: string): DatabaseSync {
  // asked for here, so that an old Node, which has none, can load this file and say so
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const database = new DatabaseSync(path, { timeout: 2_000 });
  try {
    database.exec(
      "PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = EXTRA; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;",
    );
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function withTables(database: DatabaseSync, owner: string): DatabaseSync {
  database.exec(
    `CREATE TABLE owner (name TEXT NOT NULL);
     CREATE TABLE journal (key TEXT PRIMARY KEY, value BLOB NOT NULL, sum BLOB NOT NULL) WITHOUT ROWID;
     PRAGMA user_version = ${format};`,
  );
  database.prepare("INSERT INTO owner (name) VALUES (?)").run(owner);
  return database;
}

/** Throws where the file is not a whole journal of this format and owner. */
function check(database: DatabaseSync, path: string, owner: string): void {
  const version = Number(database.prepare("PRAGMA user_version").get()?.user_version);
  if (version !== format && version !== 0) {
    throw new FedledgerError("JOURNAL_VERSION", { path, actual: version, expected: format });
  }
  const found = String(database.prepare("PRAGMA integrity_check(1)").get()?.integrity_check);
  if (found !== "ok") throw damaged(path, found);
  if (version === 0) throw damaged(path, "it has no tables of a journal");
  for (const row of database.prepare("SELECT key, value, sum FROM journal").iterate()) entryOf(path, row);
  const actual = String(database.prepare("SELECT name FROM owner").get()?.name);
  if (actual !== owner) throw new FedledgerError("JOURNAL_FOREIGN", { path, actual, expected: owner });
}

/** The bytes of an entry. Throws JOURNAL_DAMAGED where they are not those that were written. */
function entryOf(path: string, { key, value, sum }: Readonly<Record<string, SQLOutputValue>>): Uint8Array {
  const isWhole = value instanceof Uint8Array && sum instanceof Uint8Array;
  if (isWhole && hexEquals(toHex(sum), toHex(sumOf(String(key), value)))) return value;
  throw damaged(path, `the entry ${String(key)} is not what was written`);
}

/** 16 bytes of keccak256(key ‖ 0 ‖ value). */
function sumOf(key: string, value: Uint8Array): Uint8Array {
  return keccak256(Buffer.concat([Buffer.from(`${key}\0`), value])).slice(0, 16);
}

function damaged(path: string, reason: string, cause?: unknown): FedledgerError {
  return new FedledgerError("JOURNAL_DAMAGED", { path, reason }, cause);
}

/** SQLite's codes of a file that is none of its own, or broken: SQLITE_CORRUPT, SQLITE_NOTADB. */
const brokenCodes: readonly unknown[] = [11, 26];

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof FedledgerError) throw error;
    const { message, errcode = 0 } = error as Error & { readonly errcode?: number };
    // the lower byte; the rest says where it was found
    if (brokenCodes.includes(errcode & 0xff) || /no such (?:table|column)/.test(message)) {
      throw damaged(path, message, error);
    }
    throw fileFault(path, error) ?? new FedledgerError("JOURNAL_FAILED", { path, reason: message }, error);
  }
}
