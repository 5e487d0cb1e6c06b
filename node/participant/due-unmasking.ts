import type { RoundView, TaskView } from "../core/task-view.ts";
import { advertisementOf, neighboursOf } from "../rounds/mask-queries.ts";
import { commitmentOf } from "../rounds/round-queries.ts";
import { dueShares } from "./due-masked-update.ts";
import { holdingKey, type ParticipantAction, type ParticipantState } from "./participant-state.ts";

/**
 * What a survivor of a closed masked round does until a proposal is on record: gets the bundles of those with whom it shares masks, tells its
 * seed and its shares, when it has them all or a quarter of the aggregator's time has passed, and again when it has more.
 */
export function dueUnmasking(state: ParticipantState, view: TaskView, round: RoundView): readonly ParticipantAction[] {
  const { me, head, bundles, told, refused } = state;
  const { mode, aggregateWindowS } = view.rules;
  const { assignment } = round;
  const own = advertisementOf(round, me);
  if (mode !== "masked" || round.phase !== "aggregating" || assignment === undefined) return [];
  if (own === undefined || commitmentOf(round, me) === undefined) return [];
  const neighbours = neighboursOf(round, view.rules, own.slot);
  const here = neighbours.filter(({ sharesId }) => bundles.has(sharesId.toLowerCase())).length;
  const actions = [...dueShares(state, view, round, own)];
  const isTime =
    assignment.attempt > 0 || head!.timestampS >= assignment.deadlineS - Math.ceil((3 * aggregateWindowS) / 4);
  const about = holdingKey(round);
  const before = told.get(about);
  const key = `unmask:${about}:${here}`;
  if ((here === neighbours.length || isTime) && before?.bundles !== here && !refused.has(key)) {
    actions.push({ kind: "unmask", key, round, bundles: here });
  }
  if (before !== undefined) {
    actions.push({ kind: "announce-unmasking", key: `announce-unmasking:${about}:${before.bundles}`, told: before });
  }
  return actions;
}
