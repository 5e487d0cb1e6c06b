import { toHex } from "../../../node/core/bytes/hex.ts";
import { forgeProposals } from "./forge-proposals.ts";
import type { CorruptAggregator } from "./lie.ts";

/** In a masked task: opens another seed than the first survivor's, under the right model. */
export const openFalsely: CorruptAggregator = (deps, lying) =>
  forgeProposals(deps, lying, async ({ honest, openings = "0x" }) => ({
    proposed: honest,
    openings: `${toHex(new Uint8Array(32).fill(7))}${openings.slice(2 + 64)}`,
    told: "proposes the model that it computed, and opens a seed that nobody advertised",
  }));
