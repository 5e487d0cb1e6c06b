import { logAdd } from "../losses/special-functions.ts";
import { type RdpCurve, rdpCurve } from "./rdp-curve.ts";

/**
 * RDP of Laplace noise (Mironov 2017, proposition 6), never above the pure bound `1 / noiseMultiplier`.
 *
 * @param noiseMultiplier *scale* of the noise (its standard deviation is sqrt(2) times that) over the L1 sensitivity,
 * above 0
 */
export function laplaceRdp(noiseMultiplier: number): RdpCurve {
  const pure = 1 / noiseMultiplier;
  return rdpCurve((order) => {
    const log = logAdd(
      Math.log(order / (2 * order - 1)) + (order - 1) * pure,
      Math.log((order - 1) / (2 * order - 1)) - order * pure,
    );
    return Math.max(0, log / (order - 1));
  });
}

/**
 * RDP of discrete Laplace noise on integer vectors, exactly: the divergence of one lane moved by all of the
 * sensitivity, summed over the three parts of the line where the densities are geometric. Its logarithm is convex in
 * the move and 0 at 0, so moves spread over many lanes diverge no more. Never above the pure bound sensitivity / scale
 * (Ghosh, Roughgarden and Sundararajan 2012).
 *
 * @param options.clipNormLanes L1 sensitivity in lanes, an integer
 * @param options.scaleLanes scale of the noise in lanes
 */
export function discreteLaplaceRdp(options: { readonly clipNormLanes: number; readonly scaleLanes: number }): RdpCurve {
  const { clipNormLanes: move, scaleLanes } = options;
  const step = 1 / scaleLanes;
  const logNormal = Math.log(-Math.expm1(-step)) - Math.log1p(Math.exp(-step));
  const logTail = -Math.log(-Math.expm1(-step));
  return rdpCurve((order) => {
    const slope = (2 * order - 1) * step;
    const before = (order - 1) * move * step + logTail;
    const behind = -order * move * step + logTail;
    // r^(2a-1) + ... + r^((2a-1)(move-1)): nothing where the move is one lane
    const between =
      move < 2
        ? Number.NEGATIVE_INFINITY
        : (order - 1) * move * step -
          slope +
          Math.log(-Math.expm1(-slope * (move - 1))) -
          Math.log(-Math.expm1(-slope));
    return Math.max(0, (logNormal + logAdd(logAdd(before, behind), between)) / (order - 1));
  });
}
