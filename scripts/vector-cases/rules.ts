import type { TaskRules } from "../../node/core/records.ts";
import { rulesFault } from "../../node/core/task/rules-validity.ts";

/** Rules of a transparent task with everything that a rule may be. */
export const transparentRules: TaskRules = {
  mode: "transparent",
  rule: "weighted-mean",
  fractionBits: 16,
  attempts: 3,
  parameterCount: 199_210,
  clipLanes: 65_536,
  maxWeight: 1_000,
  serverRateQ16: 65_536,
  rounds: 10,
  minUpdates: 3,
  maxUpdates: 5,
  participationBps: 10_000,
  roundsPerParticipant: 0,
  trim: 0,
  thresholdPercent: 0,
  attestationQuorum: 2,
  commitWindowS: 60,
  aggregateWindowS: 30,
  attestWindowS: 45,
  challengeWindowS: 3_600,
  keyWindowS: 0,
  aggregatorBondGwei: 0,
  participantBondGwei: 0,
  drawDelayBlocks: 0,
  statementRequired: false,
};

/** The same, masked. */
export const maskedRules: TaskRules = {
  ...transparentRules,
  mode: "masked",
  clipLanes: 65_536,
  maxWeight: 100,
  thresholdPercent: 67,
  keyWindowS: 20,
};

const encryptedRules: TaskRules = { ...maskedRules, mode: "encrypted", thresholdPercent: 0, minUpdates: 2 };
const ether = 10 ** 9;
const bonded = { aggregatorBondGwei: 1_000 * ether, participantBondGwei: 1_000 * ether };

/** Each rule at its least and greatest, and one step beyond. */
export function rulesCases(): unknown[] {
  const cases: readonly (readonly [of: TaskRules, changes: Partial<TaskRules>])[] = [
    [transparentRules, {}],
    [maskedRules, {}],
    [encryptedRules, {}],
    [maskedRules, { rule: "coordinate-median" }],
    [encryptedRules, { rule: "trimmed-mean", trim: 1, minUpdates: 3 }],
    [transparentRules, { rule: "coordinate-median" }],
    ...[1, 30, 0, 31].map((fractionBits) => [transparentRules, { fractionBits }] as const),
    ...[1, 16, 0, 17].map((attempts) => [transparentRules, { attempts }] as const),
    ...[1, 2 ** 30, 0, 2 ** 30 + 1].map((parameterCount) => [transparentRules, { parameterCount }] as const),
    ...[1, 0, 2 ** 31].map((clipLanes) => [transparentRules, { clipLanes, maxWeight: 1 }] as const),
    [transparentRules, { clipLanes: 2 ** 31 - 1, maxWeight: 1 }],
    [transparentRules, { maxWeight: 0 }],
    ...[1, 2 ** 20, 0, 2 ** 20 + 1].map((serverRateQ16) => [transparentRules, { serverRateQ16 }] as const),
    ...[1, 65_535, 0].map((rounds) => [transparentRules, { rounds }] as const),
    ...[1, 5, 0, 6].map((minUpdates) => [transparentRules, { minUpdates, attestationQuorum: 1 }] as const),
    [maskedRules, { minUpdates: 2, attestationQuorum: 1 }],
    [encryptedRules, { minUpdates: 1, attestationQuorum: 1 }],
    ...[64, 65].map((maxUpdates) => [transparentRules, { maxUpdates }] as const),
    ...[1, 0, 10_001].map((participationBps) => [transparentRules, { participationBps, drawDelayBlocks: 4 }] as const),
    ...[1, 2, 0].map((trim) => [transparentRules, { rule: "trimmed-mean", trim } as const] as const),
    [transparentRules, { trim: 1 }],
    ...[51, 100, 50, 101].map((thresholdPercent) => [maskedRules, { thresholdPercent }] as const),
    [transparentRules, { thresholdPercent: 67 }],
    ...[1, 3, 0, 4].map((attestationQuorum) => [transparentRules, { attestationQuorum }] as const),
    [transparentRules, { commitWindowS: 0 }],
    [transparentRules, { aggregateWindowS: 0 }],
    [transparentRules, { attestWindowS: 0 }],
    ...[60, 59].map((challengeWindowS) => [transparentRules, { challengeWindowS }] as const),
    [transparentRules, { keyWindowS: 1 }],
    [maskedRules, { keyWindowS: 0 }],
    ...[4, 4_096, 3, 4_097].map((drawDelayBlocks) => [transparentRules, { drawDelayBlocks }] as const),
    [transparentRules, { participationBps: 5_000 }],
    ...[3_600, 1_209_600, 3_599, 1_209_601].map(
      (challengeWindowS) => [transparentRules, { ...bonded, challengeWindowS }] as const,
    ),
    [transparentRules, { ...bonded, commitWindowS: 1_209_375 }],
    [transparentRules, { ...bonded, commitWindowS: 1_209_376 }],
    [transparentRules, { aggregatorBondGwei: 1 }],
    [transparentRules, { ...bonded, participantBondGwei: 1 }],
    [transparentRules, { ...bonded, participantBondGwei: 0 }],
    [transparentRules, { maxUpdates: 64, maxWeight: 2 ** 30 - 1, clipLanes: 2 ** 16 }],
    [transparentRules, { maxUpdates: 64, maxWeight: 2 ** 30, clipLanes: 2 ** 16 }],
    [maskedRules, { maxUpdates: 64, maxWeight: 2 ** 9 - 1, clipLanes: 2 ** 16 }],
    [maskedRules, { maxUpdates: 64, maxWeight: 2 ** 9, clipLanes: 2 ** 16 }],
    [encryptedRules, { maxUpdates: 64, maxWeight: 2 ** 7 - 1, clipLanes: 2 ** 16 }],
    [encryptedRules, { maxUpdates: 64, maxWeight: 2 ** 7, clipLanes: 2 ** 16 }],
  ];
  return cases.map(([of, changes]) => {
    const rules = { ...of, ...changes };
    const fault = rulesFault(rules);
    const expected = fault === undefined ? "valid" : Object.values(fault).join(" ");
    return { name: `${of.mode} ${JSON.stringify(changes)}: ${expected}`, rules, expected };
  });
}
