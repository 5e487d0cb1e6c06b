import { modeOf } from "../../core/modes/mode-of.ts";
import type { TaskRules } from "../../core/records.ts";
import type { ParticipantPrivacy } from "../../core/task/privacy-spec.ts";

/** Of a task's rules, what noise depends on. */
export type NoiseRules = Pick<TaskRules, "mode" | "minUpdates" | "fractionBits" | "clipLanes">;

/** Clip and noise of one update in one round, in lanes. */
export interface NoisePlan {
  readonly mechanism: ParticipantPrivacy["mechanism"];
  readonly norm: "l1" | "l2";
  /** Greatest norm of the update, an integer; the sensitivity. */
  readonly clipNormLanes: number;
  /** How many shares make the whole noise: 1 where every update carries all of it. */
  readonly shares: number;
  /** Of one share: the standard deviation, or for discrete-laplace the scale. */
  readonly noiseLanes: number;
  /** The word on the adaptive clip, whether the update was within the norm. */
  readonly indicator?: {
    readonly quantile: number;
    /** Lanes of one; the sensitivity is the greater of quantile and 1 - quantile times that. */
    readonly unitLanes: number;
    readonly sensitivityLanes: number;
    readonly noiseLanes: number;
  };
}

/** So many deviations of noise fit above the clip norm: a lane is cut with a probability below 10^-31. */
const roomInDeviations = 12;
/** An adaptive clip norm does not fall below this part of the first one. */
const leastShare = 2 ** -10;

/**
 * Clip and noise of a round.
 *
 * @param clipLane the base model's last lane in a task with adaptive clipping: the clip norm is `clipNorm * exp(-rate *
 * lane / 2^f)`, not below 1/1024 of `clipNorm` and not above {@link greatestClipLanes}. Default 0, the first round's.
 */
export function noisePlan(privacy: ParticipantPrivacy, rules: NoiseRules, clipLane = 0): NoisePlan {
  const { mechanism, clipNorm, noiseMultiplier, adaptive } = privacy;
  const unitLanes = 2 ** rules.fractionBits;
  const shares = modeOf(rules).noiseShares(rules.minUpdates);
  const first = clipNorm * unitLanes;
  const wanted = adaptive ? first * Math.exp((-adaptive.rate * clipLane) / unitLanes) : first;
  const limited = adaptive ? Math.min(Math.max(wanted, first * leastShare), greatestClipLanes(privacy, rules)) : wanted;
  const clipNormLanes = Math.max(1, Math.floor(limited));
  const whole = noiseMultiplier * clipNormLanes;
  return {
    mechanism,
    norm: mechanism === "discrete-laplace" ? "l1" : "l2",
    clipNormLanes,
    shares,
    noiseLanes: mechanism === "discrete-laplace" ? Math.ceil(whole) : whole / Math.sqrt(shares),
    ...(adaptive && {
      indicator: {
        quantile: adaptive.quantile,
        unitLanes,
        sensitivityLanes: Math.ceil(Math.max(adaptive.quantile, 1 - adaptive.quantile) * unitLanes),
        noiseLanes: (adaptive.noiseStd * unitLanes) / Math.sqrt(shares),
      },
    }),
  };
}

/** The least clip norm that adaptive clipping comes to, as a plan: where the discrete mechanisms cost most. */
export function leastNoisePlan(privacy: ParticipantPrivacy, rules: NoiseRules): NoisePlan {
  return noisePlan(privacy, rules, 2 ** 31 - 1);
}

/** The greatest clip norm, in lanes, that leaves room for its noise within `rules.clipLanes`. */
export function greatestClipLanes(privacy: ParticipantPrivacy, rules: NoiseRules): number {
  const perLane = privacy.noiseMultiplier / Math.sqrt(modeOf(rules).noiseShares(rules.minUpdates));
  return Math.floor(rules.clipLanes / (1 + roomInDeviations * perLane));
}

/** The least `rules.clipLanes` for a plan: clip norm and word on it, each with room for twelve deviations of noise. */
export function clipLanesFor({ clipNormLanes, noiseLanes, indicator }: NoisePlan): number {
  const least = clipNormLanes + roomInDeviations * noiseLanes;
  const word = indicator ? indicator.sensitivityLanes + roomInDeviations * indicator.noiseLanes : 0;
  return Math.ceil(Math.max(least, word)) + 1;
}
