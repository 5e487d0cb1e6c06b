import type { TaskRules } from "../../core/records.ts";
import { modelLayout } from "../../core/task/model-layout.ts";
import { type ParticipantPrivacy, type PrivacySpec, stepsPerRound } from "../../core/task/privacy-spec.ts";
import type { TaskSpec } from "../../core/task/task-spec.ts";
import {
  type EpsilonBound,
  epsilonBound,
  type Mechanism,
  type PrivacyCost,
  repeatCost,
  roundsWithin,
} from "../accountant/index.ts";
import { leastNoisePlan, type NoisePlan, type NoiseRules } from "../noise/index.ts";

/** A specification with noise. */
export type PrivateTaskSpec = Pick<TaskSpec, "model" | "training"> & { readonly privacy: PrivacySpec };

const mostRounds = 65535;

/**
 * What one round costs a participant that joins it, whatever it trains on: zero-out neighbours (its data or nothing in
 * its place; of one example for DP-SGD), no amplification by the draw, which is public. See docs/privacy.md.
 */
export function roundCost(spec: PrivateTaskSpec, rules: NoiseRules): PrivacyCost {
  const { privacy } = spec;
  if (privacy.unit === "example") {
    const { samplingRate, noiseMultiplier } = privacy;
    const mechanism = { kind: "subsampled-gaussian", samplingRate, noiseMultiplier } as const;
    return [{ mechanism, times: stepsPerRound(spec.training, privacy) }];
  }
  return participantCost(privacy, rules, modelLayout(spec.model).parameterCount);
}

function participantCost(privacy: ParticipantPrivacy, rules: NoiseRules, dimension: number): PrivacyCost {
  const plan = leastNoisePlan(privacy, rules);
  const update = noiseOf(plan, plan.clipNormLanes, plan.noiseLanes, dimension);
  const { indicator } = plan;
  const word = indicator && noiseOf(plan, indicator.sensitivityLanes, indicator.noiseLanes, 1);
  return [update, ...(word ? [word] : [])].map((mechanism) => ({ mechanism, times: 1 }));
}

function noiseOf(
  { mechanism: kind, shares }: NoisePlan,
  clipNormLanes: number,
  noiseLanes: number,
  dimension: number,
): Mechanism {
  switch (kind) {
    case "discrete-gaussian":
      return { kind, clipNormLanes, shareStdLanes: noiseLanes, shares, dimension };
    case "discrete-laplace":
      return { kind, clipNormLanes, scaleLanes: noiseLanes };
    case "skellam":
      return { kind, clipNormLanes, noiseStdLanes: noiseLanes * Math.sqrt(shares), dimension };
  }
}

/**
 * Epsilon, at the specification's delta, of a participant that has joined so many rounds: the smaller of two that hold.
 */
export function spentAfter(spec: PrivateTaskSpec, rules: NoiseRules, rounds: number): EpsilonBound {
  return epsilonBound(repeatCost(roundCost(spec, rules), rounds), spec.privacy.delta);
}

/** Epsilon, at the specification's delta, of a participant that has joined so many rounds. */
export function epsilonAfter(spec: PrivateTaskSpec, rules: NoiseRules, rounds: number): number {
  return spentAfter(spec, rules, rounds).epsilon;
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
