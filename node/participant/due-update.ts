import { hexEquals } from "../core/hex.ts";
import type { RoundView, TaskView } from "../core/task-view.ts";
import { batchAtS, commitAtS } from "../rounds/batch-times.ts";
import { subjectOf } from "../rounds/judge-proposal.ts";
import { mayAttest } from "../rounds/push.ts";
import { commitmentOf, hasBudget, isDrawn, parentOf, placeOf } from "../rounds/round-queries.ts";
import {
  isProposed,
  type ParticipantAction,
  type ParticipantMachineOptions,
  type ParticipantState,
  type TrainedUpdate,
} from "./participant-state.ts";

/** The next steps towards this participant's commitment in an open round: train, offer, commit or sign for a batch. */
export function dueUpdate(state: ParticipantState, view: TaskView, round: RoundView): readonly ParticipantAction[] {
  const { me, head } = state;
  if (head!.timestampS > round.commitDeadlineS) return [];
  if (placeOf(view, me)?.leaving !== false || !isDrawn(view, round, me)) return [];
  if (commitmentOf(round, me) !== undefined) return dueAsking(state, round);
  if (!hasBudget(view, me)) return [];
  if (updateFor(state, round) === undefined) return [dueTraining(round)];
  if (!isHurried(state, view, round) && isUnverified(state, view, round)) return [];
  return dueOffering(state, view, round);
}

/** The update that this participant has for the round and the model that it starts from. */
export function updateFor({ update }: ParticipantState, round: RoundView): TrainedUpdate | undefined {
  const isOf = update?.round === round.round && hexEquals(update.baseModelRoot, round.baseModelRoot);
  return isOf ? update : undefined;
}

/** The local training for a round. */
export function dueTraining(round: RoundView): ParticipantAction {
  return { kind: "train", key: `train:${aboutOf(round)}`, round };
}

/** Offering the update on, where answers may still come from further aggregators when the first has long let the commitment go. */
export function dueAsking(state: ParticipantState, round: RoundView): readonly ParticipantAction[] {
  const update = updateFor(state, round);
  const isAsking = update !== undefined && state.offered === update.contentId && state.answered !== update.contentId;
  return isAsking ? [offering(round, update)] : [];
}

/** What is done with an update that may be committed: offered to the aggregators, then brought to the chain. */
export function dueOffering(state: ParticipantState, view: TaskView, round: RoundView): readonly ParticipantAction[] {
  const update = updateFor(state, round);
  if (update === undefined) return [];
  const isLate = isHurried(state, view, round);
  if (state.offered !== update.contentId && !isLate) return [offering(round, update)];
  return [...dueAsking(state, round), ...dueCommitment(state, { view, round, about: aboutOf(round), isLate }, update)];
}

function offering(round: RoundView, update: TrainedUpdate): ParticipantAction {
  return { kind: "offer", key: `offer:${aboutOf(round)}`, update };
}

/** Names a round and the model that it starts from. */
export function aboutOf({ round, baseModelRoot }: Pick<RoundView, "round" | "baseModelRoot">): string {
  return `${round}:${baseModelRoot}`;
}

/** Whether so little time is left that committing comes before being held. */
function isHurried({ head, options }: ParticipantState, view: TaskView, round: RoundView): boolean {
  return head!.timestampS > round.commitDeadlineS - hurryS(view, options);
}

/** Bringing a trained update to the chain: by an own transaction, or by a signed word for others, and the own one behind it. */
function dueCommitment(
  state: ParticipantState,
  look: { readonly view: TaskView; readonly round: RoundView; readonly about: string; readonly isLate: boolean },
  update: TrainedUpdate,
): readonly ParticipantAction[] {
  const { view, round, about, isLate } = look;
  const nowS = state.head!.timestampS;
  const commit = (of: TrainedUpdate): ParticipantAction => {
    const { baseModelRoot, updateRoot, contentId, weight } = of;
    const contents = { round: of.round, baseModelRoot, updateRoot, contentId, weight };
    return { kind: "send", key: `commit:${about}`, call: { kind: "commit", taskId: view.taskId, ...contents } };
  };
  if (state.options.commit !== "batched") return [commit(update)];
  const { commitment } = state;
  const isSigned =
    commitment?.signed.round === round.round && hexEquals(commitment.signed.baseModelRoot, round.baseModelRoot);
  if (!isSigned) {
    const comesTooLate = isLate || batchAtS(round, view.rules, nowS) === undefined;
    return comesTooLate ? [commit(update)] : [{ kind: "sign-commitment", key: `sign-commitment:${about}`, update }];
  }
  const { signed, signedAtS } = commitment;
  const announce = { kind: "announce-commitment", key: `announce-commitment:${about}`, signed } as const;
  return isLate || nowS >= commitAtS(round, signedAtS) ? [announce, commit(signed)] : [announce];
}

/** Whether the round starts from a proposal that this participant can recompute and has not yet: it trains, and commits after. */
function isUnverified({ verified, me }: ParticipantState, view: TaskView, round: RoundView): boolean {
  const parent = parentOf(view, round);
  if (parent === undefined || !isProposed(parent) || !mayAttest(view, me)) return false;
  const judgement = verified.get(subjectOf(parent));
  return judgement === undefined || judgement.missing !== undefined;
}

/** So many seconds before the deadline, committing comes before being held. */
function hurryS(view: TaskView, { patienceS }: ParticipantMachineOptions): number {
  return Math.min(2 * patienceS, Math.floor(view.rules.commitWindowS / 3));
}
