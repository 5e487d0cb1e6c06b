import type { TaskRules } from "../../node/core/records.ts";
import { leastBondWei } from "../../node/core/task/least-bond.ts";
import { modelLayout } from "../../node/core/task/model-layout.ts";
import { parseTaskSpec, type TaskSpec } from "../../node/core/task/task-spec.ts";
import { taskPreset } from "../../node/training/index.ts";
import { maskedRules, plainRules } from "../support/states/plain-rules.ts";
import type { Attack } from "./attack.ts";

/** What all runs train: handwritten digits, on a model of 76 chunks. */
export const attackPreset = taskPreset("digits");

const { fractionBits, clipLanes, maxWeight, serverRateQ16 } = attackPreset.rules;

/** The rules of all runs, where an attack has no others. Nobody waits for a window: the runner moves the clock. */
const usual: TaskRules = {
  ...plainRules,
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
  attestationQuorum: 3,
  commitWindowS: 120,
  aggregateWindowS: 120,
  attestWindowS: 120,
  challengeWindowS: 3600,
};

const masked = { ...maskedRules, maxUpdates: 5, thresholdPercent: 60, keyWindowS: 60 } as const;

/** The rules of a run: bonds are the least that the contract takes. */
export function rulesOf(attack: Pick<Attack, "mode" | "endpoint" | "rules"> | undefined): TaskRules {
  const rules = {
    ...usual,
    ...(attack?.mode === "masked" && masked),
    ...(attack?.endpoint !== undefined && { rounds: 1 }),
    ...attack?.rules,
  };
  const bondGwei = Number(leastBondWei(rules) / 10n ** 9n) + 1;
  return { ...rules, aggregatorBondGwei: bondGwei, participantBondGwei: bondGwei };
}

/** The specification of a run: its seed fixes the initial model; the first round waits for all participants. */
export function specOf(seed: number, participants: number): TaskSpec {
  const start = { participants, latestS: 2 ** 33 };
  return parseTaskSpec({ ...attackPreset.spec, initialSeed: seed, start });
}
