import type { TaskRules } from "../../../node/core/records.ts";

/** The rules that a plain task leaves at nothing: no trimming, no masks, no bonds, no draw, no statements. */
export const plainRules = {
  trim: 0,
  thresholdPercent: 0,
  aggregatorBondGwei: 0,
  participantBondGwei: 0,
  keyWindowS: 0,
  drawDelayBlocks: 0,
  statementRequired: false,
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

/** The rules that make a task draw a part of those enrolled. */
export const drawingRules = { participationBps: 6000, drawDelayBlocks: 4 } as const satisfies Partial<TaskRules>;
