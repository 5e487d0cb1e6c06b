import type { Address, RoundNumber } from "../core/ids.ts";
import { type RoundView, roundInFlight, type TaskView } from "../core/record/task-view.ts";
import { isProposed, type ProposedRound, subjectOf } from "../rounds/blobs/proposed-round.ts";
import { isAttestable } from "../rounds/court/court-state.ts";
import type { Machine, Outcome } from "../rounds/machine/driver.ts";
import {
  dueCollecting,
  dueContact,
  dueEntry,
  dueJudgements,
  dueMeasuring,
  dueProving,
  duePushing,
  isCollected,
  outcomeInCommon,
} from "../rounds/machine/due-in-common.ts";
import { isSettled, type RoundEvent, reduceRound } from "../rounds/state/round-state.ts";
import { commitmentOf, mayAttest, placeOf } from "../rounds/steps/round-queries.ts";
import { updateKey } from "../rounds/words/update-key.ts";
import { dueEncryptedUpdate, dueSumOpening } from "./encrypted/due-encrypted-update.ts";
import { dueMaskedUpdate } from "./masked/due-masked-update.ts";
import { dueShareKey } from "./masked/due-share-key.ts";
import { dueUnmasking } from "./masked/due-unmasking.ts";
import { isEncryptedEvent, reduceEncrypted } from "./state/encrypted-state.ts";
import { dueGathering, lateSlots, onlyOf } from "./state/gathered-updates.ts";
import { isMaskedEvent, reduceMasked } from "./state/masked-state.ts";
import {
  initialParticipantState,
  type ParticipantAction,
  type ParticipantEvent,
  type ParticipantMachineOptions,
  type ParticipantState,
} from "./state/participant-state.ts";
import { remembered } from "./state/trained-update.ts";
import { firstRoundOf, isChecked, uncheckedRounds } from "./state/unchecked-rounds.ts";
import { dueUpdate } from "./update/due-update.ts";

/** The participant's decisions. */
export function participantMachine(
  me: Address,
  options: ParticipantMachineOptions,
): Machine<ParticipantState, ParticipantEvent, ParticipantAction> {
  return { initial: initialParticipantState(me, options), reduce, due, outcome };
}

function reduce(state: ParticipantState, event: ParticipantEvent | RoundEvent): ParticipantState {
  if (isEncryptedEvent(event)) return reduceEncrypted(state, event);
  if (isMaskedEvent(event)) return reduceMasked(state, event);
  switch (event.kind) {
    case "trained":
      return { ...state, update: event.update };
    case "commitment-signed": {
      const { signed } = event;
      const commitment = { signed, signedAtS: state.head?.timestampS ?? 0 };
      return reduceRound({ ...state, commitment }, { kind: "commitment", signed });
    }
    case "signed": {
      const { subject, attestation } = event;
      const signed = remembered(state.signed, subject, attestation);
      return reduceRound({ ...state, signed }, { kind: "attestation", attestation });
    }
    case "gathered": {
      const sinceS = event.fact === "here" ? state.head?.timestampS : undefined;
      return { ...state, gathered: new Map(state.gathered).set(updateKey(event.commitment), sinceS) };
    }
    case "recalled":
      return { ...state, ...withFirst(state, event.firstRound), checked: new Set(event.checked) };
    case "looked": {
      // after a reorganisation the rounds to come may have smaller numbers
      const firstRound = firstRoundOf(event.view, state.me, event.head.timestampS);
      const gathered = onlyOf(state.gathered, roundInFlight(event.view));
      return reduceRound({ ...state, ...withFirst(state, firstRound), gathered }, event);
    }
    default:
      return reduceRound(state, event);
  }
}

/** The earlier one of the first rounds known. */
function withFirst(
  { firstRound }: ParticipantState,
  other: RoundNumber | undefined,
): Pick<ParticipantState, "firstRound"> {
  if (other === undefined) return {};
  return { firstRound: Math.min(firstRound ?? other, other) };
}

/** The way to a commitment, by the task's mode. */
const updateStepsOf = { transparent: dueUpdate, masked: dueMaskedUpdate, encrypted: dueEncryptedUpdate };

function outcome(state: ParticipantState): Outcome | undefined {
  const { view, me, leaving } = state;
  if (view === undefined) return undefined;
  const contributed = view.rounds.some((round) => commitmentOf(round, me) !== undefined);
  const place = placeOf(view, me);
  if (!contributed && !leaving && view.complete && isCollected(state)) {
    // who has a place may be needed again: a complete task is not final
    const cameLate = place === undefined || place.index >= (view.rounds.at(-1)?.enrolled ?? 0);
    if (cameLate && (place === undefined || isSettled(state))) return { kind: "too-late" };
  }
  return outcomeInCommon(state);
}

function due(state: ParticipantState): readonly ParticipantAction[] {
  const { view } = state;
  if (view === undefined || state.head === undefined) return [];
  const round = roundInFlight(view);
  return [
    ...dueContact(state),
    ...(state.options.autoEnrol ? dueEntry(state) : []),
    ...dueShareKey(state, view),
    ...dueRecall(state),
    ...(round === undefined ? [] : dueInRound(state, view, round)),
    ...dueProving(state),
    ...dueJudgements(state, judgingWishes(state)),
    ...duePushing(state),
    ...dueCollecting(state),
    ...dueMeasuring(state),
  ];
}

function dueInRound(state: ParticipantState, view: TaskView, round: RoundView): readonly ParticipantAction[] {
  return [
    ...(round.phase === "open" ? updateStepsOf[view.rules.mode](state, view, round) : []),
    ...dueGathering(state.gathered, round),
    ...dueUnmasking(state, view, round),
    ...dueSumOpening(state, view, round),
    ...(isProposed(round) ? dueAttestation(state, view, round) : []),
  ];
}

/**
 * The next step towards this participant's attestation, once it found the proposal right: sign, and publish until the
 * round ends.
 */
function dueAttestation(state: ParticipantState, view: TaskView, round: ProposedRound): readonly ParticipantAction[] {
  const { me, court, signed, gathered } = state;
  const subject = subjectOf(round);
  const excused = (round.expelled ?? 0n) | lateSlots(gathered, round, view.rules);
  if (!mayAttest(round, me) || !isAttestable(court.judgements.get(subject), { expelled: excused })) return [];
  const attestation = signed.get(subject);
  if (attestation === undefined) return [{ kind: "sign", key: `sign:${subject}`, subject, round }];
  return [{ kind: "publish", key: `publish:${subject}`, attestation }];
}

/** Asking the journal, once, what an earlier run was to recompute, and did. */
function dueRecall(state: ParticipantState): readonly ParticipantAction[] {
  return state.checked === undefined ? [{ kind: "recall", key: "recall" }] : [];
}

/**
 * What an earlier run found right, or this account attested to, is not recomputed; and what nothing can be proven of
 * any more is where training above it needs that.
 */
function judgingWishes(state: ParticipantState): Parameters<typeof dueJudgements>[1] {
  const { view, checked, options } = state;
  const unchecked = new Set(uncheckedRounds(state).map(subjectOf));
  const isFree = checked === undefined || options.trainOnUnchecked === true || view?.rules.mode === "encrypted";
  return {
    must: (round) => !isFree && unchecked.has(subjectOf(round)),
    knows: (round) => isChecked(state, round),
  };
}
