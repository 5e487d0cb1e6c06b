import { hexEquals } from "../../core/bytes/hex.ts";
import { isKeyTimeOver, keyDeadlineS, leastUpdates } from "../../core/record/round-keys.ts";
import type { RoundView, TaskView } from "../../core/record/task-view.ts";
import type { Advertisement, SignedAdvertisement } from "../../core/records.ts";
import { advertiseOwnAtS } from "../../rounds/steps/due-advertising.ts";
import { advertisementOf, fellowsIn } from "../../rounds/steps/mask-queries.ts";
import { commitmentOf } from "../../rounds/steps/round-queries.ts";
import type { ParticipantAction, ParticipantState } from "../state/participant-state.ts";
import { dueCommitting, dueHoldingBack, dueTraining, mayStillCommit, updateFor } from "../update/due-update.ts";

/**
 * The next steps towards this participant's commitment in an open masked round: keys, with their shares held by others
 * before they are advertised, and training beside it; then, under the keys that are on record when their time is over,
 * the mask; then as in every round. Keys that this process did not make are nothing to it: after a restart it only
 * commits to what it masked before.
 */
export function dueMaskedUpdate(
  state: ParticipantState,
  view: TaskView,
  round: RoundView,
): readonly ParticipantAction[] {
  const own = advertisementOf(round, state.me);
  const isMine = areOf(state.keys, round);
  const shares = own === undefined || !isMine ? [] : dueShares(state, round, own);
  if (!mayStillCommit(state, view, round)) return commitmentOf(round, state.me) === undefined ? [] : shares;
  const isFixed = isKeyTimeOver(round, view.rules, state.head.timestampS);
  if (isFixed && isHopeless(view, round, own)) return [];
  const held = dueHoldingBack(state, round);
  if (held !== undefined) return held;
  const keys = own === undefined ? dueKeys(state, view, round) : [];
  const isTrained = hexEquals(state.trainedFor ?? "", round.start);
  const training = isTrained || !isMine ? [] : [dueTraining(round)];
  if (!isFixed || training.length > 0) return [...keys, ...training, ...shares];
  return [...(isMasked(state, round) ? dueCommitting(state, view, round) : dueMask(state, round)), ...shares];
}

/** Without keys in time there is no place in the round, and without enough of them there is no round. */
function isHopeless({ rules }: TaskView, round: RoundView, own: Advertisement | undefined): boolean {
  return own === undefined || (round.advertisements?.length ?? 0) < leastUpdates(round, rules);
}

/** The bundles of those with whom this participant shares masks, fetched as long as their owners are there. */
export function dueShares(
  { bundles }: ParticipantState,
  round: RoundView,
  own: Advertisement,
): readonly ParticipantAction[] {
  return fellowsIn(round, own.slot)
    .filter(({ sharesId }) => !bundles.has(sharesId.toLowerCase()))
    .map((of) => ({ kind: "get-shares", key: `get-shares:${of.sharesId}`, round, of }));
}

/** Whether these keys are of this opening of the round, and so made in this process. */
export function areOf(keys: SignedAdvertisement | undefined, { start }: Pick<RoundView, "start">): boolean {
  return hexEquals(keys?.start ?? "", start);
}

/**
 * Keys: made, their shares offered, and, when they are held or nobody answers, advertised: by an own transaction, or by
 * a signed word for others to bring, and the own one behind it.
 */
function dueKeys(
  { keys, sharesOffered, refusedMasks, head, options }: ParticipantState,
  view: TaskView,
  round: RoundView,
): readonly ParticipantAction[] {
  const { keyWindowS } = view.rules;
  const about = `${round.round}:${round.start}`;
  const leftS = keyDeadlineS(round, view.rules) - head.timestampS;
  if (keys === undefined || !areOf(keys, round)) {
    const key = `make-keys:${about}`;
    return refusedMasks.has(key) ? [] : [{ kind: "make-keys", key, round, isLate: leftS <= keyWindowS / 2 }];
  }
  const isHurried = leftS < Math.min(2 * options.patienceS, keyWindowS / 3);
  if (sharesOffered !== keys.sharesId && !isHurried) {
    return [{ kind: "offer-shares", key: `offer-shares:${about}`, keys }];
  }
  const call = { kind: "advertise", taskId: view.taskId, round: round.round, signed: [keys] } as const;
  const send: ParticipantAction = { kind: "send", key: `advertise:${about}`, call };
  if (options.commit !== "batched") return [send];
  const announce: ParticipantAction = { kind: "announce-keys", key: `announce-keys:${about}`, keys };
  return isHurried || head.timestampS >= advertiseOwnAtS(round, view.rules) ? [announce, send] : [announce];
}

function isMasked(state: ParticipantState, round: RoundView): boolean {
  return updateFor(state, round) !== undefined && hexEquals(state.maskedWith ?? "", round.anchor);
}

/** The mask, once; a refusal stands for these keys. */
function dueMask({ refusedMasks }: ParticipantState, round: RoundView): readonly ParticipantAction[] {
  const key = `mask:${round.round}:${round.anchor}`;
  return refusedMasks.has(key) ? [] : [{ kind: "mask", key, round }];
}
