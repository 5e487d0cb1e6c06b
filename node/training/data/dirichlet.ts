import type { SeededRandom } from "./seeded-random.ts";

/**
 * One draw from the symmetric Dirichlet distribution: `parts` shares, at least 0, with the sum 1. Independent
 * Gamma(alpha) variables over their sum. Repeatable on one JavaScript engine (Math.log, Math.exp).
 *
 * @param alpha above 0
 */
export function drawDirichlet(parts: number, alpha: number, random: SeededRandom): number[] {
  const logs = Array.from({ length: parts }, () => logGamma(alpha, random));
  const top = Math.max(...logs);
  const weights = logs.map((log) => Math.exp(log - top));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}

/**
 * The logarithm of a Gamma(shape, 1) variable: Marsaglia and Tsang 2000, "A simple method for generating gamma
 * variables"; below shape 1 by their section 6, Gamma(shape + 1) · U^(1/shape). In logarithms, since a small shape
 * underflows.
 */
function logGamma(shape: number, random: SeededRandom): number {
  if (shape < 1) return logGamma(shape + 1, random) + Math.log(1 - random.uniform()) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    const u = 1 - random.uniform();
    if (Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) return Math.log(d * v);
  }
}
