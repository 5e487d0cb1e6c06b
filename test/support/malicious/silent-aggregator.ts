import { forgeProposals } from "./forge-proposals.ts";
import type { CorruptAggregator } from "./lie.ts";

/** Computes the model, and proposes nothing. */
export const neverPropose: CorruptAggregator = (deps, lying) =>
  forgeProposals(deps, lying, async () => ({
    proposed: "never",
    told: "has computed the model, and says nothing",
  }));
