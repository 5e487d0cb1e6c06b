import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { FedledgerError } from "../core/errors/error.ts";
import { fileFault } from "./file-fault.ts";

/** A folder that no other process works in. */
export interface ClaimedFolder {
  /** Lets others have it. May be called again. */
  release(): Promise<void>;
}

/**
 * Takes a folder for this process: made where it is missing, readable by its user only (0700), and locked until it is
 * released or the process ends, by whatever end. The lock is the operating system's, through an empty SQLite file: a
 * killed process leaves none behind, and one that is halted keeps it.
 *
 * Throws NODE_RUNNING, which says who has it; FOLDER_UNUSABLE, TOO_MANY_FILES.
 */
export function claimFolder(path: string): ClaimedFolder {
  const holder = join(path, "node.json");
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    chmodSync(path, 0o700);
    const lock = join(path, "lock.sqlite");
    closeSync(openSync(lock, "a", 0o600));
    const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
    const database = new DatabaseSync(lock);
    try {
      database.exec("BEGIN EXCLUSIVE");
      const said = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
      writeFileSync(holder, `${JSON.stringify(said)}\n`, { mode: 0o600 });
    } catch (error) {
      database.close();
      throw error;
    }
    return {
      async release() {
        if (!database.isOpen) return;
        rmSync(holder, { force: true });
        database.close();
      },
    };
  } catch (error) {
    // SQLITE_BUSY
    if ((error as { readonly errcode?: number }).errcode === 5) {
      throw new FedledgerError("NODE_RUNNING", { path, ...holderIn(holder) }, error);
    }
    const reason = (error as Error).message;
    throw fileFault(path, error) ?? new FedledgerError("FOLDER_UNUSABLE", { path, reason }, error);
  }
}

/** What the process that has the folder says of itself. */
function holderIn(path: string): { readonly pid: string; readonly host: string; readonly since: string } {
  try {
    const { pid, host, since } = JSON.parse(readFileSync(path, "utf8"));
    return { pid: String(pid), host: String(host), since: String(since) };
  } catch {
    return { pid: "?", host: "?", since: "?" };
  }
}
