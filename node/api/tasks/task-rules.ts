import type { Settings } from "../../config/index.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import type { Mode, TaskRules } from "../../core/records.ts";
import { leastBondWei } from "../../core/task/least-bond.ts";
import { taskLaneCount } from "../../core/task/task-lanes.ts";
import type { TaskSpec } from "../../core/task/task-spec.ts";
import type { ChainSide } from "../record/open-federation.ts";
import { fittingNumbers, lanesOfClip, type UpdateNumbers } from "./sum-numbers.ts";

/** Settings from which a task's rules are made. */
export const ruleSettings = [
  "participants",
  "rounds",
  "participation",
  "drawDelay",
  "minUpdates",
  "maxUpdates",
  "quorum",
  "attempts",
  "roundsPerParticipant",
  "statementRequired",
  "fractionBits",
  "clip",
  "maxWeight",
  "serverRate",
  "commitWindow",
  "aggregateWindow",
  "attestWindow",
  "challengeWindow",
  "mode",
  "threshold",
  "keyWindow",
  "rule",
  "trim",
  "bond",
  "participantBond",
] as const;

/** Blocks from an opening to the draw: nobody knows the randomness of one so far ahead. */
const usualDrawDelay = 4;
/** The chain of tests and demos. */
export const testChain: ChainSide = { isTest: true, lagS: 0 };

/** Time for the work of each window where nothing is said, seconds. */
const usualWorkS = { key: 120, commit: 600, aggregate: 300, attest: 300 };
const dayS = 86_400;

/**
 * The rules that go on the chain. Where nothing is said: two thirds of those drawn make a round, and more than half of
 * them a quorum, reckoned from the number of participants expected; windows are the usual work and three times the
 * chain's lag; bonds are the least, and rounds provable for a day, but on the test chain. In a masked or encrypted task
 * the numbers of an update fit the modulus of the sums. Throws INVALID_CONFIG where the settings contradict the mode,
 * WINDOW_TOO_SHORT.
 */
export function taskRules(
  spec: TaskSpec,
  values: Settings<(typeof ruleSettings)[number]>,
  chain: ChainSide = testChain,
): TaskRules {
  const mode = values.mode ?? "transparent";
  refuseContradictions(mode, values, spec);
  const { drawn, ...draw } = drawOf(mode, values);
  const { minUpdates, maxUpdates } = draw;
  const { most: mostPercent } = modeOf({ mode }).thresholdPercent;
  const rules = {
    mode,
    rule: values.rule ?? "weighted-mean",
    attempts: values.attempts ?? 3,
    parameterCount: taskLaneCount(spec),
    ...updateNumbers(mode, maxUpdates, values),
    serverRateQ16: Math.round((values.serverRate ?? 1) * 65536),
    rounds: values.rounds ?? 10,
    ...draw,
    roundsPerParticipant: values.roundsPerParticipant ?? 0,
    trim: values.trim ?? (values.rule === "trimmed-mean" ? 1 : 0),
    thresholdPercent: mostPercent > 0 ? (values.threshold ?? 67) : 0,
    attestationQuorum: values.quorum ?? Math.min(minUpdates, Math.floor(drawn / 2) + 1),
    ...windowsOf(mode, values, chain),
    aggregatorBondGwei: 0,
    participantBondGwei: 0,
    statementRequired: values.statementRequired ?? false,
  };
  return withBonds(rules, values, chain);
}

/**
 * The rules with the bonds that the settings say, or the least that these rules allow. To be called again where other
 * rules change.
 */
export function withBonds(rules: TaskRules, values: Values, { isTest }: ChainSide = testChain): TaskRules {
  const leastGwei = Number((leastBondWei(rules) + 999_999_999n) / 1_000_000_000n);
  const gweiOf = (said: Values["bond"]) => (said === "least" ? leastGwei : (said ?? (isTest ? 0 : leastGwei)));
  return {
    ...rules,
    aggregatorBondGwei: gweiOf(values.bond),
    participantBondGwei: gweiOf(values.participantBond),
  };
}

