import { encodeUpdate } from "../../core/bytes/fixed-point.ts";
import type { TaskRules } from "../../core/records.ts";
import { hasClipLane, modelPart } from "../../core/task/task-lanes.ts";
import type { TaskSpec } from "../../core/task/task-spec.ts";
import type { Random } from "../../ports/system.ts";
import type { TrainResult } from "../../ports/trainer.ts";
import { noisePlan, privateUpdate } from "../../privacy/noise/index.ts";

/** An update as it may leave the machine: clipped and noised where the task says so, not masked yet. */
export interface EncodedRound {
  /** `rules.parameterCount` lanes. */
  readonly lanes: Int32Array;
  readonly weight: number;
  /**
   * Lanes cut to the task's clip; with noise on whole updates 1 where the update was longer than the clip norm, else 0.
   */
  readonly clipped: number;
}

/**
 * What training brought, as lanes with a weight. With `spec.privacy` of unit participant: clipped by its norm, noised
 * (this participant's share of it where only sums are seen), weight 1. Else each lane is cut, and the weight is the
 * number of examples.
 *
 * @param base all lanes of the round's base model
 * Rejects with NON_FINITE_PARAMETER, LENGTH_MISMATCH, or the signal's reason. A second call draws a second noise.
 */
export async function encodeRound(
  { parameters, samples }: Pick<TrainResult, "parameters" | "samples">,
  base: Int32Array,
  {
    spec,
    rules,
    random,
    signal,
  }: {
    readonly spec: TaskSpec;
    readonly rules: TaskRules;
    readonly random: Random;
    readonly signal?: AbortSignal;
  },
): Promise<EncodedRound> {
  const { privacy } = spec;
  const model = modelPart(base, spec);
  if (privacy?.unit !== "participant") {
    const weight = Math.max(1, Math.min(samples, rules.maxWeight));
    return { ...encodeUpdate(parameters, model, rules), weight };
  }
  const plan = noisePlan(privacy, rules, hasClipLane(spec) ? base.at(-1) : 0);
  const { fractionBits, clipLanes } = rules;
  const { lanes, clipped } = await privateUpdate(parameters, model, {
    plan,
    fractionBits,
    clipLanes,
    random,
    ...(signal && { signal }),
  });
  return { lanes, weight: 1, clipped: clipped ? 1 : 0 };
}
