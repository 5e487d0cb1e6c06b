import { hexEquals } from "../core/hex.ts";
import type { Address, Bytes32, RoundNumber } from "../core/ids.ts";
import type { Attestation } from "../core/records.ts";
import { type RoundView, roundsInFlight, type TaskView } from "../core/task-view.ts";
import type { ChainCall } from "../ports/chain.ts";
import { isMyTurnToChallenge } from "../rounds/challenge-turn.ts";
import { dueRegistration, type OwnContact } from "../rounds/contact.ts";
import type { Machine, Outcome } from "../rounds/driver.ts";
import { type Judgement, type ProposedRound, subjectOf } from "../rounds/judge-proposal.ts";
import { isMyTurn } from "../rounds/patience.ts";
import { mayAttest, type Push, type PushCall, type PushOptions } from "../rounds/push.ts";
import { commitmentOf, isDrawn, parentOf, placeOf } from "../rounds/round-queries.ts";
import { initialRoundState, isSettled, type RoundEvent, type RoundState, reduceRound } from "../rounds/round-state.ts";

/** An update that was trained, stored and written to the journal. */
export interface TrainedUpdate {
  readonly round: RoundNumber;
  readonly baseModelRoot: Bytes32;
  readonly updateRoot: Bytes32;
  readonly contentId: Bytes32;
  readonly weight: number;
}

/** What a participant decides by, beside its options. Local facts name what they are about, so a reorganisation only makes them idle. */
export interface ParticipantState extends RoundState {
  readonly options: ParticipantMachineOptions;
  readonly update?: TrainedUpdate;
  /** Content id of the update that aggregators were asked to hold, whatever they answered. */
  readonly offered?: Bytes32;
  /** What recomputing the latest proposals came to, by {@link subjectOf}. */
  readonly verified: ReadonlyMap<string, Judgement>;
  /** The latest attestations, by {@link subjectOf}. */
  readonly signed: ReadonlyMap<string, Attestation>;
  /** Was seen leaving: it does not enrol again by itself. */
  readonly leaving: boolean;
}

/** How many judgements and attestations are kept: those of two rounds in flight, and of proposals that a reorganisation brings back. */
const latest = 8;

/** Local wishes of a participant's machine. */
export interface ParticipantMachineOptions {
  /** Enrol when not enrolled. */
  readonly autoEnrol: boolean;
  readonly contact: OwnContact;
  readonly patienceS: number;
  /** Send the proof when a proposal is provably wrong and nobody was faster. */
  readonly challenge: boolean;
  /** Blocks to wait after the last round has ended, before the work counts as done. */
  readonly settleBlocks: number;
}

/** What happens to a participant beside what happens to all roles. */
export type ParticipantEvent =
  | { readonly kind: "trained"; readonly update: TrainedUpdate }
  | { readonly kind: "offered"; readonly contentId: Bytes32 }
  | ({ readonly kind: "verified"; readonly subject: string } & Judgement)
  | { readonly kind: "signed"; readonly subject: string; readonly attestation: Attestation };

/** What a participant does. */
export type ParticipantAction =
  | { readonly kind: "send"; readonly key: string; readonly call: ChainCall }
  | { readonly kind: "push"; readonly key: string; readonly call: PushCall }
  | { readonly kind: "train"; readonly key: string; readonly round: RoundView }
  | { readonly kind: "offer"; readonly key: string; readonly update: TrainedUpdate }
  | { readonly kind: "verify"; readonly key: string; readonly subject: string; readonly round: ProposedRound }
  | { readonly kind: "sign"; readonly key: string; readonly subject: string; readonly round: ProposedRound }
  | { readonly kind: "publish"; readonly key: string; readonly attestation: Attestation };

/** The participant's decisions. */
export function participantMachine(
  me: Address,
  options: ParticipantMachineOptions,
  pushOptions: PushOptions,
): Machine<ParticipantState, ParticipantEvent, ParticipantAction> {
  return {
    initial: {
      ...initialRoundState(me, "participant", pushOptions),
      options,
      verified: new Map(),
      signed: new Map(),
      leaving: false,
    },
    reduce,
    due,
    outcome,
  };
}