/** Who takes part in a round: how many are drawn of those expected, and how many make a round. */
function drawOf(mode: Mode, values: Values) {
  const { participants = 5, participation = 1 } = values;
  const participationBps = Math.ceil(participation * 10_000);
  const expected = Math.ceil((participants * participationBps) / 10_000);
  const { fewestUpdates, showsUpdates } = modeOf({ mode });
  const maxUpdates = values.maxUpdates ?? (showsUpdates ? 64 : Math.min(64, expected));
  const drawn = Math.min(maxUpdates, expected);
  const minUpdates = values.minUpdates ?? Math.max(fewestUpdates, Math.ceil((drawn * 2) / 3));
  if (Math.min(minUpdates, drawn) < fewestUpdates) {
    throw contradiction(mode, `a round needs at least ${fewestUpdates} updates, and as many participants`);
  }
  // such a task would wait for ever
  if (drawn < minUpdates) {
    const reason = `a round needs ${minUpdates}, and of those expected (--participants) ${drawn} are drawn`;
    throw new FedledgerError("INVALID_CONFIG", { name: "--min-updates", reason });
  }
  const draws = participationBps < 10_000 || participants > maxUpdates || values.drawDelay !== undefined;
  const drawDelayBlocks = draws ? (values.drawDelay ?? usualDrawDelay) : 0;
  return { drawn, minUpdates, maxUpdates, participationBps, drawDelayBlocks };
}

function windowsOf(mode: Mode, values: Values, { isTest, lagS }: ChainSide) {
  const wide = (name: string, said: number | undefined) => {
    // a minute of work is the least that anybody has any use for, where blocks take time
    const least = isTest ? 1 : 3 * lagS + 60;
    if (said === undefined || said >= least) return said;
    throw new FedledgerError("WINDOW_TOO_SHORT", { name: `--${name}-window`, actual: said, least, lag: `${lagS} s` });
  };
  const window = (work: keyof typeof usualWorkS, said: number | undefined) =>
    wide(work, said) ?? 3 * lagS + usualWorkS[work];
  const bonded = Boolean(values.bond) || Boolean(values.participantBond);
  const usualChallengeS = isTest ? (bonded ? 3600 : 600) : Math.max(dayS, 3 * lagS);
  return {
    commitWindowS: window("commit", values.commitWindow),
    aggregateWindowS: window("aggregate", values.aggregateWindow),
    attestWindowS: window("attest", values.attestWindow),
    challengeWindowS: wide("challenge", values.challengeWindow) ?? usualChallengeS,
    keyWindowS: modeOf({ mode }).keys === "none" ? 0 : window("key", values.keyWindow),
  };
}

type Values = Settings<(typeof ruleSettings)[number]>;

function updateNumbers(mode: Mode, maxUpdates: number, values: Values): UpdateNumbers {
  const { clip = 4, fractionBits, maxWeight } = values;
  if (!modeOf({ mode }).showsUpdates) return fittingNumbers({ mode, maxUpdates, clip, fractionBits, maxWeight });
  const bits = fractionBits ?? 20;
  return { fractionBits: bits, clipLanes: lanesOfClip(clip, bits), maxWeight: maxWeight ?? 1_000_000 };
}

/** Throws INVALID_CONFIG for settings that the contract would refuse in this mode, or that mean nothing in it. */
function refuseContradictions(mode: Mode, values: Values, spec: TaskSpec): void {
  const { rule = "weighted-mean", threshold, keyWindow } = values;
  const { thresholdPercent, keys, showsUpdates, mostParameters } = modeOf({ mode });
  if (thresholdPercent.most === 0 && threshold !== undefined) {
    throw contradiction(mode, "--threshold is about masks");
  }
  if (keys === "none" && keyWindow !== undefined) {
    throw contradiction(mode, "it has no keys: --key-window is for masked and encrypted ones");
  }
  if (!showsUpdates && rule !== "weighted-mean")
    throw contradiction(mode, `the rule ${rule} must see each update, which this mode hides`);
  if (mostParameters !== undefined && taskLaneCount(spec) > mostParameters) {
    throw contradiction(mode, `at most ${mostParameters} parameters, so that an encrypted update is a blob`);
  }
}

function contradiction(mode: Mode, reason: string): FedledgerError {
  return new FedledgerError("INVALID_CONFIG", { name: "--mode", reason: `in a ${mode} task: ${reason}` });
}
