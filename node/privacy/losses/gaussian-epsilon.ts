import { logErfc } from "./special-functions.ts";

/**
 * The least epsilon at `delta` of Gaussian noise of this multiplier: delta(epsilon) = F(1 / (2 s) - epsilon s) -
 * e^epsilon F(-1 / (2 s) - epsilon s), F the normal distribution's (Balle and Wang 2018, arXiv 1805.06530, theorem 8).
 * Several uses together are one of 1 / s^2 = the sum of their 1 / s^2 (Dong, Roth and Su 2022, arXiv 1905.02383,
 * corollary 3.3). A bound from above: rounding errors are counted.
 *
 * @param noiseMultiplier s, standard deviation over the L2 sensitivity; Infinity costs nothing
 */
export function gaussianEpsilon(noiseMultiplier: number, delta: number): number {
  if (noiseMultiplier === Number.POSITIVE_INFINITY || deltaAt(noiseMultiplier, 0) <= delta) return 0;
  let high = 1;
  while (deltaAt(noiseMultiplier, high) > delta) high *= 2;
  let low = 0;
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2;
    if (deltaAt(noiseMultiplier, middle) > delta) low = middle;
    else high = middle;
  }
  return high;
}

function deltaAt(noiseMultiplier: number, epsilon: number): number {
  const middle = epsilon * noiseMultiplier;
  const half = 1 / (2 * noiseMultiplier);
  const more = Math.exp(logErfc((middle - half) / Math.SQRT2)) / 2;
  const less = Math.exp(epsilon + logErfc((middle + half) / Math.SQRT2)) / 2;
  return more - less + 1e-11 * more;
}
