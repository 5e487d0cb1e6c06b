import { forgeProposals } from "./forge-proposals.ts";
import type { CorruptAggregator } from "./lie.ts";

/** Proposes the model that the round started from, as if nobody had trained. */
export const reuseRoot: CorruptAggregator = (deps, lying) =>
  forgeProposals(deps, lying, async ({ honest, round, base, publish }) => ({
    proposed: { ...honest, ...(await publish(await base())) },
    told: `proposes the old model ${round.baseModelRoot.slice(0, 18)}… again, as if nobody had trained`,
  }));
