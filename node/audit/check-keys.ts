import { extendAccumulator, zeroBytes32 } from "../core/commitment.ts";
import { hexEquals } from "../core/hex.ts";
import type { Hex } from "../core/ids.ts";
import { isKeyTimeOver, keyDeadlineS, openingsLength } from "../core/round-keys.ts";
import { isFalseOpening, isMaskKey } from "../privacy/masking/index.ts";
import { checkRight } from "./check-right.ts";
import type { FindingInput } from "./findings.ts";
import { openedRoundOf } from "./masked-round.ts";
import type { EventOf, RoundDraft, Walk } from "./task-record.ts";

/** What {@link isKeyTimeOver} asks of a round, of one whose events are read. */
export function keysOf({ advertisements, opened: { commitDeadlineS, drawn } }: RoundDraft) {
  return { advertisements, commitDeadlineS, drawn };
}

/** One advertisement: in a task with a key window, in it, before any commitment, by a drawn participant, once, within its budget. */
export function checkAdvertisement(walk: Walk, draft: RoundDraft, event: EventOf<"Advertised">): void {
  const { rules } = walk;
  const { participant, slot, maskKey, seedHash, sharesId, timestampS } = event;
  const find = (finding: FindingInput) => draft.log.add({ party: participant, ...finding });
  const deadlineS = keyDeadlineS(keysOf(draft), rules);
  const isKey = rules.mode !== "masked" || isMaskKey(maskKey);
  const isNone = !isKey || [maskKey, seedHash, sharesId].includes(zeroBytes32);
  if (rules.keyWindowS === 0 || draft.commitments.length > 0 || isNone) {
    find({
      code: "ADVERTISEMENT_WRONG",
      message: `${participant} advertised keys in a task without time for them, after commitments, or keys that are none.`,
      data: { keyWindowS: rules.keyWindowS, commitments: draft.commitments.length, maskKey, seedHash, sharesId },
    });
  } else if (timestampS !== undefined && timestampS > deadlineS) {
    find({
      code: "ADVERTISEMENT_LATE",
      message: `${participant} advertised keys after the time for them.`,
      data: { deadlineS, timestampS },
    });
  }
  checkRight(walk, draft, event, find);
  if (draft.advertisements.some((other) => hexEquals(other.participant, participant) || other.slot === slot)) {
    find({ code: "ADVERTISED_TWICE", message: `${participant} advertised keys twice in one round.` });
  }
  const used = walk.used.get(participant.toLowerCase()) ?? 0;
  if (rules.roundsPerParticipant > 0 && used >= rules.roundsPerParticipant) {
    find({
      code: "BUDGET_EXCEEDED",
      message: `${participant} advertised keys although it has committed in ${used} rounds; its budget is ${rules.roundsPerParticipant}.`,
      data: { used, budget: rules.roundsPerParticipant },
    });
  }
  const advertisement = { taskId: walk.taskId, round: draft.round, participant, slot, maskKey, seedHash, sharesId };
  draft.advertisements.push(advertisement);
  draft.accumulators = draft.accumulators.map((accumulator) => extendAccumulator(accumulator, advertisement));
}

/** A commitment in a task with a key window: after it, and in masked tasks by who has advertised. */
export function checkKeyed(
  { rules }: Walk,
  draft: RoundDraft,
  { participant, slot, timestampS }: EventOf<"Committed">,
  find: (finding: FindingInput) => void,
): void {
  const keys = keysOf(draft);
  if (timestampS !== undefined && !isKeyTimeOver(keys, rules, timestampS)) {
    find({
      code: "STEP_TOO_EARLY",
      message: `${participant} committed before the time for keys was over.`,
      data: { deadlineS: keyDeadlineS(keys, rules), timestampS },
    });
  }
  const isKeyed = draft.advertisements.some((each) => each.slot === slot && hexEquals(each.participant, participant));
  if (rules.mode !== "masked" || isKeyed) return;
  find({ code: "COMMITTED_WITHOUT_KEY", message: `${participant} committed without having advertised keys.` });
}

/** What a proposal opens: in a masked or encrypted task, for the assigned attempt, of the right length; the proposal is the next event. */
export function checkOpenings({ rules }: Walk, draft: RoundDraft, event: EventOf<"Opened">): void {
  const { openings, attempt } = event;
  const expected = openingsLength(draft, rules);
  const assigned = draft.assignments.at(-1)?.attempt;
  const bytes = (openings.length - 2) / 2;
  if (rules.mode === "transparent" || bytes !== expected || attempt !== assigned) {
    openingsWrong(draft, `${bytes} bytes were opened in attempt ${attempt}; it is ${expected} in attempt ${assigned}`, {
      ...{ expected, actual: bytes, attempt, assigned },
    });
  }
  draft.shown = event;
}

/** The openings that a proposal came with; it has them in masked and encrypted tasks, and in no other. */
export function takeOpenings(
  { rules }: Walk,
  draft: RoundDraft,
  { proposal: { aggregator, attempt } }: EventOf<"Proposed">,
): Pick<EventOf<"Opened">, "openings"> | undefined {
  const { shown } = draft;
  draft.shown = undefined;
  const isDue = rules.mode !== "transparent";
  if (isDue !== (shown !== undefined) || (shown && shown.attempt !== attempt)) {
    openingsWrong(draft, `${aggregator} proposed ${shown ? "with openings of another attempt" : "without openings"}`, {
      ...{ attempt, shown: shown?.attempt },
    });
  }
  return shown && isDue ? { openings: shown.openings } : undefined;
}

/** Any other event than a proposal after openings: they came with none. */
export function checkShown(walk: Walk, event: { readonly name: string } | undefined): void {
  if (event?.name === "Proposed") return;
  for (const draft of walk.rounds.slice(-2)) {
    if (draft.shown === undefined) continue;
    openingsWrong(draft, "openings came without a proposal", { attempt: draft.shown.attempt });
    draft.shown = undefined;
  }
}

/** Whether what a masked round's proposal opens of a slot is not what was advertised: what a challenge of a false opening proves. */
export function isOpenedFalsely(
  { rules, taskId }: Walk,
  { round, opened: { seed, drawn }, advertisements, commitments }: RoundDraft,
  openings: Hex,
  slot: number,
): boolean {
  const opened = openedRoundOf(taskId, rules, { round, seed, drawn, advertisements, commitments }, openings);
  return opened !== undefined && isFalseOpening(opened.closed, opened.openings, slot);
}

function openingsWrong({ log }: RoundDraft, what: string, data: NonNullable<FindingInput["data"]>): void {
  log.add({ code: "OPENINGS_WRONG", message: `${what[0]!.toUpperCase()}${what.slice(1)}.`, data });
}
