import { type RdpCurve, rdpCurve } from "./rdp-curve.ts";

/** Skellam noise on an integer vector. */
export interface SkellamNoise {
  /** L2 sensitivity in lanes. */
  readonly clipNormLanes: number;
  /** Standard deviation of the whole noise in lanes (not its square): of all shares together. */
  readonly noiseStdLanes: number;
  /** Length of the vector. */
  readonly dimension: number;
}

/**
 * RDP of Skellam noise (Agarwal, Kairouz and Liu 2021, arXiv 2110.04995, corollary 4.1): with variance m and
 * sensitivities D2 and D1 = min(sqrt(d) * D2, D2^2) (integers), `order * D2^2 / (2m) + min(((2 * order - 1) * D2^2 + 6
 * * D1) / (4 * m^2), 3 * D1 / (2m))`. It is proven for integer orders; between two of them `(order - 1) * divergence`
 * is convex, so the chord bounds it.
 */
export function skellamRdp({ clipNormLanes, noiseStdLanes, dimension }: SkellamNoise): RdpCurve {
  const variance = noiseStdLanes ** 2;
  const l2 = clipNormLanes;
  const l1 = l2 * Math.min(Math.sqrt(dimension), l2);
  const atInteger = (order: number): number =>
    (order * l2 ** 2) / (2 * variance) +
    Math.min(((2 * order - 1) * l2 ** 2 + 6 * l1) / (4 * variance ** 2), (3 * l1) / (2 * variance));
  return rdpCurve((order) => {
    const below = Math.floor(order);
    if (below === order) return atInteger(order);
    const share = order - below;
    const low = below === 1 ? 0 : (below - 1) * atInteger(below);
    return ((1 - share) * low + share * below * atInteger(below + 1)) / (order - 1);
  });
}
