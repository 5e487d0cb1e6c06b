import { hexEquals } from "../../core/bytes/hex.ts";
import type { RoundView, TaskView } from "../../core/record/task-view.ts";
import { subjectOf } from "../../rounds/blobs/proposed-round.ts";
import { batchAtS, commitAtS } from "../../rounds/steps/batch-times.ts";
import { commitmentOf, isDrawn, placeOf } from "../../rounds/steps/round-queries.ts";
import { hasBudget } from "../../rounds/steps/survey.ts";
import { commitmentsTo } from "../../rounds/words/word-pool.ts";
import type { ParticipantAction, ParticipantState } from "../state/participant-state.ts";
import type { TrainedUpdate } from "../state/trained-update.ts";
import { blockingRound } from "../state/unchecked-rounds.ts";

/** The next steps towards this participant's commitment in an open round: train, then commit or sign for a batch. */
export function dueUpdate(state: ParticipantState, view: TaskView, round: RoundView): readonly ParticipantAction[] {
  if (!mayStillCommit(state, view, round)) return [];
  const held = dueHoldingBack(state, round);
  if (held !== undefined) return held;
  return updateFor(state, round) === undefined ? [dueTraining(round)] : dueCommitting(state, view, round);
}

/** Whether this participant is drawn for the open round, and has neither committed nor used up its rounds. */
export function mayStillCommit(state: ParticipantState, view: TaskView, round: RoundView): boolean {
  const { me, head } = state;
  if (head.timestampS > round.commitDeadlineS || placeOf(view, me)?.leaving !== false) return false;
  return isDrawn(view, round, me) && commitmentOf(round, me) === undefined && hasBudget(state, me);
}

/**
 * What is done in the place of training while an accepted round below is not recomputed here; undefined where nothing
 * holds it back. It is told once that round was looked at in vain.
 */
export function dueHoldingBack(state: ParticipantState, round: RoundView): readonly ParticipantAction[] | undefined {
  // an earlier run may have been held back by a round that this one would take as the record says
  if (state.checked === undefined) return [];
  const blocking = blockingRound(state);
  if (blocking === undefined) return undefined;
  if (!state.court.judgements.has(subjectOf(blocking))) return [];
  const unchecked = blocking.round;
  return [{ kind: "hold-back", key: `hold-back:${round.round}:${unchecked}`, round, unchecked }];
}

/** The update that this participant has for the round and the model that it starts from. */
export function updateFor({ update }: ParticipantState, round: RoundView): TrainedUpdate | undefined {
  const isOf = update?.round === round.round && hexEquals(update.baseModelRoot, round.baseModelRoot);
  return isOf ? update : undefined;
}

/** The local training for a round; keys that are advertised meanwhile change nothing of it. */
export function dueTraining(round: RoundView): ParticipantAction {
  return { kind: "train", key: `train:${round.round}:${round.start}`, round };
}

/** Names a round by all that its words are over. */
function aboutOf({ round, anchor }: Pick<RoundView, "round" | "anchor">): string {
  return `${round}:${anchor}`;
}

/**
 * Bringing an update to the chain: by an own transaction, or by a signed word for others, and the own one behind it.
 * What this account was heard to have signed over the anchor is what is committed, whichever process signed it: another
 * word would be misconduct.
 */
export function dueCommitting(state: ParticipantState, view: TaskView, round: RoundView): readonly ParticipantAction[] {
  const update = updateFor(state, round);
  if (update === undefined) return [];
  const nowS = state.head.timestampS;
  const about = aboutOf(round);
  const commit = ({ updateRoot, contentId, weight }: Omit<TrainedUpdate, "baseModelRoot">): ParticipantAction => {
    const { anchor } = round;
    const contents = { taskId: view.taskId, round: round.round, anchor, updateRoot, contentId, weight };
    return { kind: "send", key: `commit:${about}`, call: { kind: "commit", ...contents } };
  };
  const word = commitmentsTo(state.words, round).find(({ signed }) => hexEquals(signed.participant, state.me));
  if (state.options.commit !== "batched") return [commit(word?.signed ?? update)];
  const isLate = nowS > round.commitDeadlineS - hurryS(state, view);
  if (word === undefined) {
    const comesTooLate = isLate || batchAtS(round, view.rules, nowS) === undefined;
    const key = `sign-commitment:${about}`;
    return comesTooLate ? [commit(update)] : [{ kind: "sign-commitment", key, round, update }];
  }
  const { signed, heardAtS } = word;
  const announce = { kind: "announce-commitment", key: `announce-commitment:${about}`, signed } as const;
  return isLate || nowS >= commitAtS(round, heardAtS) ? [announce, commit(signed)] : [announce];
}

/** So many seconds before the deadline, nobody else is waited for. */
function hurryS({ options }: ParticipantState, { rules }: TaskView): number {
  return Math.min(2 * options.patienceS, Math.floor(rules.commitWindowS / 3));
}
