import { chunkLanes } from "../../../node/core/bytes/chunk-tree.ts";
import { forgeProposals } from "./forge-proposals.ts";
import type { CorruptAggregator } from "./lie.ts";

/** Puts two whole chunks of the model in each other's place: every lane is a right one, at the wrong position. */
export const swapChunks =
  (one: number, other: number): CorruptAggregator =>
  (deps, lying) =>
    forgeProposals(deps, lying, async ({ honest, lanes, publish }) => {
      const at = (chunk: number) => lanes.slice(chunk * chunkLanes, (chunk + 1) * chunkLanes);
      const [first, second] = [at(one), at(other)];
      lanes.set(second, one * chunkLanes);
      lanes.set(first, other * chunkLanes);
      return {
        proposed: { ...honest, ...(await publish(lanes)) },
        told: `swaps chunks ${one} and ${other} of the model that it computed, and proposes that`,
      };
    });
