import { hexEquals } from "../../core/bytes/hex.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import { shareThreshold } from "../../core/modes/share-threshold.ts";
import type { RoundView, TaskView } from "../../core/record/task-view.ts";
import { advertisementOf, fellowsIn } from "../../rounds/steps/mask-queries.ts";
import { commitmentOf } from "../../rounds/steps/round-queries.ts";
import { closingsOf } from "../../rounds/words/closing-pool.ts";
import { maskedUpdateKey } from "../state/masked-state.ts";
import type { ParticipantAction, ParticipantState } from "../state/participant-state.ts";
import { closedKey } from "../state/trained-update.ts";
import { areOf, dueShares } from "./due-masked-update.ts";

/**
 * What a survivor of a closed masked round does until a proposal is on record: signs its one word on the closing and
 * repeats it, gets the bundles of those with whom it shares masks and all updates of the round; and when enough others
 * have signed the same word and every update is here, tells its seed and its shares, when it has all bundles or a
 * quarter of the aggregator's time has passed, and again when it has more. It does none of it where its keys are not of
 * this process: what it knew of them is gone.
 */
export function dueUnmasking(state: ParticipantState, view: TaskView, round: RoundView): readonly ParticipantAction[] {
  const { me, bundles, told, refusedMasks, closing } = state;
  const own = advertisementOf(round, me);
  if (modeOf(view.rules).keys !== "each" || round.phase !== "aggregating" || round.assignment === undefined) return [];
  if (own === undefined || commitmentOf(round, me) === undefined || !areOf(state.keys, round)) return [];
  const about = closedKey(round);
  const signing = `sign-closing:${about}`;
  const isSigned = closing !== undefined && closedKey(closing) === about;
  const actions: ParticipantAction[] = [...dueShares(state, round, own), ...dueUpdates(state, round)];
  if (!isSigned) return refusedMasks.has(signing) ? [] : [...actions, { kind: "sign-closing", key: signing, round }];
  actions.push({ kind: "announce-closing", key: `announce-closing:${about}`, word: closing });

  const fellows = fellowsIn(round, own.slot);
  const here = fellows.filter(({ sharesId }) => bundles.has(sharesId.toLowerCase())).length;
  const before = told.get(about);
  const key = `unmask:${about}:${here}`;
  const mayTell = (here === fellows.length || isTimeToTell(state, view, round)) && before?.bundles !== here;
  if (mayTell && mayOpen(state, view, round) && !refusedMasks.has(key)) {
    const words = closingsOf(state.masks.closings, round);
    const held = round.commitments.filter((one) => state.updatesHere.has(maskedUpdateKey(one))).map(({ slot }) => slot);
    actions.push({ kind: "unmask", key, round, words, held, bundles: here });
  }
  if (before !== undefined) {
    actions.push({ kind: "announce-unmasking", key: `announce-unmasking:${about}:${before.bundles}`, told: before });
  }
  return actions;
}

/** Whether all updates are here, and enough others have signed this very closing. */
function mayOpen({ me, masks, updatesHere }: ParticipantState, { rules }: TaskView, round: RoundView): boolean {
  const others = closingsOf(masks.closings, round).filter(({ participant }) => !hexEquals(participant, me));
  const isWhole = round.commitments.every((commitment) => updatesHere.has(maskedUpdateKey(commitment)));
  return isWhole && others.length >= shareThreshold(round.drawn, rules.thresholdPercent);
}

/** Whether it no longer waits for bundles that are not here. */
function isTimeToTell({ head }: ParticipantState, { rules }: TaskView, { assignment }: RoundView): boolean {
  if (assignment === undefined) return false;
  const { attempt, deadlineS } = assignment;
  return attempt > 0 || head.timestampS >= deadlineS - Math.ceil((3 * rules.aggregateWindowS) / 4);
}

/** The updates of the sum that are not here yet. */
function dueUpdates({ updatesHere }: ParticipantState, { commitments }: RoundView): readonly ParticipantAction[] {
  return commitments
    .filter((commitment) => !updatesHere.has(maskedUpdateKey(commitment)))
    .map((commitment) => ({
      kind: "get-masked-update",
      key: `get-masked-update:${maskedUpdateKey(commitment)}`,
      commitment,
    }));
}
