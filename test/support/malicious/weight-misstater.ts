import { weightedMean } from "../../../node/aggregation/index.ts";
import { isFedledgerError } from "../../../node/core/errors/error.ts";
import { includedBy } from "../../../node/rounds/steps/round-queries.ts";
import { type Forgery, forgeProposals } from "./forge-proposals.ts";
import type { CorruptAggregator } from "./lie.ts";

/**
 * Misstates the total weight. With all updates in, the contract itself compares the sum; so it tries that first, and
 * when it is refused it leaves one update out, where the contract only asks for less than the whole.
 */
export const misstateWeight: CorruptAggregator = (deps, lying) =>
  forgeProposals(deps, lying, async (forgery) => {
    const { honest, round, view, base, updates, publish, propose } = forgery;
    const refusal = await refusedTotal(propose, { ...honest, totalWeight: honest.totalWeight + 1n });
    const excluded = 1n << BigInt(round.commitments[0]!.slot);
    const included = new Set(includedBy(round, excluded).map(({ slot }) => slot));
    const counted = (await updates()).filter(({ commitment }) => included.has(commitment.slot));
    const lanes = weightedMean({
      base: await base(),
      updates: counted.map(({ commitment, lanes }) => ({ lanes, weight: commitment.weight })),
      serverRateQ16: view.rules.serverRateQ16,
    });
    const sum = counted.reduce((total, { commitment }) => total + BigInt(commitment.weight), 0n);
    return {
      proposed: { ...honest, ...(await publish(lanes)), excluded, totalWeight: sum - 1n },
      told: `states a total weight of ${honest.totalWeight + 1n} (the contract refuses it: ${refusal}), then leaves one update out and states ${sum - 1n} where the others weigh ${sum}`,
    };
  });

/** The contract's error for a proposal that it must not take. */
async function refusedTotal(propose: Forgery["propose"], wrong: Forgery["honest"]): Promise<string> {
  try {
    await propose(wrong);
  } catch (error) {
    if (isFedledgerError(error, "TRANSACTION_REVERTED")) return String(error.data.error);
    throw error;
  }
  return "it was taken";
}
