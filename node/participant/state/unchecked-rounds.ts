import type { RoundNumber } from "../../core/ids.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import { isProvable } from "../../core/record/task-view.ts";
import { hasProposal, type ProposedRound, subjectOf } from "../../rounds/blobs/proposed-round.ts";
import { isFoundWrong } from "../../rounds/court/court-state.ts";
import type { Surveyed } from "../../rounds/steps/survey.ts";
import type { ParticipantState } from "./participant-state.ts";

/**
 * The first round that a participant is to have recomputed before it trains above it: the first in which it committed,
 * or that could be proven wrong when it came. What was final before is as the record says: whoever enrols takes it so.
 */
export function firstRoundOf({ view, head, survey }: Surveyed): RoundNumber {
  const provable = survey.live.find((round) => isProvable(round, head.timestampS))?.round;
  const next = (view.rounds.at(-1)?.round ?? 0) + 1;
  return Math.min(survey.firstOwn ?? next, provable ?? next);
}

/** Accepted rounds, void ones apart, that this participant has not recomputed yet. */
export function uncheckedRounds(state: ParticipantState): readonly ProposedRound[] {
  const { view, firstRound } = state;
  return view.rounds
    .filter(({ round }) => round >= firstRound)
    .filter(hasProposal)
    .filter((round) => round.phase === "accepted" && round.void !== true && !isChecked(state, round));
}

/**
 * The earliest accepted round for which nothing is trained above it: it could not be recomputed here, and can be proven
 * wrong still, or its owner did not say that this is enough, or it was found wrong here. Of encrypted rounds, which
 * only holders of their key can recompute, that alone.
 */
export function blockingRound(state: ParticipantState): ProposedRound | undefined {
  const { view, head, options, court, unchecked } = state;
  return unchecked.find((round) => {
    if (isFoundWrong(court.judgements.get(subjectOf(round)))) return true;
    if (!modeOf(view.rules).isRecomputable) return false;
    return isProvable(round, head.timestampS) || options.trainOnUnchecked !== true;
  });
}

/** Whether this participant found the round's proposal right, in this run or an earlier one. */
export function isChecked({ court, checked }: ParticipantState, round: ProposedRound): boolean {
  const subject = subjectOf(round);
  return court.judgements.get(subject)?.isRight === true || checked?.has(subject) === true;
}
