import { isUnavailable } from "../../audit/replay/is-unavailable.ts";
import type { RoundView } from "../../core/record/task-view.ts";
import type { Advertisement } from "../../core/records.ts";
import type { BlobStore } from "../../ports/storage.ts";
import type { Transport } from "../../ports/transport.ts";
import { shareBundleBytes } from "../../privacy/masking/index.ts";
import { providersOf } from "./providers.ts";
import type { TaskLook } from "./task-look.ts";

/** Gets share bundles of masked rounds: they are sealed for their receivers, whoever else has them. */
export interface ShareBundles {
  /**
   * A bundle by its advertisement, from the local store or the members; kept locally. Rejects as BlobStore.get does.
   */
  get(of: Advertisement, round: RoundView, look: TaskLook): Promise<Uint8Array>;
  /** Those of the advertisements whose bundle is in the local store, by slot. */
  here(of: readonly Advertisement[], round: RoundView, look: TaskLook): Promise<ReadonlyMap<number, Uint8Array>>;
}

/** Bundles over a store. */
export function createShareBundles(deps: {
  readonly store: BlobStore;
  readonly transport: Pick<Transport, "peerId" | "connected">;
}): ShareBundles {
  const { store, transport } = deps;
  return {
    get: (of, round, look) =>
      store.get(of.sharesId, {
        lengthBytes: shareBundleBytes(round.drawn),
        providers: providersOf({ owner: of.participant }, look.view, look.members, transport),
        signal: look.signal,
      }),
    async here(of, round, look) {
      const found = new Map<number, Uint8Array>();
      for (const one of of) {
        try {
          const lengthBytes = shareBundleBytes(round.drawn);
          found.set(one.slot, await store.get(one.sharesId, { lengthBytes, signal: look.signal }));
        } catch (error) {
          look.signal.throwIfAborted();
          if (!isUnavailable(error)) throw error;
        }
      }
      return found;
    },
  };
}
