import { isUnavailable } from "../audit/is-unavailable.ts";
import { maskNeighbours } from "../core/mask-graph.ts";
import type { Advertisement, TaskRules } from "../core/records.ts";
import type { RoundView } from "../core/task-view.ts";
import type { BlobStore } from "../ports/storage.ts";
import type { Transport } from "../ports/transport.ts";
import { shareBundleBytes } from "../privacy/masking/index.ts";
import type { TaskLook } from "./model-source.ts";
import { providersOf } from "./providers.ts";

/** Gets share bundles of masked rounds: they are sealed for their receivers, whoever else has them. */
export interface ShareBundles {
  /** A bundle by its advertisement, from the local store or the members; kept locally. Rejects as BlobStore.get does. */
  get(of: Advertisement, round: RoundView, look: TaskLook): Promise<Uint8Array>;
  /** Those of the advertisements whose bundle is in the local store, by slot. */
  here(of: readonly Advertisement[], round: RoundView, look: TaskLook): Promise<ReadonlyMap<number, Uint8Array>>;
}

/** Bytes of the bundle of a slot: they follow from the draw. */
export function bundleBytesOf(
  slot: number,
  { seed, drawn }: Pick<RoundView, "seed" | "drawn">,
  { neighbours }: Pick<TaskRules, "neighbours">,
): number {
  return shareBundleBytes(maskNeighbours(slot, { seed, drawn, neighbours }).length);
}

/** Bundles over a store. */
export function createShareBundles(deps: {
  readonly store: BlobStore;
  readonly transport: Pick<Transport, "peerId" | "connected">;
}): ShareBundles {
  const { store, transport } = deps;
  const lengthOf = ({ slot }: Advertisement, round: RoundView, { view }: TaskLook) =>
    bundleBytesOf(slot, round, view.rules);
  return {
    get: (of, round, look) =>
      store.get(of.sharesId, {
        lengthBytes: lengthOf(of, round, look),
        providers: providersOf({ owner: of.participant }, look.view, look.members, transport),
        signal: look.signal,
      }),
    async here(of, round, look) {
      const found = new Map<number, Uint8Array>();
      for (const one of of) {
        try {
          const lengthBytes = lengthOf(one, round, look);
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
