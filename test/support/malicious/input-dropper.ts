import { weightedMean } from "../../../node/aggregation/index.ts";
import { forgeProposals } from "./forge-proposals.ts";
import type { CorruptAggregator } from "./lie.ts";

/** Computes the model without the first update, and states that all are in it. */
export const dropInput: CorruptAggregator = (deps, lying) =>
  forgeProposals(deps, lying, async ({ honest, view, base, updates, publish }) => {
    const [dropped, ...others] = await updates();
    const lanes = weightedMean({
      base: await base(),
      updates: others.map(({ commitment, lanes }) => ({ lanes, weight: commitment.weight })),
      serverRateQ16: view.rules.serverRateQ16,
    });
    return {
      proposed: { ...honest, ...(await publish(lanes)) },
      told: `computes the model without the update of ${dropped!.commitment.participant}, and states that all are in it`,
    };
  });
