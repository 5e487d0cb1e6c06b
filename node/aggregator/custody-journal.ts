import type { TaskId } from "../core/ids.ts";
import type { Custody } from "../core/records.ts";
import type { Journal } from "../ports/system.ts";

/** Which updates an aggregator signed custody for. */
export interface CustodyJournal {
  /** Writes it down. When it resolves, no restart forgets that this update may not be left out. */
  enter(custody: Pick<Custody, "taskId" | "round" | "updateRoot" | "contentId">): Promise<void>;
  /** Whether custody was signed for this update. */
  holds(update: Pick<Custody, "taskId" | "round" | "updateRoot" | "contentId">): Promise<boolean>;
}

/** The custody in a journal; an entry is the word "held" under what was signed. */
export function createCustodyJournal(journal: Pick<Journal, "get" | "put">): CustodyJournal {
  const keyOf = (taskId: TaskId, round: number, updateRoot: string, contentId: string): string =>
    `held/${taskId}/${round}/${updateRoot}/${contentId}`.toLowerCase();
  return {
    enter: ({ taskId, round, updateRoot, contentId }) =>
      journal.put(keyOf(taskId, round, updateRoot, contentId), new TextEncoder().encode("held")),
    holds: async ({ taskId, round, updateRoot, contentId }) =>
      (await journal.get(keyOf(taskId, round, updateRoot, contentId))) !== undefined,
  };
}

/** A journal for as long as the process lives, where no other is given. */
export function createMemoryJournal(): Pick<Journal, "get" | "put"> {
  const entries = new Map<string, Uint8Array>();
  return {
    get: async (key) => entries.get(key),
    put: async (key, value) => void entries.set(key, value),
  };
}
