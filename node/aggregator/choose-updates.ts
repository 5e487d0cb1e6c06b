import { modeOf } from "../core/modes/mode-of.ts";
import type { RoundView } from "../core/record/task-view.ts";
import type { Commitment, TaskRules } from "../core/records.ts";
import { hasSlot } from "../rounds/steps/round-queries.ts";

/** What an aggregator knows when it chooses. */
export interface ChooseUpdatesInput {
  readonly round: Pick<RoundView, "commitments" | "expelled">;
  readonly rules: Pick<TaskRules, "mode" | "minUpdates">;
  /** Whether an update's bytes are here, or are not what was committed; undefined while they are missing. */
  readonly factOf: (commitment: Commitment) => "here" | "unusable" | undefined;
  /** Whether missing updates have been waited for long enough. */
  readonly isTimeUp: boolean;
}

/**
 * Bitmap of the updates to leave out of a proposal; undefined where it has to wait. What is here is in. What is not to
 * be had from anybody is left out when the time is up, and at once what is of somebody whose misconduct was proven. In
 * a task that hides updates nothing can be left out, for two sums would show the difference: what is missing is waited
 * for.
 */
export function chooseUpdates({ round, rules, factOf, isTimeUp }: ChooseUpdatesInput): bigint | undefined {
  const { commitments, expelled = 0n } = round;
  const left = commitments.filter((commitment) => factOf(commitment) !== "here");
  if (commitments.length - left.length < rules.minUpdates) return undefined;
  if (left.length > 0 && !modeOf(rules).showsUpdates) return undefined;
  if (!isTimeUp && left.some(({ slot }) => !hasSlot(expelled, slot))) return undefined;
  return left.reduce((bitmap, { slot }) => bitmap | (1n << BigInt(slot)), 0n);
}
