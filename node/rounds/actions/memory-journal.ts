import type { Journal } from "../../ports/system.ts";

/** A journal that lasts as long as the process. */
export function createMemoryJournal(): Journal {
  const entries = new Map<string, Uint8Array>();
  return {
    get: async (key) => entries.get(key)?.slice(),
    async put(key, value) {
      entries.set(key, value.slice());
    },
    async delete(key) {
      entries.delete(key);
    },
    close: async () => undefined,
  };
}
