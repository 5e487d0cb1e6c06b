import type { Address } from "../core/ids.ts";
import { modeOf } from "../core/modes/mode-of.ts";
import { type RoundView, roundInFlight, type TaskView } from "../core/record/task-view.ts";
import { isProposed, type ProposedRound, subjectOf } from "../rounds/blobs/proposed-round.ts";
import { isAttestable } from "../rounds/court/court-state.ts";
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
import { type Machine, type Outcome, type Reducers, reducerOf } from "../rounds/machine/machine.ts";
import { isSettled, type RoundEvent, reduceRound, type Seen } from "../rounds/state/round-state.ts";
import { mayAttest, placeOf } from "../rounds/steps/round-queries.ts";
import { updateKey } from "../rounds/words/update-key.ts";
import { dueEncryptedUpdate, dueSumOpening } from "./encrypted/due-encrypted-update.ts";
import { dueMaskedUpdate } from "./masked/due-masked-update.ts";
import { dueShareKey } from "./masked/due-share-key.ts";
import { dueUnmasking } from "./masked/due-unmasking.ts";
import { encryptedReducers } from "./state/encrypted-state.ts";
import { dueGathering, lateSlots, onlyOf } from "./state/gathered-updates.ts";
import { maskedReducers } from "./state/masked-state.ts";
import {
  firstParticipantState,
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
  const first = (seen: Seen) => reduce(firstParticipantState(me, options, seen), { kind: "looked", ...seen });
  return { first, reduce, due, outcome };
}

const reducers: Reducers<ParticipantState, ParticipantEvent> = {
  ...maskedReducers<ParticipantState>(),
  ...encryptedReducers<ParticipantState>(),
  trained: (state, { update }) => ({ ...state, update }),
  signed(state, { subject, attestation }) {
    const signed = remembered(state.signed, subject, attestation);
    return reduceRound({ ...state, signed }, { kind: "attestation", attestation });
  },
  gathered(state, { commitment, fact }) {
    const sinceS = fact === "here" ? state.head.timestampS : undefined;
    return { ...state, gathered: new Map(state.gathered).set(updateKey(commitment), sinceS) };
  },
  recalled: (state, { firstRound, checked }) => ({
    ...state,
    firstRound: Math.min(state.firstRound, firstRound ?? state.firstRound),
    checked: new Set(checked),
  }),
};

function reduce(state: ParticipantState, event: ParticipantEvent | RoundEvent): ParticipantState {
  const own = reducerOf(reducers, event);
  const next = own ? own(state) : reduceRound(state, event as RoundEvent);
  return withUnchecked(state, event.kind === "looked" ? looked(next) : next);
}

/** What a look changes of what a participant knows. */
function looked(state: ParticipantState): ParticipantState {
  return {
    ...state,
    // after a reorganisation the rounds to come may have smaller numbers
    firstRound: Math.min(state.firstRound, firstRoundOf(state)),
    gathered: onlyOf(state.gathered, roundInFlight(state.view)),
  };
}

/** The state with the rounds that are to be recomputed, found anew where something has changed of them. */
function withUnchecked(before: ParticipantState, state: ParticipantState): ParticipantState {
  const isSame =
    before.view.rounds === state.view.rounds &&
    before.court.judgements === state.court.judgements &&
    before.checked === state.checked &&
    before.firstRound === state.firstRound;
  return isSame ? state : { ...state, unchecked: uncheckedRounds(state) };
}

/** The way to a commitment, by who puts keys on the chain before it. */
const updateStepsOf = { none: dueUpdate, each: dueMaskedUpdate, one: dueEncryptedUpdate };

function outcome(state: ParticipantState): Outcome | undefined {
  const { view, me, survey, leaving } = state;
  if (survey.firstOwn === undefined && !leaving && view.complete && isCollected(state)) {
    const place = placeOf(view, me);
    // who has a place may be needed again: a complete task is not final
    const cameLate = place === undefined || place.index >= (view.rounds.at(-1)?.enrolled ?? 0);
    if (cameLate && (place === undefined || isSettled(state))) return { kind: "too-late" };
  }
  return outcomeInCommon(state);
}

function due(state: ParticipantState): readonly ParticipantAction[] {
  const { view } = state;
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
    ...(round.phase === "open" ? updateStepsOf[modeOf(view.rules).keys](state, view, round) : []),
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
  const { view, checked, unchecked, options } = state;
  const isFree = checked === undefined || options.trainOnUnchecked === true || !modeOf(view.rules).isRecomputable;
  return { must: isFree ? [] : unchecked, knows: (round) => isChecked(state, round) };
}
