import { type Aggregation, ruleByName, trimOf } from "../../../aggregation/index.ts";
import { chunkLanes } from "../../../core/bytes/chunk-tree.ts";
import type { TaskRules } from "../../../core/records.ts";
import type { RoundSum } from "./round-sum.ts";

/**
 * Of updates that everybody sees: whatever the task's rule makes of them. Throws UNSUPPORTED_RULE.
 */
export function createPlainSum(rules: TaskRules): RoundSum {
  const rule = ruleByName(rules.rule);
  // a proof of one chunk needs no room for all
  let aggregation: Aggregation | undefined;
  let added = 0;
  return {
    add(lanes, weight) {
      aggregation ??= rule.create(rules);
      aggregation.add(lanes, weight);
      added++;
    },
    async finish(base) {
      const isEnough = added > 2 * (trimOf(rules, added) ?? 0);
      const lanes = base && isEnough ? aggregation?.finish(base) : undefined;
      return { ...(lanes && { lanes }), cutLanes: 0, isAttestable: true };
    },
    rightChunk(_, base, updates) {
      if (!rule.chunkLocal) return undefined;
      const chunk = rule.create({ ...rules, parameterCount: chunkLanes });
      for (const { lanes, weight } of updates) chunk.add(lanes, weight);
      return chunk.finish(base);
    },
  };
}
