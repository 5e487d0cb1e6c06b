import { chunkTreeRoot } from "../../../node/core/bytes/chunk-tree.ts";
import { contentIdOf } from "../../../node/core/bytes/content-id.ts";
import { lanesToBytes } from "../../../node/core/bytes/lanes.ts";
import { forgeProposals } from "./forge-proposals.ts";
import type { CorruptAggregator } from "./lie.ts";

/** Adds 1 to one lane of the model, proposes that, and gives its bytes to nobody. */
export const withholdModel =
  (lane: number): CorruptAggregator =>
  (deps, lying) =>
    forgeProposals(deps, lying, async ({ honest, lanes }) => {
      lanes[lane]! += 1;
      const contentId = await contentIdOf(lanesToBytes(lanes));
      return {
        proposed: { ...honest, modelRoot: chunkTreeRoot(lanes), contentId },
        told: `adds 1 to lane ${lane} of the model that it computed, proposes that, and gives its bytes to nobody`,
      };
    });
