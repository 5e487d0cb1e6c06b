import { itemAt } from "../../core/bytes/items.ts";
import type { Random } from "../../ports/system.ts";
import { inSteps, longestStep } from "../in-steps.ts";
import { clipUpdate } from "./clip-update.ts";
import { createDiscreteGaussian } from "./discrete-gaussian.ts";
import { createDiscreteLaplace } from "./discrete-laplace.ts";
import type { NoisePlan } from "./noise-plan.ts";
import { createRandomWords, type RandomWords } from "./random-words.ts";
import { createSkellam } from "./skellam.ts";

/** A noised update. */
export interface PrivateUpdate {
  /** One for each parameter, and one more for the word on an adaptive clip. */
  readonly lanes: Int32Array;
  /** Whether the update was longer than the clip norm: for the participant's own eyes. */
  readonly clipped: boolean;
}

/** Lanes that are noised without a pause: 10 to 25 ms. */
const lanesAtOnce = 1 << 14;

/**
 * The change from the global model to the local one, clipped and with this participant's noise, drawn exactly from a
 * CSPRNG. A second call draws a second noise: two such updates of one round are two releases.
 *
 * The word on an adaptive clip is `(within ? 1 : 0) - quantile`, with noise of its own (Andrew, Thakkar, McMahan and
 * Ramaswamy 2021, arXiv 1905.03871; they take one half for the quantile here, which needs the number of rounds to be
 * undone). Lanes are cut to ±clipLanes at last: a function of what was noised already where each update carries the
 * whole noise, and where noise is shared so improbable (`clipLanesFor`) that delta need not count it.
 *
 * @param local trained parameters, float32
 * @param base lanes of the model's parameters that training started from, same length Rejects with LENGTH_MISMATCH,
 * INVALID_ARGUMENT, NON_FINITE_PARAMETER, or the signal's reason. Lets the event loop run between blocks.
 */
export async function privateUpdate(
  local: Float32Array,
  base: Int32Array,
  options: {
    readonly plan: NoisePlan;
    readonly fractionBits: number;
    readonly clipLanes: number;
    readonly random: Random;
    readonly signal?: AbortSignal;
  },
): Promise<PrivateUpdate> {
  const { plan, fractionBits, clipLanes } = options;
  const { indicator } = plan;
  const clipped = clipUpdate(local, base, { fractionBits, clipNormLanes: plan.clipNormLanes, norm: plan.norm });
  const words = createRandomWords(options.random);
  const lanes = new Int32Array(local.length + (indicator ? 1 : 0));
  const cut = (lane: number): number => Math.max(-clipLanes, Math.min(clipLanes, lane));
  const draw = sampler(plan.mechanism, plan.noiseLanes, words);
  function* noiseBlocks(): Generator<number> {
    for (let from = 0; from < local.length; from += lanesAtOnce) {
      if (from > 0) yield longestStep;
      const to = Math.min(local.length, from + lanesAtOnce);
      for (let i = from; i < to; i++) lanes[i] = cut(itemAt(clipped.lanes, i) + draw());
    }
  }
  await inSteps(noiseBlocks(), options.signal);
  if (indicator) {
    const word = Math.round(((clipped.within ? 1 : 0) - indicator.quantile) * indicator.unitLanes);
    lanes[local.length] = cut(word + sampler(plan.mechanism, indicator.noiseLanes, words)());
  }
  return { lanes, clipped: !clipped.within };
}

function sampler(mechanism: NoisePlan["mechanism"], noiseLanes: number, words: RandomWords): () => number {
  switch (mechanism) {
    case "discrete-gaussian":
      return createDiscreteGaussian(noiseLanes, words);
    case "discrete-laplace":
      return createDiscreteLaplace(noiseLanes, words);
    case "skellam":
      return createSkellam(noiseLanes, words);
  }
}
