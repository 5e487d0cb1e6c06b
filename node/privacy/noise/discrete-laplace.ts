import { FedledgerError } from "../../core/errors/error.ts";
import { drawChance, exponentialFixed } from "./exact-chance.ts";
import type { RandomWords } from "./random-words.ts";

const perStep = Math.exp(-1);
const perStepFixed = (bits: number): bigint => exponentialFixed(-1n, 1n, bits);

/**
 * A sampler of the discrete Laplace distribution: P(x) proportional to `e^(-|x| / scaleLanes)` on the integers,
 * exactly.
 *
 * Canonne, Kamath and Steinke 2020 (arXiv 2004.00010), algorithm 2. Its standard deviation is about sqrt(2) *
 * scaleLanes.
 *
 * @param scaleLanes an integer from 1 to 2^40
 * Throws INVALID_ARGUMENT.
 */
export function createDiscreteLaplace(scaleLanes: number, words: RandomWords): () => number {
  if (!Number.isInteger(scaleLanes) || scaleLanes < 1 || scaleLanes > 2 ** 40) {
    throw new FedledgerError("INVALID_ARGUMENT", {
      name: "scaleLanes",
      value: scaleLanes,
      expected: "an integer from 1 to 2^40",
    });
  }
  return () => {
    for (;;) {
      const part = words.below(scaleLanes);
      const fixed = (bits: number): bigint => exponentialFixed(-BigInt(part), BigInt(scaleLanes), bits);
      if (!drawChance(words, Math.exp(-part / scaleLanes), fixed)) continue;
      let steps = 0;
      while (drawChance(words, perStep, perStepFixed)) steps++;
      const magnitude = part + scaleLanes * steps;
      const negative = words.bit();
      // zero has one sign only
      if (magnitude === 0 && negative) continue;
      return negative ? -magnitude : magnitude;
    }
  };
}
