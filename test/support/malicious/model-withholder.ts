import { chunkTreeRoot } from "../../../node/core/chunk-tree.ts";
import { contentIdOf } from "../../../node/core/content-id.ts";
import type { Bytes32 } from "../../../node/core/ids.ts";
import { lanesToBytes } from "../../../node/core/lanes.ts";
import { forgeProposals } from "./forge-proposals.ts";
import type { CorruptAggregator } from "./lie.ts";

/**
 * Adds 1 to one lane of the model, proposes that, and gives its bytes to nobody. What is demanded of the model it shows on the chain
 * where `answers`, from the copy that only it has; else it shows nothing.
 */
export const withholdModel =
  (lane: number, { answers }: { readonly answers: boolean }): CorruptAggregator =>
  (deps, lying) => {
    const own = new Map<Bytes32, Uint8Array>();
    const { store } = deps;
    const hiding: typeof store = {
      ...store,
      get: async (contentId, options) => own.get(contentId)?.slice() ?? (await store.get(contentId, options)),
    };
    return forgeProposals({ ...deps, store: hiding }, lying, async ({ honest, lanes }) => {
      lanes[lane]! += 1;
      const bytes = lanesToBytes(lanes);
      const contentId = await contentIdOf(bytes);
      if (answers) own.set(contentId, bytes.slice());
      return {
        proposed: { ...honest, modelRoot: chunkTreeRoot(lanes), contentId },
        told: `adds 1 to lane ${lane} of the model that it computed, proposes that, and gives its bytes to nobody`,
      };
    });
  };
