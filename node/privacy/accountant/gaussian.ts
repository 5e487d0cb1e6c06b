import type { NoiseShares } from "../losses/gaussian-twin.ts";
import { type RdpCurve, rdpCurve } from "./rdp-curve.ts";

/**
 * RDP of Gaussian noise: `order / (2 * noiseMultiplier^2)` (Mironov 2017, proposition 7). The discrete Gaussian on the
 * integers has the same bound for integer inputs (Canonne, Kamath and Steinke 2020, theorem 14).
 *
 * @param noiseMultiplier standard deviation of the noise over the L2 sensitivity, above 0
 */
export function gaussianRdp(noiseMultiplier: number): RdpCurve {
  return rdpCurve((order) => order / (2 * noiseMultiplier ** 2));
}

/**
 * RDP of the sum of `shares` discrete Gaussians, which is no discrete Gaussian: with tau = 10 * the sum over k < n of
 * `exp(-2 * pi^2 * std^2 * k / (k + 1))` and s = sensitivity / (sqrt(n) * std), the lesser of `order / 2 * s^2 + tau *
 * d` and `order / 2 * (s + sqrt(d) * tau)^2` (Kairouz, Liu and Steinke 2021, arXiv 2102.06387, theorem 1). From a std
 * of 3 lanes on tau is below 1e-37: the noise of the tasks that the CLI makes is tens of thousands of lanes.
 */
export function distributedGaussianRdp({ clipNormLanes, shareStdLanes, shares, dimension }: NoiseShares): RdpCurve {
  let tau = 0;
  for (let k = 1; k < shares; k++) tau += 10 * Math.exp((-2 * Math.PI ** 2 * shareStdLanes ** 2 * k) / (k + 1));
  const scaled = clipNormLanes / (Math.sqrt(shares) * shareStdLanes);
  return rdpCurve((order) =>
    Math.min((order / 2) * scaled ** 2 + tau * dimension, (order / 2) * (scaled + Math.sqrt(dimension) * tau) ** 2),
  );
}
