import { itemAt } from "../../core/bytes/items.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import { type RdpCurve, rdpOrders } from "./rdp-curve.ts";

/**
 * The least epsilon for which the curve gives (epsilon, delta)-differential privacy: over the orders, the least of `rdp
 * + log(1 - 1/order) - log(delta * order) / (order - 1)` (Canonne, Kamath and Steinke 2020, arXiv 2004.00010,
 * proposition 12), and 0 where `delta >= sqrt(1 - e^-rdp)` (the KL divergence bounds the distance). Infinity when no
 * order gives a bound.
 *
 * @param delta above 0 and below 1
 * Throws INVALID_ARGUMENT.
 */
export function epsilonOf(curve: RdpCurve, delta: number): number {
  if (!(delta > 0 && delta < 1)) {
    throw new FedledgerError("INVALID_ARGUMENT", { name: "delta", value: delta, expected: "above 0 and below 1" });
  }
  let least = Number.POSITIVE_INFINITY;
  for (const [i, order] of rdpOrders.entries()) {
    const rdp = itemAt(curve, i);
    if (delta ** 2 + Math.expm1(-rdp) > 0) return 0;
    least = Math.min(least, boundAt(order, rdp, delta));
  }
  return Math.max(0, least);
}

function boundAt(order: number, rdp: number, delta: number): number {
  return rdp + Math.log1p(-1 / order) - Math.log(delta * order) / (order - 1);
}
