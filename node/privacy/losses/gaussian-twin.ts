/** Discrete Gaussian noise that is the sum of shares. */
export interface NoiseShares {
  /** L2 sensitivity in lanes. */
  readonly clipNormLanes: number;
  /** Standard deviation of one share in lanes (not its square). */
  readonly shareStdLanes: number;
  /** How many shares are in the sum, at least 1. */
  readonly shares: number;
  /** Length of the vector. */
  readonly dimension: number;
}

/** A continuous Gaussian that costs at least what discrete noise costs. */
export interface GaussianTwin {
  readonly noiseMultiplier: number;
  /** Log of how far probabilities may be apart. */
  readonly apart: number;
}

/** Variance, in squared lanes, of the rounding that makes integers of the continuous twin. */
const roundingVariance = 2.5;

/**
 * The continuous Gaussian of which a sum of discrete ones is a function, but for a factor of e^±apart.
 *
 * A discrete Gaussian of variance s^2 around an integer point is what remains of a continuous one of variance s^2 - 2.5
 * when each lane x is rounded to y with probability in proportion to e^(-(y - x)^2 / 5): the two exponents are that of
 * s^2 (Peikert 2010, theorem 3.1). What they are divided by is, by Poisson's summation, within 1 ± 2 e^(-5 pi^2) for
 * every x. The rounding knows nothing of the data, so it costs nothing.
 *
 * The sum of n discrete Gaussians is, lane by lane, within e^±tau of the discrete Gaussian of n s^2 (Kairouz, Liu and
 * Steinke 2021, arXiv 2102.06387, theorem 1). Undefined where the noise is below three lanes.
 */
export function gaussianTwin({
  clipNormLanes,
  shareStdLanes,
  shares,
  dimension,
}: NoiseShares): GaussianTwin | undefined {
  const variance = shares * shareStdLanes ** 2;
  if (variance < 9) return undefined;
  const wave = 4 * Math.exp(-2 * Math.PI ** 2 * roundingVariance);
  let tau = 0;
  for (let k = 1; k < shares; k++) tau += 10 * Math.exp((-2 * Math.PI ** 2 * shareStdLanes ** 2 * k) / (k + 1));
  const noiseMultiplier = Math.sqrt(variance - roundingVariance) / clipNormLanes;
  return { noiseMultiplier, apart: dimension * (2 * wave + tau) };
}
