import type { Settings } from "../../config/index.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { TaskRules } from "../../core/records.ts";
import type { ParticipantPrivacy, PrivacySpec } from "../../core/task/privacy-spec.ts";
import { taskLaneCount } from "../../core/task/task-lanes.ts";
import { parseTaskSpec, type TaskSpec } from "../../core/task/task-spec.ts";
import { calibrateNoise, repeatCost } from "../../privacy/accountant/index.ts";
import {
  type PrivateTaskSpec,
  roundCost,
  roundsAllowed,
  roundsInBudget,
  spentAfter,
} from "../../privacy/budget/budget.ts";
import { privacyProblems } from "../../privacy/budget/check-privacy.ts";
import { clipLanesFor, noisePlan } from "../../privacy/noise/index.ts";

/** Settings of a task's noise. */
export const privacySettings = [
  "epsilon",
  "delta",
  "privacyUnit",
  "noise",
  "clipNorm",
  "noiseMultiplier",
  "samplingRate",
  "adaptiveClip",
] as const;

type Values = Settings<(typeof privacySettings)[number] | "roundsPerParticipant" | "fractionBits" | "clip">;

const mechanisms = { gaussian: "discrete-gaussian", laplace: "discrete-laplace", skellam: "skellam" } as const;
/** Of an adaptive clip: the median, and the rate that Andrew et al. 2021 recommend. */
const quantile = 0.5;
const rate = 0.2;
/** Share of the budget (of 1 / multiplier^2) that an adaptive clip's words take. */
const wordShare = 0.1;
/** An adaptive clip norm has room to grow by so much. */
const roomToGrow = 4;
/** Noise makes finer lanes of no use, and sums in masks and ciphertexts have few bits. */
const noisyFractionBits = 16;

/**
 * The task with the noise that the settings ask for, or that its specification has, and with the rules that keep its
 * promise: weight 1 and a clip with room for the noise (unit participant), and as many rounds for a participant as the
 * budget allows.
 *
 * The noise is calibrated so that all rounds of the task (or --rounds-per-participant) cost --epsilon, unless
 * --noise-multiplier says it. Throws PRIVACY_BUDGET_TOO_SMALL, PRIVACY_TARGET_UNREACHABLE, INVALID_CONFIG.
 */
export function withPrivacy(
  spec: TaskSpec,
  rules: TaskRules,
  values: Values,
): { readonly spec: TaskSpec; readonly rules: TaskRules } {
  const stray = privacySettings.find((name) => name !== "epsilon" && values[name] !== undefined);
  if (values.epsilon === undefined && stray !== undefined) {
    throw new FedledgerError("INVALID_CONFIG", {
      name: stray,
      reason: "it says how noise is made, and needs --epsilon",
    });
  }
  const unit = values.epsilon === undefined ? spec.privacy?.unit : (values.privacyUnit ?? "participant");
  const weighed = unit === "participant" ? coarser(rules, values) : rules;
  const rounds = values.roundsPerParticipant || rules.rounds;
  const privacy = values.epsilon === undefined ? spec.privacy : calibrated(spec, weighed, values, rounds);
  if (privacy === undefined) return { spec, rules };
  const noisy = { ...parseTaskSpec({ ...spec, privacy }), privacy };
  const roomy = privacy.unit === "participant" ? withRoom(privacy, weighed, values) : weighed;
  const fit = roundsInBudget(noisy, roomy);
  const kept = {
    ...roomy,
    parameterCount: taskLaneCount(noisy),
    roundsPerParticipant: values.roundsPerParticipant || fit,
  };
  const problem = privacyProblems(noisy, kept)[0];
  if (problem === undefined) {
    refuseEarlyEnd(kept, fit, values);
    return { spec: noisy, rules: kept };
  }
  const { field, reason } = problem;
  if (field === "roundsPerParticipant") throw new FedledgerError("PRIVACY_BUDGET_TOO_SMALL", { reason });
  throw new FedledgerError("INVALID_CONFIG", { name: field, reason });
}

/**
 * Throws PRIVACY_BUDGET_TOO_SMALL where everybody's budget would be spent before the task's last round, and nobody said
 * that it should.
 */
function refuseEarlyEnd({ rounds, participationBps }: TaskRules, fit: number, { roundsPerParticipant }: Values): void {
  const expected = Math.ceil((rounds * participationBps) / 10_000);
  if (roundsPerParticipant || expected <= fit) return;
  throw new FedledgerError("PRIVACY_BUDGET_TOO_SMALL", {
    reason: `this noise allows a participant ${fit} rounds, but each is drawn in about ${expected} of ${rounds}`,
  });
}

