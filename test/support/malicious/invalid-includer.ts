import { weightedMean } from "../../../node/aggregation/index.ts";
import { forgeProposals } from "./forge-proposals.ts";
import type { CorruptAggregator } from "./lie.ts";

/** Counts an update that breaks the clip, where an honest aggregator leaves it out: the mean itself is right. */
export const includeInvalid: CorruptAggregator = (deps, lying) =>
  forgeProposals(deps, lying, async ({ honest, round, view, base, updates, publish }) => {
    if (honest.excluded === 0n) return undefined;
    const lanes = weightedMean({
      base: await base(),
      updates: (await updates()).map(({ commitment, lanes }) => ({ lanes, weight: commitment.weight })),
      serverRateQ16: view.rules.serverRateQ16,
    });
    return {
      proposed: { ...honest, ...(await publish(lanes)), excluded: 0n, totalWeight: round.totalWeight },
      told: "counts the update that breaks the clip, and proposes the mean of all",
    };
  });
