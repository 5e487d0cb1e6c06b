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
  const { me, head, update, offered, answered } = state;
  if (head!.timestampS > round.commitDeadlineS) return [];
  if (placeOf(view, me)?.leaving !== false || !isDrawn(view, round, me)) return [];
  const about = `${round.round}:${round.baseModelRoot}`;
  const isTrained = update?.round === round.round && hexEquals(update.baseModelRoot, round.baseModelRoot);
  // answers may still come from further aggregators when the first has long let the commitment go
  const isAsking = isTrained && offered === update.contentId && answered !== update.contentId;
  const offer = (of: TrainedUpdate) => ({ kind: "offer", key: `offer:${about}`, update: of }) as const;
  const asking = isAsking ? [offer(update)] : [];
  if (commitmentOf(round, me) !== undefined) return asking;
  if (!hasBudget(view, me)) return [];
  if (!isTrained) return [{ kind: "train", key: `train:${about}`, round }];
  const isLate = head!.timestampS > round.commitDeadlineS - hurryS(view, state.options);
  if (!isLate && isUnverified(state, view, round)) return [];
  if (offered !== update.contentId && !isLate) return [offer(update)];
  return [...asking, ...dueCommitment(state, { view, round, about, isLate }, update)];
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
