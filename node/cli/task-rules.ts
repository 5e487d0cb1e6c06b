import { FedledgerError } from "../core/error.ts";
import type { Mode, TaskRules } from "../core/records.ts";
import { taskLaneCount } from "../core/task-lanes.ts";
import type { TaskSpec } from "../core/task-spec.ts";
import { mostEncryptedParameters } from "../privacy/encrypted/parameters.ts";
import type { Settings } from "./options.ts";
import { fittingNumbers, lanesOfClip, type UpdateNumbers } from "./sum-numbers.ts";

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
  "mode",
  "threshold",
  "neighbours",
  "keyWindow",
  "rule",
  "trim",
  "holders",
  "pipelined",
  "bond",
  "participantBond",
] as const;

/** Fewest updates of an encrypted round: participants open no sum of one. */
const fewestEncrypted = 2;
/** Fewest updates of a masked round: with two, each knows the other's from the sum. */
const fewestMasked = 3;
const fewestOf = { transparent: 1, masked: fewestMasked, encrypted: fewestEncrypted };

/**
 * The rules that go on the chain. Where nothing is said: two thirds of those drawn make a round, and more than half of
 * them a quorum, reckoned from the number of participants expected. In a masked or encrypted task the numbers of an update fit the modulus of the sums.
 * Throws INVALID_CONFIG where the settings contradict the mode.
 */
export function taskRules(spec: TaskSpec, values: Settings<(typeof ruleSettings)[number]>): TaskRules {
  const mode = values.mode ?? "transparent";
  refuseContradictions(mode, values, spec);
  const participationBps = Math.ceil((values.participation ?? 1) * 10_000);
  const expected = Math.ceil(((values.participants ?? 5) * participationBps) / 10_000);
  const maxUpdates = values.maxUpdates ?? (mode === "transparent" ? 64 : Math.min(64, expected));
  const drawn = Math.min(maxUpdates, expected);
  const minUpdates = values.minUpdates ?? Math.max(fewestOf[mode], Math.ceil((drawn * 2) / 3));
  if (mode === "encrypted" && minUpdates < fewestEncrypted) {
    throw contradiction(mode, `a round needs at least ${fewestEncrypted} updates: the sum of one is that one`);
  }
  if (mode === "masked" && (minUpdates < fewestMasked || drawn < minUpdates)) {
    throw contradiction(mode, `a round needs at least ${fewestMasked} updates, and as many participants`);
  }
  return {
    mode,
    rule: values.rule ?? "weighted-mean",
    attempts: values.attempts ?? 3,
    parameterCount: taskLaneCount(spec),
    ...updateNumbers(mode, maxUpdates, values),
    serverRateQ16: Math.round((values.serverRate ?? 1) * 65536),
    rounds: values.rounds ?? 10,
    minUpdates,
    maxUpdates,
    participationBps,
    roundsPerParticipant: values.roundsPerParticipant ?? 0,
    trim: values.trim ?? (values.rule === "trimmed-mean" ? 1 : 0),
    thresholdPercent: mode === "masked" ? (values.threshold ?? 67) : 0,
    attestationQuorum: values.quorum ?? Math.floor(drawn / 2) + 1,
    holders: values.holders ?? 0,
    pipelined: values.pipelined ?? false,
    commitWindowS: values.commitWindow ?? 600,
    aggregateWindowS: values.aggregateWindow ?? 300,
    challengeWindowS: values.challengeWindow ?? 600,
    aggregatorBondGwei: values.bond ?? 0,
    participantBondGwei: values.participantBond ?? 0,
    neighbours: values.neighbours ?? 0,
    keyWindowS: mode === "transparent" ? 0 : (values.keyWindow ?? 120),
  };
}

type Values = Settings<(typeof ruleSettings)[number]>;

function updateNumbers(mode: Mode, maxUpdates: number, values: Values): UpdateNumbers {
  const { clip = 4, fractionBits, maxWeight } = values;
  if (mode !== "transparent") return fittingNumbers({ mode, maxUpdates, clip, fractionBits, maxWeight });
  const bits = fractionBits ?? 20;
  return { fractionBits: bits, clipLanes: lanesOfClip(clip, bits), maxWeight: maxWeight ?? 1_000_000 };
}

/** Throws INVALID_CONFIG for settings that the contract would refuse in this mode, or that mean nothing in it. */
function refuseContradictions(mode: Mode, values: Values, spec: TaskSpec): void {
  const { rule = "weighted-mean", pipelined, holders = 0, threshold, neighbours = 0, keyWindow } = values;
  if (mode !== "masked" && (threshold !== undefined || neighbours !== 0)) {
    throw contradiction(mode, "--threshold and --neighbours are about masks");
  }
  if (mode === "transparent") {
    if (keyWindow !== undefined)
      throw contradiction(mode, "it has no keys: --key-window is for masked and encrypted ones");
    return;
  }
  if (rule !== "weighted-mean")
    throw contradiction(mode, `the rule ${rule} must see each update, which this mode hides`);
  if (mode === "encrypted" && taskLaneCount(spec) > mostEncryptedParameters) {
    throw contradiction(mode, `at most ${mostEncryptedParameters} parameters, so that an encrypted update is a blob`);
  }
  if (pipelined) throw contradiction(mode, "its rounds cannot be pipelined");
  if (mode === "encrypted" && holders !== 0) throw contradiction(mode, "--holders is for the other modes");
}

function contradiction(mode: Mode, reason: string): FedledgerError {
  return new FedledgerError("INVALID_CONFIG", { name: "--mode", reason: `in a ${mode} task: ${reason}` });
}
