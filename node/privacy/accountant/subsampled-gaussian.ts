import { logAdd, logBinomial, logErfc } from "../losses/special-functions.ts";
import { gaussianRdp } from "./gaussian.ts";
import { type RdpCurve, rdpCurve } from "./rdp-curve.ts";

const mostTerms = 1000;

/**
 * RDP of Gaussian noise on a Poisson sample: every example is in it with probability `samplingRate`, independently.
 *
 * Mironov, Talwar and Zhang 2019 (arXiv 1908.10530), section 3.3; the series for fractional orders sums magnitudes, as
 * dp-accounting's does.
 *
 * @param samplingRate from 0 to 1
 * @param noiseMultiplier standard deviation of the noise over the L2 sensitivity, above 0
 */
export function subsampledGaussianRdp(samplingRate: number, noiseMultiplier: number): RdpCurve {
  if (samplingRate === 0) return rdpCurve(() => 0);
  if (samplingRate === 1) return gaussianRdp(noiseMultiplier);
  return rdpCurve((order) => {
    const log = Number.isInteger(order) ? integerOrder : fractionalOrder;
    return Math.max(0, log(samplingRate, noiseMultiplier, order) / (order - 1));
  });
}

function integerOrder(q: number, sigma: number, order: number): number {
  let sum = Number.NEGATIVE_INFINITY;
  for (let i = 0; i <= order; i++) {
    const weight = logBinomial(order, i) + i * Math.log(q) + (order - i) * Math.log1p(-q);
    sum = logAdd(sum, weight + (i * i - i) / (2 * sigma ** 2));
  }
  return sum;
}

function fractionalOrder(q: number, sigma: number, order: number): number {
  const middle = sigma ** 2 * Math.log(1 / q - 1) + 0.5;
  const width = Math.SQRT2 * sigma;
  let total = Number.NEGATIVE_INFINITY;
  let lastBelow = Number.NEGATIVE_INFINITY;
  let lastAbove = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < mostTerms; i++) {
    const j = order - i;
    const binomial = logBinomial(order, i);
    const half = -Math.LN2;
    const below =
      binomial +
      i * Math.log(q) +
      j * Math.log1p(-q) +
      (i * i - i) / (2 * sigma ** 2) +
      half +
      logErfc((i - middle) / width);
    const above =
      binomial +
      j * Math.log(q) +
      i * Math.log1p(-q) +
      (j * j - j) / (2 * sigma ** 2) +
      half +
      logErfc((middle - j) / width);
    total = logAdd(total, logAdd(below, above));
    if (below < lastBelow && above < lastAbove && Math.max(below, above) < total - 30) return total;
    lastBelow = below;
    lastAbove = above;
  }
  // The series did not settle: this order says nothing.
  return Number.POSITIVE_INFINITY;
}
