import { weiOfGwei } from "../core/ether.ts";
import { hexEquals } from "../core/hex.ts";
import type { Address } from "../core/ids.ts";
import { type RoundView, roundsInFlight, type TaskView } from "../core/task-view.ts";
import { dueAnswers } from "../rounds/answer-turn.ts";
import { isMyTurnToChallenge } from "../rounds/challenge-turn.ts";
import { dueRegistration } from "../rounds/contact.ts";
import { dueDemandActions } from "../rounds/court-actions.ts";
import type { Machine, Outcome } from "../rounds/driver.ts";
import { isMyTurnToReport } from "../rounds/due-reports.ts";
import { type Judgement, type ProposedRound, subjectOf } from "../rounds/judge-proposal.ts";
import { isMyTurn } from "../rounds/patience.ts";
import { mayAttest, type Push, type PushOptions } from "../rounds/push.ts";
import { nodesShown } from "../rounds/round-demands.ts";
import { isExpelled, parentOf, placeOf } from "../rounds/round-queries.ts";
import { isSettled, type RoundEvent, reduceRound } from "../rounds/round-state.ts";
import { dueAvailability } from "./due-availability.ts";
import { dueEncryptedUpdate, dueSumOpening } from "./due-encrypted-update.ts";
import { dueExclusionChallenge } from "./due-exclusion-challenge.ts";
import { dueMaskedUpdate } from "./due-masked-update.ts";
import { dueUnmasking } from "./due-unmasking.ts";
import { dueUpdate } from "./due-update.ts";
import {
  custodyKey,
  type Holding,
  holdingKey,
  initialParticipantState,
  isProposed,
  type ParticipantAction,
  type ParticipantEvent,
  type ParticipantMachineOptions,
  type ParticipantState,
  remembered,
} from "./participant-state.ts";

export type {
  ParticipantAction,
  ParticipantEvent,
  ParticipantMachineOptions,
  ParticipantState,
  TrainedUpdate,
} from "./participant-state.ts";

/** The participant's decisions. */
export function participantMachine(
  me: Address,
  options: ParticipantMachineOptions,
  pushOptions: PushOptions,
): Machine<ParticipantState, ParticipantEvent, ParticipantAction> {
  return {
    initial: initialParticipantState(me, options, pushOptions),
    reduce,
    due,
    outcome,
  };
}

function reduce(state: ParticipantState, event: ParticipantEvent | RoundEvent): ParticipantState {
  switch (event.kind) {
    case "trained":
      return { ...state, update: event.update };
    case "trained-unmasked":
      return { ...state, unmasked: { round: event.round, baseModelRoot: event.baseModelRoot } };
    case "masked":
      return { ...state, update: event.update, maskedWith: event.keys };
    case "keys-made":
      return { ...state, keys: event.keys };
    case "shares-offered":
      return { ...state, sharesOffered: event.sharesId };
    case "bundle":
      return { ...state, bundles: new Set([...state.bundles, event.sharesId.toLowerCase()].slice(-mostBundles)) };
    case "told": {
      const { unmasking } = event.told;
      const told = remembered(state.told, holdingKey(unmasking), event.told);
      return reduceRound({ ...state, told }, { kind: "unmasking", unmasking });
    }
    case "key-opened":
      return { ...state, openKeys: new Set([...state.openKeys, event.key].slice(-mostRefusals)) };
    case "sum-opened":
      return { ...state, openedSums: remembered(state.openedSums, event.about, event.opened) };
    case "refused":
      return { ...state, refused: new Set([...state.refused, event.key].slice(-mostRefusals)) };
    case "bonded":
      return { ...state, bonded: true };
    case "offered":
      return { ...state, offered: event.contentId };
    case "answered":
      return { ...state, offered: event.contentId, answered: event.contentId };
    case "commitment-signed": {
      const { signed } = event;
      const commitment = { signed, signedAtS: state.head?.timestampS ?? 0 };
      return reduceRound({ ...state, commitment }, { kind: "commitment", signed });
    }
    case "recalled":
      return { ...state, custody: remembered(state.custody, custodyKey(event.commitment), event.words) };
    case "holding":
      return withHolding(state, event);
    case "availability-signed": {
      const { word } = event;
      const key = holdingKey(word);
      const holdings = remembered(state.holdings, key, { ...(state.holdings.get(key) ?? nothing), word });
      return reduceRound({ ...state, holdings }, { kind: "availability", word });
    }
    case "verified": {
      const { kind: _, subject, ...judgement } = event;
      return { ...state, verified: remembered(state.verified, subject, judgement) };
    }
    case "signed": {
      const { subject, attestation } = event;
      const signed = remembered(state.signed, subject, attestation);
      return reduceRound({ ...state, signed }, { kind: "attestation", attestation });
    }
    case "looked": {
      const leaving = state.leaving || placeOf(event.view, state.me)?.leaving === true;
      return reduceRound({ ...state, leaving }, event);
    }
    default:
      return reduceRound(state, event);
  }
}

/** The way to a commitment, by the task's mode. */
const updateStepsOf = { transparent: dueUpdate, masked: dueMaskedUpdate, encrypted: dueEncryptedUpdate };
/** Bundles that are remembered to be here: those of two rounds in flight of 64. */
const mostBundles = 128;
/** Refusals that are remembered. */
const mostRefusals = 32;
const nothing: Holding = { slots: 0n, faulty: 0n };

