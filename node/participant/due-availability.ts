import type { RoundView, TaskView } from "../core/task-view.ts";
import { committedSlots } from "../rounds/hear-words.ts";
import { commitmentOf, placeOf } from "../rounds/round-queries.ts";
import { holdingKey, type ParticipantAction, type ParticipantState } from "./participant-state.ts";

/**
 * What a committed participant does for the availability of a closed round's updates: get them all, and say which it holds. All at once
 * when it has them all; what it has from a third of the aggregator's time on, and again when it has more.
 */
export function dueAvailability(
  { me, head, holdings }: ParticipantState,
  view: TaskView,
  round: RoundView,
): readonly ParticipantAction[] {
  const { holders, aggregateWindowS } = view.rules;
  if (holders === 0 || round.phase !== "aggregating" || round.assignment === undefined) return [];
  if (commitmentOf(round, me) === undefined || placeOf(view, me) === undefined) return [];
  const about = holdingKey(round);
  const { slots, faulty, word } = holdings.get(about) ?? { slots: 0n, faulty: 0n };
  const all = committedSlots(round);
  const missing = all & ~slots & ~faulty;
  const actions: ParticipantAction[] = [];
  if (missing !== 0n) actions.push({ kind: "gather", key: `gather:${about}`, round, slots: missing });
  const partlyAtS = round.assignment.deadlineS - aggregateWindowS + Math.floor(aggregateWindowS / 3);
  const isReady = slots === all || (head!.timestampS >= partlyAtS && slots !== 0n);
  if (isReady && word?.slots !== slots) {
    actions.push({ kind: "sign-availability", key: `sign-availability:${about}:${slots}`, round, slots });
  }
  if (word !== undefined) {
    actions.push({ kind: "announce-availability", key: `announce-availability:${about}:${word.slots}`, word });
  }
  return actions;
}
