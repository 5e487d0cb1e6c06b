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

/** The rules that make a task masked, over those of a transparent one; the clip is small enough for sums of int32. */
export const maskedRules = {
  mode: "masked",
  clipLanes: 100_000,
  maxWeight: 100,
  minUpdates: 3,
  maxUpdates: 64,
  thresholdPercent: 67,
  keyWindowS: 20,
} as const satisfies Partial<TaskRules>;

/** The rules that make a task encrypted, over those of a transparent one. */
export const encryptedRules = {
  mode: "encrypted",
  clipLanes: 50_000,
  maxWeight: 100,
  minUpdates: 3,
  maxUpdates: 64,
  keyWindowS: 20,
} as const satisfies Partial<TaskRules>;
