import { epsilonOf } from "./conversion.ts";
import { rdpOf } from "./mechanism.ts";
import { pldEpsilon, type Release } from "./pld.ts";
import { composeRdp, type RdpCurve, repeatRdp } from "./rdp-curve.ts";

/** What is released of the same data, whatever the order. */
export type PrivacyCost = readonly Release[];

/** An epsilon that holds, and who reckoned it. */
export interface EpsilonBound {
  readonly epsilon: number;
  /** Rényi differential privacy, or privacy loss distributions. */
  readonly accountant: "rdp" | "pld";
  /** What Rényi differential privacy alone says; Infinity where it says nothing. */
  readonly byRdp: number;
}

/** The cost of so many times the same. */
export function repeatCost(cost: PrivacyCost, times: number): PrivacyCost {
  return cost.map((release) => ({ ...release, times: release.times * times }));
}

/** The cost of all together; equal mechanisms are counted as one. */
export function addCosts(...costs: readonly PrivacyCost[]): PrivacyCost {
  const sums = new Map<string, Release>();
  for (const { mechanism, times } of costs.flat()) {
    const key = JSON.stringify(Object.entries(mechanism).sort(([a], [b]) => (a < b ? -1 : 1)));
    sums.set(key, { mechanism, times: (sums.get(key)?.times ?? 0) + times });
  }
  return [...sums.values()];
}

/** The Rényi divergence of all together (Mironov 2017, proposition 1). */
export function rdpOfCost(cost: PrivacyCost): RdpCurve {
  return composeRdp(...cost.map(({ mechanism, times }) => repeatRdp(rdpOf(mechanism), times)));
}

/**
 * The smaller of two epsilons that both hold: by Rényi differential privacy, and by privacy loss distributions, which
 * are 7 to 18 % below for the noise of tasks. Throws INVALID_ARGUMENT for a delta that is not above 0 and below 1.
 */
export function epsilonBound(cost: PrivacyCost, delta: number): EpsilonBound {
  const rdp = epsilonOf(rdpOfCost(cost), delta);
  const pld = pldEpsilon(cost, delta);
  return { epsilon: Math.min(pld, rdp), accountant: pld < rdp ? "pld" : "rdp", byRdp: rdp };
}
