import { FedledgerError } from "../../core/errors/error.ts";
import { createPoisson } from "./poisson.ts";
import type { RandomWords } from "./random-words.ts";

/**
 * A sampler of the symmetric Skellam distribution, the difference of two Poisson variables, exactly. The sum of n of
 * them has the same distribution with n times the variance, so shares of noise add up without a correction.
 *
 * Agarwal, Kairouz and Liu 2021 (arXiv 2110.04995).
 *
 * @param noiseStdLanes standard deviation in lanes (not its square), above 0, at most 2^25; the variance is rounded up
 * to an even integer Throws INVALID_ARGUMENT.
 */
export function createSkellam(noiseStdLanes: number, words: RandomWords): () => number {
  if (!(noiseStdLanes > 0 && noiseStdLanes <= 2 ** 25)) {
    throw new FedledgerError("INVALID_ARGUMENT", {
      name: "noiseStdLanes",
      value: noiseStdLanes,
      expected: "above 0, at most 2^25",
    });
  }
  const poisson = createPoisson(Math.max(1, Math.ceil((noiseStdLanes * noiseStdLanes) / 2)), words);
  return () => poisson() - poisson();
}
