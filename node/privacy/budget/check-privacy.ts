import { modeOf } from "../../core/modes/mode-of.ts";
import type { TaskRules } from "../../core/records.ts";
import type { ParticipantPrivacy } from "../../core/task/privacy-spec.ts";
import { clipLanesFor, noisePlan } from "../noise/index.ts";
import { epsilonAfter, type PrivateTaskSpec, roundsAllowed, roundsInBudget } from "./budget.ts";

/** A way in which a task's rules do not keep what its specification promises. */
export interface PrivacyProblem {
  readonly kind: "below-one-round" | "rules";
  /** Field of the rules. */
  readonly field: keyof TaskRules;
  /** A part of a sentence, for a person. */
  readonly reason: string;
}

/** What of the rules does not agree with the specification's privacy; empty where all does. */
export function privacyProblems(spec: PrivateTaskSpec, rules: TaskRules): readonly PrivacyProblem[] {
  const { privacy } = spec;
  const problems = privacy.unit === "participant" ? noiseProblems(privacy, rules) : [];
  return problems.length > 0 ? problems : budgetProblems(spec, rules);
}

/** What of the rules the noise of whole updates cannot do with. */
function noiseProblems(privacy: ParticipantPrivacy, rules: TaskRules): readonly PrivacyProblem[] {
  const problems: PrivacyProblem[] = [];
  const wrong = (field: keyof TaskRules, reason: string): void => {
    problems.push({ kind: "rules", field, reason });
  };
  if (rules.maxWeight !== 1) wrong("maxWeight", `is ${rules.maxWeight}: a noised update has weight 1`);
  if (privacy.mechanism === "discrete-laplace" && !modeOf(rules).showsUpdates)
    wrong("mode", `is ${rules.mode}: Laplace noise is no sum of shares, use Gaussian or Skellam noise`);
  if (privacy.adaptive && rules.rule !== "weighted-mean")
    wrong("rule", `is ${rules.rule}: adaptive clipping counts by the weighted mean`);
  const plan = noisePlan(privacy, rules);
  const least = clipLanesFor(plan);
  if (!(rules.clipLanes >= least))
    wrong("clipLanes", `is ${rules.clipLanes}: clip norm and noise need ${least}, so that no lane is cut`);
  const greatestStd = privacy.mechanism === "skellam" ? 2 ** 25 : 2 ** 40;
  if (!(Math.max(plan.noiseLanes, plan.indicator?.noiseLanes ?? 0) <= greatestStd))
    wrong("fractionBits", `is ${rules.fractionBits}: the noise has more than ${greatestStd} lanes`);
  return problems;
}

/** Rounds of a participant beyond what its epsilon allows. */
function budgetProblems(spec: PrivateTaskSpec, rules: TaskRules): readonly PrivacyProblem[] {
  const fit = roundsInBudget(spec, rules);
  const { epsilon } = spec.privacy;
  const field = "roundsPerParticipant";
  if (fit === 0) {
    const cost = epsilonAfter(spec, rules, 1).toPrecision(4);
    const reason = `epsilon ${epsilon} is smaller than one round, which costs ${cost}`;
    return [{ kind: "below-one-round", field, reason }];
  }
  if (roundsAllowed(rules) <= fit) return [];
  const reason = `is ${rules.roundsPerParticipant} of ${rules.rounds} rounds: only ${fit} are within epsilon ${epsilon}`;
  return [{ kind: "rules", field, reason }];
}
