import { checkLength, checkRate, checkWeight } from "./check-arguments.ts";
import type { Aggregation, AggregationOptions } from "./rule.ts";

/**
 * An aggregation that needs every update at once: it holds them by reference, and `combine` makes the result of them.
 */
export function createHeldAggregation(
  { parameterCount, serverRateQ16 }: AggregationOptions,
  combine: (base: Int32Array, updates: readonly Int32Array[]) => Int32Array,
): Aggregation {
  checkRate(serverRateQ16);
  const updates: Int32Array[] = [];
  let totalWeight = 0n;
  return {
    get totalWeight() {
      return totalWeight;
    },
    add(lanes, weight) {
      checkLength("lanes", lanes, parameterCount);
      checkWeight(weight);
      updates.push(lanes);
      totalWeight += BigInt(weight);
    },
    finish(base) {
      checkLength("base", base, parameterCount);
      return combine(base, updates);
    },
  };
}
