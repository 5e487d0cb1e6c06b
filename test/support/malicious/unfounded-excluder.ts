import { weightedMean } from "../../../node/aggregation/index.ts";
import { forgeProposals } from "./forge-proposals.ts";
import type { CorruptAggregator } from "./lie.ts";

/** Leaves a good update out and says so: the model is right for the updates that stay, but there is no reason. */
export const excludeUnfounded: CorruptAggregator = (deps, lying) =>
  forgeProposals(deps, lying, async ({ honest, view, base, updates, publish }) => {
    const [dropped, ...others] = await updates();
    const lanes = weightedMean({
      base: await base(),
      updates: others.map(({ commitment, lanes }) => ({ lanes, weight: commitment.weight })),
      serverRateQ16: view.rules.serverRateQ16,
    });
    const totalWeight = others.reduce((total, { commitment }) => total + BigInt(commitment.weight), 0n);
    const { slot, participant } = dropped!.commitment;
    return {
      proposed: { ...honest, ...(await publish(lanes)), excluded: 1n << BigInt(slot), totalWeight },
      told: `leaves out the update of ${participant}, whose bytes it has, and says so`,
    };
  });
