import type { TaskRules } from "../../../node/core/records.ts";
import type { ExamplePrivacy, ParticipantPrivacy } from "../../../node/core/task/privacy-spec.ts";
import { rules } from "./round-states.ts";

/** Noise on whole updates: three rounds cost less than epsilon 8, four cost more. */
export const gaussianPrivacy: ParticipantPrivacy = {
  unit: "participant",
  mechanism: "discrete-gaussian",
  clipNorm: 0.5,
  noiseMultiplier: 1.2,
  epsilon: 8,
  delta: 1e-5,
};

/** The same with a clip norm that follows the median. */
export const adaptivePrivacy: ParticipantPrivacy = {
  ...gaussianPrivacy,
  adaptive: { quantile: 0.5, rate: 0.2, noiseStd: 4 },
};

/** DP-SGD. */
export const examplePrivacy: ExamplePrivacy = {
  unit: "example",
  mechanism: "dp-sgd",
  clipNorm: 1,
  noiseMultiplier: 1.1,
  samplingRate: 0.1,
  epsilon: 8,
  delta: 1e-5,
};

/** Rules that keep the promise of {@link gaussianPrivacy}. */
export const privateRules: TaskRules = { ...rules, maxWeight: 1, clipLanes: 1 << 22, roundsPerParticipant: 3 };
