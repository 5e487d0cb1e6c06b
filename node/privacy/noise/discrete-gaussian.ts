import { FedledgerError } from "../../core/errors/error.ts";
import { createDiscreteLaplace } from "./discrete-laplace.ts";
import { drawChance, exponentialFixed } from "./exact-chance.ts";
import type { RandomWords } from "./random-words.ts";

/**
 * A sampler of the discrete Gaussian: P(x) proportional to `e^(-x^2 / (2 * sigma^2))` on the integers, exactly.
 *
 * Canonne, Kamath and Steinke 2020 (arXiv 2004.00010), algorithm 3: a discrete Laplace draw, accepted with the right
 * probability. Its standard deviation is sigma but for a part that vanishes from sigma = 1 on, and never above it;
 * sigma^2 is `noiseStdLanes^2`, rounded up to an integer, so that there is never less noise than asked for.
 *
 * @param noiseStdLanes standard deviation in lanes (not its square), above 0, at most 2^40
 * Throws INVALID_ARGUMENT.
 */
export function createDiscreteGaussian(noiseStdLanes: number, words: RandomWords): () => number {
  if (!(noiseStdLanes > 0 && noiseStdLanes <= 2 ** 40)) {
    throw new FedledgerError("INVALID_ARGUMENT", {
      name: "noiseStdLanes",
      value: noiseStdLanes,
      expected: "above 0, at most 2^40",
    });
  }
  // Doubles above 2^53 are integers: this one is exact, whatever the rounding of the square was.
  const varianceLanes = Math.ceil(noiseStdLanes * noiseStdLanes);
  const scale = Math.floor(Math.sqrt(varianceLanes)) + 1;
  const laplace = createDiscreteLaplace(scale, words);
  const centre = varianceLanes / scale;
  return () => {
    for (;;) {
      const candidate = laplace();
      const distance = Math.abs(candidate) - centre;
      const fixed = (bits: number): bigint => {
        const exact = BigInt(Math.abs(candidate)) * BigInt(scale) - BigInt(varianceLanes);
        return exponentialFixed(-exact * exact, 2n * BigInt(varianceLanes) * BigInt(scale) ** 2n, bits);
      };
      if (drawChance(words, Math.exp((-distance * distance) / (2 * varianceLanes)), fixed)) return candidate;
    }
  };
}