/** What a task's noise is, for people, with the smaller epsilon that holds, and by which accountant. */
export function privacyText(spec: TaskSpec, rules: TaskRules): string {
  const { privacy } = spec;
  if (privacy === undefined) return "";
  const { unit, mechanism, epsilon, delta, noiseMultiplier, clipNorm } = privacy;
  const rounds = roundsAllowed(rules);
  const spent = spentAfter({ ...spec, privacy }, rules, rounds);
  const by = spent.accountant === "pld" ? "privacy loss distributions" : "Rényi divergence";
  const other = spent.accountant === "pld" ? `, ${spent.byRdp.toPrecision(4)} by Rényi divergence` : "";
  return (
    `privacy of one ${unit}: ${mechanism}, clip norm ${clipNorm}, noise multiplier ${noiseMultiplier}; ` +
    `${rounds} rounds, all that one may join, cost epsilon ${upwards(spent.epsilon)} at delta ${delta} (by ${by}${other}), of ${epsilon}`
  );
}

/** Four digits, not below. */
function upwards(value: number): string {
  const unit = 10 ** (Math.floor(Math.log10(Math.max(value, 1e-12))) - 3);
  return (Math.ceil(value / unit) * unit).toPrecision(4);
}

function coarser(rules: TaskRules, { fractionBits, clip }: Values): TaskRules {
  const bits = fractionBits ?? noisyFractionBits;
  const value = clip ?? rules.clipLanes / 2 ** rules.fractionBits;
  const clipLanes = Math.min(2 ** 31 - 1, Math.max(1, Math.round(value * 2 ** bits)));
  return { ...rules, maxWeight: 1, fractionBits: bits, clipLanes };
}

function calibrated(spec: TaskSpec, rules: TaskRules, values: Values, rounds: number): PrivacySpec {
  const { epsilon = 0, delta = 1e-5, noiseMultiplier } = values;
  const target = { epsilon, delta };
  if (noiseMultiplier !== undefined) return drafted(values, target, noiseMultiplier);
  const costOf = (multiplier: number) => {
    const noisy: PrivateTaskSpec = { ...spec, privacy: drafted(values, target, multiplier) };
    return repeatCost(roundCost(noisy, rules), rounds);
  };
  return drafted(values, target, calibrateNoise(costOf, target));
}

/**
 * The privacy part for a multiplier; with an adaptive clip it is shared among updates and words such that both together
 * cost it.
 */
function drafted(
  values: Values,
  target: { readonly epsilon: number; readonly delta: number },
  multiplier: number,
): PrivacySpec {
  const { privacyUnit, noise = "gaussian", clipNorm = 1, samplingRate = 0.1, adaptiveClip } = values;
  const common = { ...target, clipNorm };
  if (privacyUnit === "example") {
    for (const name of ["noise", "adaptiveClip"] as const) {
      if (values[name] !== undefined)
        throw new FedledgerError("INVALID_CONFIG", { name, reason: "it is for --privacy-unit participant" });
    }
    return { ...common, unit: "example", mechanism: "dp-sgd", noiseMultiplier: multiplier, samplingRate };
  }
  if (values.samplingRate !== undefined)
    throw new FedledgerError("INVALID_CONFIG", { name: "samplingRate", reason: "it is for --privacy-unit example" });
  const mechanism = mechanisms[noise];
  if (!adaptiveClip) return { ...common, unit: "participant", mechanism, noiseMultiplier: multiplier };
  const digits = (value: number): number => Number(value.toPrecision(6));
  return {
    ...common,
    unit: "participant",
    mechanism,
    noiseMultiplier: digits(multiplier / Math.sqrt(1 - wordShare)),
    adaptive: {
      quantile,
      rate,
      noiseStd: digits((multiplier * Math.max(quantile, 1 - quantile)) / Math.sqrt(wordShare)),
    },
  };
}

/**
 * The rules with a clip of lanes that has room for the noise, where the mode's sums can hold it; --clip is taken as it
 * is.
 */
function withRoom(privacy: ParticipantPrivacy, rules: TaskRules, { clip }: Values): TaskRules {
  if (clip !== undefined) return rules;
  const bits = { transparent: 52, masked: 31, encrypted: 29 }[rules.mode];
  const most = Math.min(2 ** 31 - 1, Math.floor((2 ** bits - 1) / rules.maxUpdates));
  const unlimited = { ...rules, clipLanes: 2 ** 31 - 1 };
  const growing = privacy.adaptive ? { ...privacy, clipNorm: privacy.clipNorm * roomToGrow } : privacy;
  const clipLanes = Math.min(most, clipLanesFor(noisePlan(growing, unlimited)));
  return { ...rules, clipLanes };
}