function reduce(state: ParticipantState, event: ParticipantEvent | RoundEvent): ParticipantState {
  switch (event.kind) {
    case "trained":
      return { ...state, update: event.update };
    case "offered":
      return { ...state, offered: event.contentId };
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
  if (mayEnrol && placeOf(view, me) === undefined) {
    actions.push({ kind: "send", key: "enrol", call: { kind: "enrol", taskId: view.taskId } });
  }
  for (const round of roundsInFlight(view)) {
    if (isDisputed(state, parentOf(view, round))) continue;
    if (round.phase === "open") actions.push(...dueUpdate(state, view, round));
    if (isProposed(round) && mayAttest(view, me)) actions.push(...dueAttestation(state, round));
  }
  for (const push of state.pushes) {
    if (isFoundWrong(state, push) || !isMyTurn(push, me, { view, head, members }, options)) continue;
    actions.push({ kind: "push", key: push.key, call: push.call });
  }
  return actions;
}

function isProposed(round: RoundView): round is ProposedRound {
  return round.phase === "proposed" && round.proposal !== undefined;
}

/** The next step towards this participant's commitment: train, offer, commit. */
function dueUpdate(state: ParticipantState, view: TaskView, round: RoundView): readonly ParticipantAction[] {
  const { me, head, update, offered } = state;
  if (head!.timestampS > round.commitDeadlineS) return [];
  if (placeOf(view, me)?.leaving !== false || !isDrawn(view, round, me)) return [];
  if (commitmentOf(round, me) !== undefined || !hasBudget(view, me)) return [];
  const about = `${round.round}:${round.baseModelRoot}`;
  if (update === undefined || update.round !== round.round || !hexEquals(update.baseModelRoot, round.baseModelRoot)) {
    return [{ kind: "train", key: `train:${about}`, round }];
  }
  const isLate = head!.timestampS > round.commitDeadlineS - hurryS(view, state.options);
  if (!isLate && isUnverified(state, view, round)) return [];
  if (offered !== update.contentId && !isLate) return [{ kind: "offer", key: `offer:${about}`, update }];
  return [{ kind: "send", key: `commit:${about}`, call: { kind: "commit", taskId: view.taskId, ...update } }];
}

/** The next step towards this participant's attestation: verify, sign, publish until the round ends. */
function dueAttestation(state: ParticipantState, round: ProposedRound): readonly ParticipantAction[] {
  const subject = subjectOf(round);
  const about = `${round.round}:${round.proposal.hash}`;
  const verified = state.verified.get(subject);
  if (verified === undefined || verified.missing !== undefined || (verified.withheld && state.options.challenge)) {
    return [{ kind: "verify", key: `verify:${about}`, subject, round }];
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

/** Whether the round starts from a proposal that this participant can recompute and has not yet: it trains, and commits after. */
function isUnverified({ verified, me }: ParticipantState, view: TaskView, round: RoundView): boolean {
  const parent = parentOf(view, round);
  if (parent === undefined || !isProposed(parent) || !mayAttest(view, me)) return false;
  const judgement = verified.get(subjectOf(parent));
  return judgement === undefined || judgement.missing !== undefined;
}

/** The map with one more entry, and without the oldest where they are too many: a reorganisation brings back only late ones. */
function remembered<V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> {
  return new Map([...[...map].filter(([other]) => other !== key), [key, value] as const].slice(-latest));
}

/** So many seconds before the deadline, committing comes before being held. */
function hurryS(view: TaskView, { patienceS }: ParticipantMachineOptions): number {
  return Math.min(2 * patienceS, Math.floor(view.rules.commitWindowS / 3));
}

function hasBudget(view: TaskView, me: Address): boolean {
  const { roundsPerParticipant } = view.rules;
  if (roundsPerParticipant === 0) return true;
  return view.rounds.filter((round) => commitmentOf(round, me) !== undefined).length < roundsPerParticipant;
}
