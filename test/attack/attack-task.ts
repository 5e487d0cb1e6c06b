import { modelLayout } from "../../node/core/model-layout.ts";
import type { TaskRules } from "../../node/core/records.ts";
import { parseTaskSpec, type TaskSpec } from "../../node/core/task-spec.ts";
import { taskPreset } from "../../node/training/index.ts";

/** What all runs train: handwritten digits, on a model of 76 chunks. */
export const attackPreset = taskPreset("digits");

const { fractionBits, clipLanes, maxWeight, serverRateQ16 } = attackPreset.rules;

/** What aggregators and participants answer with, each: 1 ether. */
const bondGwei = 1_000_000_000;

/** The rules of all runs, where an attack has no others. Nobody waits for a window unless somebody lies, so that they need not be short. */
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
  minUpdates: 4,
  maxUpdates: 8,
  participationBps: 10_000,
  roundsPerParticipant: 0,
  trim: 0,
  thresholdPercent: 0,
  attestationQuorum: 3,
  holders: 2,
  pipelined: false,
  commitWindowS: 120,
  aggregateWindowS: 120,
  challengeWindowS: 120,
  aggregatorBondGwei: bondGwei,
  participantBondGwei: bondGwei,
  neighbours: 0,
  keyWindowS: 0,
};

/** The specification of a run: its seed fixes the initial model. */
export function specOf(seed: number): TaskSpec {
  return parseTaskSpec({ ...attackPreset.spec, initialSeed: seed });
}
