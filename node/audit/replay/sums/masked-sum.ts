import type { TaskRules } from "../../../core/records.ts";
import { createMaskedMean, type MaskedMean, maskedChunk } from "../../../privacy/masking/index.ts";
import type { OpenedRound } from "../masked-round.ts";
import type { RoundSum } from "./round-sum.ts";

/**
 * Of masked updates, whose masks the openings take off the sum. What is beyond the clip is cut, as the contract cuts
 * it, so that the proposal is right all the same. `add` and `finish` throw as {@link createMaskedMean} does.
 */
export function createMaskedSum(rules: TaskRules, { closed, openings }: OpenedRound): RoundSum {
  const options = { ...rules, round: closed, openings };
  // a proof of one chunk needs no room for all
  let mean: MaskedMean | undefined;
  const begun = (): MaskedMean => {
    mean ??= createMaskedMean(options);
    return mean;
  };
  return {
    add: (lanes, weight) => begun().add(lanes, weight),
    async finish(base, signal) {
      const lanes = base && (await begun().finishInSteps(base, signal));
      return { ...(lanes && { lanes }), cutLanes: lanes ? begun().cutLanes : 0, isAttestable: true };
    },
    rightChunk(index, base, updates) {
      if (updates.length !== closed.surviving.length) return undefined;
      return maskedChunk(index, { base, updates }, options);
    },
  };
}
