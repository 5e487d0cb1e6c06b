import { FedledgerError } from "../core/errors/error.ts";
import type { Rule } from "../core/records.ts";
import { coordinateMedianRule } from "./coordinate-median.ts";
import type { AggregationRule } from "./rule.ts";
import { trimmedMeanRule } from "./trimmed-mean.ts";
import { weightedMeanRule } from "./weighted-mean.ts";

export { coordinateMedian, medianTrim } from "./coordinate-median.ts";
export { meanOfSum } from "./mean-of-sum.ts";
export type { Aggregation, AggregationRule } from "./rule.ts";
export { trimBounds, trimOf } from "./trim-bounds.ts";
export { trimmedMean } from "./trimmed-mean.ts";
export { createWeightedMean, type WeightedUpdate, weightedMean } from "./weighted-mean.ts";

const rules: readonly AggregationRule[] = [weightedMeanRule, coordinateMedianRule, trimmedMeanRule];

/** The rule of a task. Throws UNSUPPORTED_RULE for one this version does not compute. */
export function ruleByName(name: Rule): AggregationRule {
  const rule = rules.find((candidate) => candidate.name === name);
  if (rule === undefined) throw new FedledgerError("UNSUPPORTED_RULE", { name });
  return rule;
}
