import type { TaskRules } from "../../node/core/records.ts";

/** The rules that a plain task leaves at nothing: no trimming, no masks, no availability, no pipeline, no bonds. */
export const plainRules = {
  trim: 0,
  thresholdPercent: 0,
  holders: 0,
  pipelined: false,
  aggregatorBondGwei: 0,
  participantBondGwei: 0,
  neighbours: 0,
  keyWindowS: 0,
} as const satisfies Partial<TaskRules>;
