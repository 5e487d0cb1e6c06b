import { FedledgerError } from "../core/error.ts";
import type { Rule } from "../core/records.ts";
import type { AggregationRule } from "./rule.ts";
import { weightedMeanRule } from "./weighted-mean.ts";

export type { Aggregation, AggregationOptions, AggregationRule } from "./rule.ts";
export { createWeightedMean, type WeightedUpdate, weightedMean } from "./weighted-mean.ts";

const rules: readonly AggregationRule[] = [weightedMeanRule];

/** The rule of a task. Throws UNSUPPORTED_RULE for one this version does not compute. */
export function ruleByName(name: Rule): AggregationRule {
  const rule = rules.find((candidate) => candidate.name === name);
  if (rule === undefined) throw new FedledgerError("UNSUPPORTED_RULE", { name });
  return rule;
}
