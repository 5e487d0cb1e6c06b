import { hexEquals } from "../core/hex.ts";
import type { Bytes32 } from "../core/ids.ts";
import type { Advertisement } from "../core/records.ts";
import { isKeyTimeOver, keyDeadlineS, leastUpdates } from "../core/round-keys.ts";
import type { RoundView, TaskView } from "../core/task-view.ts";
import { keysHash } from "../privacy/masking/index.ts";
import { advertisementOf, neighboursOf } from "../rounds/mask-queries.ts";
import { commitmentOf, hasBudget, isDrawn, placeOf } from "../rounds/round-queries.ts";
import { aboutOf, dueAsking, dueOffering, dueTraining, updateFor } from "./due-update.ts";
import type { ParticipantAction, ParticipantState, RoundKeys } from "./participant-state.ts";

/**
 * The next steps towards this participant's commitment in an open masked round: keys, with their shares held by others before they are
 * advertised, and training beside it; then, under the keys that are on record when their time is over, the mask; then as in every round.
 */
export function dueMaskedUpdate(
  state: ParticipantState,
  view: TaskView,
  round: RoundView,
): readonly ParticipantAction[] {
  const { me, head } = state;
  const nowS = head!.timestampS;
  if (nowS > round.commitDeadlineS) return [];
  if (placeOf(view, me)?.leaving !== false || !isDrawn(view, round, me)) return [];
  const own = advertisementOf(round, me);
  const shares = own === undefined ? [] : dueShares(state, view, round, own);
  if (commitmentOf(round, me) !== undefined) return [...dueAsking(state, round), ...shares];
  const isFixed = isKeyTimeOver(round, view.rules, nowS);
  // without keys in time there is no place in the round, and without enough of them there is no round
  if (!hasBudget(view, me) || (isFixed && own === undefined)) return [];
  if (isFixed && (round.advertisements?.length ?? 0) < leastUpdates(round, view.rules)) return [];
  const keys = own === undefined ? dueKeys(state, view, round) : [];
  const training = isTrained(state, round) ? [] : [dueTraining(round)];
  if (!isFixed || training.length > 0) return [...keys, ...training, ...shares];
  const fixed = keysHash(round.advertisements ?? []);
  const isMasked = updateFor(state, round) !== undefined && state.maskedWith === fixed;
  return [...(isMasked ? dueOffering(state, view, round) : dueMask(state, round, fixed)), ...shares];
}

/** The bundles of those with whom this participant shares masks, fetched as long as their owners are there. */
export function dueShares(
  { bundles }: ParticipantState,
  { rules }: TaskView,
  round: RoundView,
  own: Advertisement,
): readonly ParticipantAction[] {
  return neighboursOf(round, rules, own.slot)
    .filter(({ sharesId }) => !bundles.has(sharesId.toLowerCase()))
    .map((of) => ({ kind: "get-shares", key: `get-shares:${of.sharesId}`, round, of }));
}

/** Keys: made, their shares offered, and, when they are held or nobody answers, advertised. */
function dueKeys(
  { keys, sharesOffered, refused, head, options }: ParticipantState,
  view: TaskView,
  round: RoundView,
): readonly ParticipantAction[] {
  const { keyWindowS } = view.rules;
  const about = `${aboutOf(round)}:${round.seed}`;
  const leftS = keyDeadlineS(round, view.rules) - head!.timestampS;
  if (keys === undefined || !areOf(keys, round)) {
    const key = `make-keys:${about}`;
    return refused.has(key) ? [] : [{ kind: "make-keys", key, round, isLate: leftS <= keyWindowS / 2 }];
  }
  const { maskKey, seedHash, sharesId, seed } = keys;
  const isHurried = leftS < Math.min(2 * options.patienceS, keyWindowS / 3);
  if (sharesOffered !== sharesId && !isHurried) return [{ kind: "offer-shares", key: `offer-shares:${about}`, keys }];
  const contents = { taskId: view.taskId, round: round.round, seed, maskKey, seedHash, sharesId };
  return [{ kind: "send", key: `advertise:${about}`, call: { kind: "advertise", ...contents } }];
}

/** The mask, once; a refusal stands for this model and these keys. */
function dueMask({ refused }: ParticipantState, round: RoundView, keys: Bytes32): readonly ParticipantAction[] {
  const key = `mask:${aboutOf(round)}:${keys}`;
  return refused.has(key) ? [] : [{ kind: "mask", key, round, keys }];
}

function areOf({ round, baseModelRoot, seed }: RoundKeys, of: RoundView): boolean {
  return round === of.round && seed === of.seed && hexEquals(baseModelRoot, of.baseModelRoot);
}

function isTrained({ unmasked }: ParticipantState, round: RoundView): boolean {
  return unmasked?.round === round.round && hexEquals(unmasked.baseModelRoot, round.baseModelRoot);
}
