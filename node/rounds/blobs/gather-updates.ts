import { FedledgerError } from "../../core/errors/error.ts";
import type { Commitment } from "../../core/records.ts";
import { updateBlobBytes } from "../../core/task/blob-length.ts";
import type { BlobStore } from "../../ports/storage.ts";
import { type BytesPatience, withPatience } from "./patient-source.ts";
import type { TaskLook } from "./task-look.ts";

/** Gives an update's bytes, as ModelSource.update does. */
export interface UpdateSource {
  update(update: Commitment, look: TaskLook): Promise<Uint8Array>;
}

/** Updates that are fetched at a time for one judgement. */
const placesOfAJudgement = 8;
/**
 * The first try of an update may take this part of all patience, and each later one twice as long as the one before.
 */
const firstTry = 1 / 16;

/** How long the try after so many that took too long may take. */
export function patienceOfTry({ clock, timeoutMs }: BytesPatience, tries: number): BytesPatience {
  return { clock, timeoutMs: Math.min(timeoutMs, timeoutMs * firstTry * 2 ** Math.min(tries, 30)) };
}

/**
 * Fetches the updates that are not here side by side, with one patience for all of them: one that takes too long makes
 * place for the next, and is asked for again behind it, where what came of it is here already. Gives what reads an
 * update afterwards: it rejects at once for those that could not be had. Rejects with the look's reason, and as
 * BlobStore.has does.
 */
export async function gatherUpdates(
  { source, store }: { readonly source: UpdateSource; readonly store: Pick<BlobStore, "has"> },
  updates: readonly Commitment[],
  look: TaskLook,
  patience: BytesPatience | undefined,
): Promise<(commitment: Commitment) => Promise<Uint8Array>> {
  const failures = new Map<string, unknown>();
  const waiting: { readonly update: Commitment; readonly tries: number }[] = [];
  for (const update of updates) {
    if (!(await store.has(update.contentId, updateBlobBytes(look.view)))) waiting.push({ update, tries: 0 });
  }

  async function fetchNext(own: TaskLook): Promise<void> {
    while (!own.signal.aborted) {
      const next = waiting.shift();
      if (next === undefined) return;
      const { update, tries } = next;
      let last: TaskLook | undefined;
      try {
        await withPatience(patience && patienceOfTry(patience, tries), update.contentId, own, async (part) => {
          last = part;
          return await source.update(update, part);
        });
        failures.delete(keyOf(update));
      } catch (error) {
        look.signal.throwIfAborted();
        failures.set(keyOf(update), error);
        if (last?.signal.aborted && !own.signal.aborted) waiting.push({ update, tries: tries + 1 });
      }
    }
  }

  const [first] = waiting;
  if (first !== undefined) {
    await withPatience(patience, first.update.contentId, look, async (own) => {
      await Promise.all(Array.from({ length: placesOfAJudgement }, () => fetchNext(own)));
    });
  }
  look.signal.throwIfAborted();
  for (const { update } of waiting) failures.set(keyOf(update), notHad(update));
  return async (commitment) => {
    const failure = failures.get(keyOf(commitment));
    if (failure !== undefined) throw failure;
    return await source.update(commitment, look);
  };
}

/** Another may have committed to the same bytes: whose it is counts, too. */
function keyOf({ participant, contentId }: Commitment): string {
  return `${participant}:${contentId}`.toLowerCase();
}

function notHad({ contentId }: Commitment): FedledgerError {
  return new FedledgerError("BLOB_NOT_FOUND", { contentId, providers: "those asked in time" });
}
