import type { TaskRules } from "../../core/records.ts";
import { modelLayout } from "../../core/task/model-layout.ts";
import { type ParticipantPrivacy, type PrivacySpec, stepsPerRound } from "../../core/task/privacy-spec.ts";
import type { TaskSpec } from "../../core/task/task-spec.ts";
import {
  composeRdp,
  discreteLaplaceRdp,
  distributedGaussianRdp,
  epsilonOf,
  type RdpCurve,
  repeatRdp,
  roundsWithin,
  skellamRdp,
  subsampledGaussianRdp,
} from "../accountant/index.ts";
import { leastNoisePlan, type NoisePlan, type NoiseRules } from "../noise/index.ts";

/** A specification with noise. */
export type PrivateTaskSpec = Pick<TaskSpec, "model" | "training"> & { readonly privacy: PrivacySpec };

const mostRounds = 65535;

/**
 * What one round costs a participant that joins it, whatever it trains on: zero-out neighbours (its data or nothing in
 * its place; of one example for DP-SGD), no amplification by the draw, which is public. See docs/privacy.md.
 */
export function roundCost(spec: PrivateTaskSpec, rules: NoiseRules): RdpCurve {
  const { privacy } = spec;
  if (privacy.unit === "example") {
    const step = subsampledGaussianRdp(privacy.samplingRate, privacy.noiseMultiplier);
    return repeatRdp(step, stepsPerRound(spec.training, privacy));
  }
  return participantCost(privacy, rules, modelLayout(spec.model).parameterCount);
}

function participantCost(privacy: ParticipantPrivacy, rules: NoiseRules, dimension: number): RdpCurve {
  const plan = leastNoisePlan(privacy, rules);
  const update = noiseCost(plan, plan.clipNormLanes, plan.noiseLanes, dimension);
  const { indicator } = plan;
  if (indicator === undefined) return update;
  return composeRdp(update, noiseCost(plan, indicator.sensitivityLanes, indicator.noiseLanes, 1));
}

function noiseCost(
  { mechanism, shares }: NoisePlan,
  clipNormLanes: number,
  noiseLanes: number,
  dimension: number,
): RdpCurve {
  switch (mechanism) {
    case "discrete-gaussian":
      return distributedGaussianRdp({ clipNormLanes, shareStdLanes: noiseLanes, shares, dimension });
    case "discrete-laplace":
      return discreteLaplaceRdp({ clipNormLanes, scaleLanes: noiseLanes });
    case "skellam":
      return skellamRdp({ clipNormLanes, noiseStdLanes: noiseLanes * Math.sqrt(shares), dimension });
  }
}

/** Epsilon, at the specification's delta, of a participant that has joined so many rounds. */
export function epsilonAfter(spec: PrivateTaskSpec, rules: NoiseRules, rounds: number): number {
  return epsilonOf(repeatRdp(roundCost(spec, rules), rounds), spec.privacy.delta);
}

/**
 * The most rounds, up to 65535, that a participant can join within the specification's epsilon and delta; 0 where one
 * costs more.
 */
export function roundsInBudget(spec: PrivateTaskSpec, rules: NoiseRules): number {
  return roundsWithin(roundCost(spec, rules), spec.privacy, mostRounds);
}

/** The most rounds that the rules let a participant join. */
export function roundsAllowed({
  rounds,
  roundsPerParticipant,
}: Pick<TaskRules, "rounds" | "roundsPerParticipant">): number {
  return roundsPerParticipant === 0 ? rounds : Math.min(rounds, roundsPerParticipant);
}
