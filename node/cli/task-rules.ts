import type { TaskRules } from "../core/records.ts";
import { taskLaneCount } from "../core/task-lanes.ts";
import type { TaskSpec } from "../core/task-spec.ts";
import type { Settings } from "./options.ts";

/** Settings from which a task's rules are made. */
export const ruleSettings = [
  "participants",
  "rounds",
  "participation",
  "minUpdates",
  "maxUpdates",
  "quorum",
  "attempts",
  "roundsPerParticipant",
  "fractionBits",
  "clip",
  "maxWeight",
  "serverRate",
  "commitWindow",
  "aggregateWindow",
  "challengeWindow",
  "rule",
  "trim",
  "holders",
  "pipelined",
  "bond",
  "participantBond",
] as const;

/**
 * The rules that go on the chain. Where nothing is said: two thirds of those drawn make a round, and more than half of
 * them a quorum, reckoned from the number of participants expected.
 */
export function taskRules(spec: TaskSpec, values: Settings<(typeof ruleSettings)[number]>): TaskRules {
  const fractionBits = values.fractionBits ?? 20;
  const maxUpdates = values.maxUpdates ?? 64;
  const participationBps = Math.ceil((values.participation ?? 1) * 10_000);
  const drawn = Math.min(maxUpdates, Math.ceil(((values.participants ?? 5) * participationBps) / 10_000));
  return {
    mode: "transparent",
    rule: values.rule ?? "weighted-mean",
    fractionBits,
    attempts: values.attempts ?? 3,
    parameterCount: taskLaneCount(spec),
    clipLanes: Math.min(2 ** 31 - 1, Math.max(1, Math.round((values.clip ?? 4) * 2 ** fractionBits))),
    maxWeight: values.maxWeight ?? 1_000_000,
    serverRateQ16: Math.round((values.serverRate ?? 1) * 65536),
    rounds: values.rounds ?? 10,
    minUpdates: values.minUpdates ?? Math.ceil((drawn * 2) / 3),
    maxUpdates,
    participationBps,
    roundsPerParticipant: values.roundsPerParticipant ?? 0,
    trim: values.trim ?? (values.rule === "trimmed-mean" ? 1 : 0),
    thresholdPercent: 0,
    attestationQuorum: values.quorum ?? Math.floor(drawn / 2) + 1,
    holders: values.holders ?? 0,
    pipelined: values.pipelined ?? false,
    commitWindowS: values.commitWindow ?? 600,
    aggregateWindowS: values.aggregateWindow ?? 300,
    challengeWindowS: values.challengeWindow ?? 600,
    aggregatorBondGwei: values.bond ?? 0,
    participantBondGwei: values.participantBond ?? 0,
    neighbours: 0,
    keyWindowS: 0,
  };
}