/** The state with one more update of a closed round at hand. */
function withHolding(
  state: ParticipantState,
  { round, slot, isFaulty }: Extract<ParticipantEvent, { kind: "holding" }>,
): ParticipantState {
  const key = holdingKey(round);
  const before = state.holdings.get(key) ?? nothing;
  const bit = 1n << BigInt(slot);
  const now = isFaulty ? { faulty: before.faulty | bit } : { slots: before.slots | bit };
  return { ...state, holdings: remembered(state.holdings, key, { ...before, ...now }) };
}

function outcome(state: ParticipantState): Outcome | undefined {
  const { view, options, leaving, me } = state;
  if (view === undefined) return undefined;
  if (view.complete) return isSettled(state, options.settleBlocks) ? { kind: "complete" } : undefined;
  return leaving && placeOf(view, me) === undefined ? { kind: "left" } : undefined;
}

function due(state: ParticipantState): readonly ParticipantAction[] {
  const { view, head, me, members, options } = state;
  if (view === undefined || head === undefined || view.complete) return [];
  const actions: ParticipantAction[] = [];
  const registration = dueRegistration(me, options.contact, members);
  if (registration !== undefined) actions.push({ kind: "send", key: "register", call: registration });
  const roles = members.find(({ account }) => hexEquals(account, me))?.roles ?? [];
  const mayEnrol = options.autoEnrol && !state.leaving && roles.includes("participant");
  if (mayEnrol && placeOf(view, me) === undefined && !isExpelled(view, me)) actions.push(dueEnrolment(state, view));
  for (const round of roundsInFlight(view)) {
    actions.push(...dueAvailability(state, view, round), ...dueUnmasking(state, view, round));
    actions.push(...dueSumOpening(state, view, round));
    const exclusion = isProposed(round) ? dueExclusionChallenge(state, round) : [];
    actions.push(...exclusion);
    // the proof that it has: a second one would only be refused
    if (exclusion.some(({ kind }) => kind === "send")) continue;
    if (isDisputed(state, parentOf(view, round))) continue;
    if (round.phase === "open") {
      actions.push(...updateStepsOf[view.rules.mode](state, view, round));
    }
    if (isProposed(round) && mayAttest(view, me)) actions.push(...dueAttestation(state, round));
  }
  if (options.challenge) {
    const judgementOf = (round: ProposedRound) => state.verified.get(subjectOf(round));
    actions.push(...dueDemandActions(me, { view, head }, judgementOf, options));
  }
  actions.push(...dueAnswers(me, { view, head, members }, options));
  for (const report of options.challenge ? state.reports : []) {
    if (isMyTurnToReport(report, me, { view, head }, options)) {
      actions.push({ kind: "send", key: report.key, call: report.call });
    }
  }
  for (const push of state.pushes) {
    if (isFoundWrong(state, push) || !isMyTurn(push, me, { view, head, members }, options)) continue;
    actions.push({ kind: "push", key: push.key, call: push.call });
  }
  return actions;
}

/** The place in the task; before it the bond that a place asks for. */
function dueEnrolment({ bonded }: ParticipantState, { taskId, rules }: TaskView): ParticipantAction {
  const bondWei = weiOfGwei(rules.participantBondGwei);
  if (bondWei > 0n && !bonded) return { kind: "bond", key: "bond", bondWei };
  return { kind: "send", key: "enrol", call: { kind: "enrol", taskId } };
}

/** The next step towards this participant's attestation: verify, sign, publish until the round ends. */
function dueAttestation(state: ParticipantState, round: ProposedRound): readonly ParticipantAction[] {
  const subject = subjectOf(round);
  const about = `${round.round}:${round.proposal.hash}`;
  const verified = state.verified.get(subject);
  if (verified === undefined || verified.missing !== undefined || (verified.withheld && state.options.challenge)) {
    const shown = nodesShown(round).length;
    return [{ kind: "verify", key: `verify:${about}:${shown}`, subject, round }];
  }
  if (!verified.agrees) return dueChallenge(state, round, verified);
  const attestation = state.signed.get(subject);
  if (attestation === undefined) return [{ kind: "sign", key: `sign:${about}`, subject, round }];
  return [{ kind: "publish", key: `publish:${about}`, attestation }];
}

/** The proof that the proposal is wrong, where there is one and it is this participant's turn. */
function dueChallenge(
  state: ParticipantState,
  round: ProposedRound,
  { challenge }: Judgement,
): readonly ParticipantAction[] {
  const { me, view, head, options } = state;
  if (challenge === undefined || !options.challenge) return [];
  if (!isMyTurnToChallenge(me, { view: view!, head: head!, round }, options)) return [];
  return [{ kind: "send", key: `challenge:${round.proposal.hash}`, call: challenge }];
}

/** Whether this participant found the round's proposal wrong: then it does nothing to make it final, and builds nothing on it. */
function isDisputed({ verified }: ParticipantState, round: RoundView | undefined): boolean {
  if (round === undefined || !isProposed(round)) return false;
  const judgement = verified.get(subjectOf(round));
  return judgement !== undefined && !judgement.agrees && judgement.missing === undefined;
}

/** Whether the push makes a proposal final that this participant found wrong, or builds on it. */
function isFoundWrong(state: ParticipantState, { call }: Push): boolean {
  const view = state.view!;
  if (call.kind === "reassign") return false;
  const number = call.kind === "openRound" ? view.rounds.length : call.round;
  const round = roundsInFlight(view).find((one) => one.round === number);
  return isDisputed(state, round) || (round !== undefined && isDisputed(state, parentOf(view, round)));
}
