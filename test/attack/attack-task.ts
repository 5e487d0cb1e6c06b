import { modelLayout } from "../../node/core/model-layout.ts";
import type { TaskRules } from "../../node/core/records.ts";
import { parseTaskSpec, type TaskSpec } from "../../node/core/task-spec.ts";
import { taskPreset } from "../../node/training/index.ts";

/** What all runs train: handwritten digits, on a model of 76 chunks. */
export const attackPreset = taskPreset("digits");

const { fractionBits, clipLanes, maxWeight, serverRateQ16 } = attackPreset.rules;

/** The rules of all runs. Nobody waits for a window unless somebody lies, so that they need not be short. */
export const attackRules: TaskRules = {
  mode: "transparent",
  rule: "weighted-mean",
  fractionBits,
  clipLanes,
  maxWeight,
  serverRateQ16,
  parameterCount: modelLayout(attackPreset.spec.model).parameterCount,
  attempts: 3,
  rounds: 3,
  minUpdates: 3,
  maxUpdates: 8,
  participationBps: 10_000,
  attestationQuorum: 3,
  roundsPerParticipant: 0,
  commitWindowS: 120,
  aggregateWindowS: 120,
  challengeWindowS: 120,
};

/** The specification of a run: its seed fixes the initial model. */
export function specOf(seed: number): TaskSpec {
  return parseTaskSpec({ ...attackPreset.spec, initialSeed: seed });
}
