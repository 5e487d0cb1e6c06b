import type { Address, RoundNumber } from "../ids.ts";
import type { TaskView } from "./task-view.ts";

/** Whose turn it is to propose. */
export interface Turn {
  readonly aggregator: Address;
  /** In the task's list of aggregators, from 0. */
  readonly place: number;
}

/**
 * Who is assigned for an attempt of a round: the first of the places from (round + attempt) mod count on, around the
 * list, whose aggregator is neither leaving (an expelled one is) nor idle; where all that are left are idle, the first
 * of them. Undefined where nobody is left.
 *
 * @param joined the task's aggregators by place; there may be more than `count`: they came after the opening
 * @param count places when the round opened
 */
export function turnOf(
  { round, attempt, count }: { readonly round: RoundNumber; readonly attempt: number; readonly count: number },
  joined: TaskView["joined"],
): Turn | undefined {
  let idle: Turn | undefined;
  for (let i = 0; i < count; i++) {
    const place = (round + attempt + i) % count;
    const candidate = joined[place];
    if (candidate === undefined || candidate.leaving) continue;
    const turn = { aggregator: candidate.account, place };
    if (!candidate.idle) return turn;
    idle ??= turn;
  }
  return idle;
}
