import { extendAccumulator, proposalHash } from "./commitment.ts";
import { impossible, type TaskEventOf } from "./impossible-event.ts";
import type { TaskRules } from "./records.ts";
import { openingsLength } from "./round-keys.ts";
import type { RoundView } from "./task-view.ts";

/** The round after one more advertisement: in a task with a key window, before any commitment, once. Throws INVALID_HISTORY. */
export function advertised(event: TaskEventOf<"Advertised">, round: RoundView, rules: TaskRules): RoundView {
  const { taskId, participant, slot, maskKey, seedHash, sharesId } = event;
  const { advertisements = [] } = round;
  if (rules.keyWindowS === 0) throw impossible(event, "the task has no time for keys");
  if (round.commitments.length > 0) throw impossible(event, "commitments have come already");
  if (advertisements.some((other) => other.slot === slot || other.participant === participant)) {
    throw impossible(event, "the participant or its slot has advertised");
  }
  const advertisement = { taskId, round: round.round, participant, slot, maskKey, seedHash, sharesId };
  const accumulator = extendAccumulator(round.accumulator, advertisement);
  return { ...round, advertisements: [...advertisements, advertisement], accumulator };
}

/** Throws INVALID_HISTORY for a commitment in a masked task by who has not advertised. */
export function requireKey(
  event: TaskEventOf<"Committed">,
  { advertisements = [] }: RoundView,
  { mode }: TaskRules,
): void {
  if (mode !== "masked") return;
  const { participant, slot } = event;
  if (!advertisements.some((each) => each.participant === participant && each.slot === slot)) {
    throw impossible(event, "the participant has not advertised");
  }
}

/** The round with what its next proposal opens: of this task's mode and the right length. Throws INVALID_HISTORY. */
export function openingsShown(event: TaskEventOf<"Opened">, round: RoundView, rules: TaskRules): RoundView {
  const { attempt, openings } = event;
  const length = openingsLength(round, rules);
  if (rules.mode === "transparent") throw impossible(event, "the task has nothing to open");
  if (round.opened !== undefined) throw impossible(event, "the openings have come already");
  if (attempt !== round.assignment?.attempt) throw impossible(event, `attempt ${attempt} is not assigned`);
  if (openings.length !== 2 + 2 * length) throw impossible(event, `the openings have not ${length} bytes`);
  return { ...round, opened: { attempt, openings } };
}

/** The round with its proposal; in a masked or encrypted task its openings came just before. Throws INVALID_HISTORY. */
export function proposed(event: TaskEventOf<"Proposed">, round: RoundView, rules: TaskRules): RoundView {
  const { opened, ...rest } = round;
  if (round.assignment === undefined) throw impossible(event, "nobody is assigned");
  if (rules.mode !== "transparent" && opened?.attempt !== event.proposal.attempt) {
    throw impossible(event, "the proposal has no openings");
  }
  const hash = proposalHash(event.taskId, event.round, event.proposal);
  const openings = opened && { openings: opened.openings };
  const proposal = { ...event.proposal, hash, challengeDeadlineS: event.challengeDeadlineS, ...openings };
  return { ...rest, phase: "proposed", proposal };
}
