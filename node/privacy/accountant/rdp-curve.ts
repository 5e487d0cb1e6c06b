import { itemAt } from "../../core/bytes/items.ts";
/** Orders at which Rényi differential privacy is reckoned: those that Google's dp-accounting takes by default. */
export const rdpOrders: readonly number[] = [
  ...Array.from({ length: 99 }, (_, i) => 1 + (i + 1) / 10),
  ...Array.from({ length: 53 }, (_, i) => 11 + i),
  128,
  256,
  512,
  1024,
];

/**
 * Rényi divergence of a mechanism at each of {@link rdpOrders}, natural units (Mironov 2017, arXiv 1702.07476): an
 * upper bound over all pairs of neighbours. Infinity where there is no bound.
 */
export type RdpCurve = readonly number[];

/** The curve of a bound that is a function of the order. */
export function rdpCurve(bound: (order: number) => number): RdpCurve {
  return rdpOrders.map(bound);
}

/** The curve of mechanisms one after another on the same data: the sum (Mironov 2017, proposition 1). */
export function composeRdp(...curves: readonly RdpCurve[]): RdpCurve {
  return rdpOrders.map((_, i) => curves.reduce((sum, curve) => sum + itemAt(curve, i), 0));
}

/** The curve of the same mechanism `times` times, 0 or more. */
export function repeatRdp(curve: RdpCurve, times: number): RdpCurve {
  return curve.map((value) => (times === 0 ? 0 : value * times));
}
