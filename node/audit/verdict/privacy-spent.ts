import type { Address } from "../../core/ids.ts";
import type { TaskRules } from "../../core/records.ts";
import type { PrivacySpec } from "../../core/task/privacy-spec.ts";
import type { TaskSpec } from "../../core/task/task-spec.ts";
import { epsilonAfter, roundsAllowed, roundsInBudget } from "../../privacy/budget/budget.ts";
import type { TaskRecord } from "../record/task-record.ts";
import { roundsSpent } from "../rounds/check-budget.ts";

/**
 * What a task's noise promises, and what of it is spent: computed from the record, which cannot show that anyone added
 * its noise.
 */
export interface PrivacyReport {
  readonly unit: PrivacySpec["unit"];
  readonly mechanism: PrivacySpec["mechanism"];
  /** The budget, and the delta at which every epsilon here is. */
  readonly epsilon: number;
  readonly delta: number;
  /** Rounds that a participant may join by the rules, and those that the budget allows. */
  readonly roundsAllowed: number;
  readonly roundsInBudget: number;
  /** In the order of enrolment. */
  readonly participants: readonly {
    readonly participant: Address;
    /** Rounds that count: in which it committed an update, but for masked ones that ended while they were open. */
    readonly rounds: number;
    /** Spent so far. */
    readonly epsilon: number;
  }[];
}

/** The privacy spent in a task by each participant; undefined without noise. */
export function privacyOf(spec: TaskSpec, rules: TaskRules, record: TaskRecord): PrivacyReport | undefined {
  const { privacy } = spec;
  if (privacy === undefined) return undefined;
  const noisy = { ...spec, privacy };
  const spent = new Map<number, number>();
  const epsilonOfRounds = (rounds: number): number => {
    const known = spent.get(rounds) ?? epsilonAfter(noisy, rules, rounds);
    spent.set(rounds, known);
    return known;
  };
  const { unit, mechanism, epsilon, delta } = privacy;
  return {
    unit,
    mechanism,
    epsilon,
    delta,
    roundsAllowed: roundsAllowed(rules),
    roundsInBudget: roundsInBudget(noisy, rules),
    participants: record.participants.map((participant) => {
      const rounds = roundsSpent(record.rounds, rules, participant);
      return { participant, rounds, epsilon: epsilonOfRounds(rounds) };
    }),
  };
}
