import type { Custody } from "../core/records.ts";
import type { Journal } from "../ports/system.ts";

/** Which updates an aggregator signed custody for. */
export interface CustodyJournal {
  /** Writes it down. When it resolves, no restart forgets that this update may not be left out. */
  enter(custody: HeldUpdate): Promise<void>;
  /** Whether custody was signed for this update of this participant. */
  holds(update: HeldUpdate): Promise<boolean>;
}

type HeldUpdate = Pick<Custody, "taskId" | "round" | "participant" | "updateRoot" | "contentId">;

/** The custody in a journal; an entry is the word "held" under what was signed. */
export function createCustodyJournal(journal: Pick<Journal, "get" | "put">): CustodyJournal {
  const keyOf = ({ taskId, round, participant, updateRoot, contentId }: HeldUpdate): string =>
    `held/${taskId}/${round}/${participant}/${updateRoot}/${contentId}`.toLowerCase();
  return {
    enter: (custody) => journal.put(keyOf(custody), new TextEncoder().encode("held")),
    holds: async (update) => (await journal.get(keyOf(update))) !== undefined,
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
