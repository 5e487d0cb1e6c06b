import type { RoundView } from "../../core/record/task-view.ts";
import type { TaskRules } from "../../core/records.ts";

/**
 * The second from which updates that cannot be had are left out: half of the aggregator's time has passed. Infinity
 * while nobody is assigned.
 */
export function excludeAtS(
  { assignment }: Pick<RoundView, "assignment">,
  { aggregateWindowS }: Pick<TaskRules, "aggregateWindowS">,
): number {
  return (assignment?.deadlineS ?? Number.POSITIVE_INFINITY) - Math.floor(aggregateWindowS / 2);
}

/**
 * The second until which an update must have been here, so that whoever left it out could have had it from this node: a
 * quarter of the aggregator's time before it left it out. Undefined where that was not to be left out at all yet.
 */
export function hadUntilS(
  round: RoundView,
  rules: Pick<TaskRules, "aggregateWindowS" | "attestWindowS">,
): number | undefined {
  if (round.proposal === undefined) return undefined;
  const proposedAtS = round.proposal.attestDeadlineS - rules.attestWindowS;
  const fromS = excludeAtS(round, rules);
  return proposedAtS < fromS ? undefined : fromS - Math.floor(rules.aggregateWindowS / 4);
}
