import { hexEquals } from "../../core/bytes/hex.ts";
import type { Address } from "../../core/ids.ts";
import { finalFromS, type TaskView } from "../../core/record/task-view.ts";
import type { Attestation, Member, Role, SignedCommitment } from "../../core/records.ts";
import type { Head } from "../../ports/chain.ts";
import { type CourtEvent, type CourtState, emptyCourt, isCourtEvent, reduceCourt } from "../court/court-state.ts";
import { dueProofs, type NotedProof } from "../court/due-proofs.ts";
import { duePushes, type NotedPush } from "../steps/push.ts";
import { hasLeft, memberPlaceOf } from "../steps/round-queries.ts";
import { type Survey, type Surveyed, surveyOf } from "../steps/survey.ts";
import { noted } from "../steps/turns.ts";
import { type AttestationPool, addAttestation, onlyRounds } from "../words/attestation-pool.ts";
import { changed } from "../words/changed.ts";
import {
  type MaskHeardEvent,
  type MaskHearing,
  noMaskHearing,
  onlyMaskHearingOf,
  reduceMaskHearing,
} from "../words/mask-hearing.ts";
import { addCommitment, noWords, onlyWordsOf, type WordPool } from "../words/word-pool.ts";
import { contactShown, isListed, type OwnContact } from "./contact.ts";

/** Local wishes that every role's machine has. */
export interface RoleMachineOptions {
  readonly contact: OwnContact;
  /** See {@link PatienceOptions}. */
  readonly patienceS: number;
  /** Seconds of chain time to wait, once a quorum has attested, for the rest of those who may. */
  readonly graceS: number;
  /** Blocks to wait after the task is final, before the work counts as done. */
  readonly settleBlocks: number;
  /** Whether a place is taken again in a task that the account had left before the start (default false). */
  readonly reenter?: boolean;
  /** Whether to prove what is wrong, where nobody was faster (default true). */
  readonly prove?: boolean;
  /** Whether accepted models are measured on the task's public test set (default false). */
  readonly measures?: boolean;
}

/** What a look at the chain shows: a machine has a state from the first look on, and never one without these. */
export interface Seen {
  readonly view: TaskView;
  readonly head: Head;
  readonly members: readonly Member[];
}

/** What every role's machine knows: the record, the members, and what it has heard and found. Immutable. */
export interface RoundState extends Seen, Surveyed {
  readonly me: Address;
  /** The role this machine plays. */
  readonly role: Extract<Role, "participant" | "aggregator"> | "watcher";
  readonly options: RoleMachineOptions;
  readonly survey: Survey;
  readonly attestations: AttestationPool;
  /** Signed commitments that it has heard, of the two newest rounds. */
  readonly words: WordPool;
  /** What it has heard to open masked rounds, of the two newest rounds. */
  readonly masks: MaskHearing;
  readonly court: CourtState;
  /** What can be proven, and since when. */
  readonly proofs: readonly NotedProof[];
  /** The pushes that are due, and since when. */
  readonly pushes: readonly NotedPush[];
  /**
   * This account was seen leaving while it had its role, so by its own will, or had left before the start: it takes no
   * place again by itself. One whose role was revoked meanwhile does, when it is given again.
   */
  readonly leaving: boolean;
  /** See {@link ContactState}. */
  readonly former?: OwnContact | undefined;
  readonly wasWritten: boolean;
  /** Where its latest registration is; absent while there was none. */
  readonly writtenInBlock?: number;
  /** Number of the first head at which the task was seen final; absent while it is not. */
  readonly finalAtBlock?: number;
}

/** What happened to a machine of any role. */
export type RoundEvent =
  | ({
      readonly kind: "looked";
      /** A reorganisation undid something of what was seen before. */
      readonly reset?: boolean;
    } & Seen)
  /** An attestation whose signature and commitment were checked. */
  | { readonly kind: "attestation"; readonly attestation: Attestation }
  /** A commitment whose signature and draw were checked. */
  | { readonly kind: "commitment"; readonly signed: SignedCommitment }
  /** This node's contact is in a block: the registry shows it from then on, or one that came behind it. */
  | { readonly kind: "contact-written"; readonly block: number }
  | MaskHeardEvent
  | CourtEvent;

/** The state after the first look, after any restart. */
export function firstRoundState(
  me: Address,
  role: RoundState["role"],
  options: RoleMachineOptions,
  seen: Seen,
): RoundState {
  const { view, head } = seen;
  const state: RoundState = {
    ...seen,
    me,
    role,
    options,
    survey: surveyOf(view, head, me),
    attestations: new Map(),
    words: noWords,
    masks: noMaskHearing,
    court: emptyCourt,
    proofs: [],
    pushes: [],
    leaving:
      (memberPlaceOf(view, me)?.leaving === true && hasRole({ me, role, ...seen })) ||
      (options.reenter !== true && hasLeft(view, me)),
    former: isListed(me, options.contact, seen.members) ? undefined : contactShown(me, seen.members),
    wasWritten: false,
  };
  return reduceRound(state, { kind: "looked", ...seen });
}

/** The state after an event, the same where it tells nothing new; due pushes and proofs are found anew. */
export function reduceRound<S extends RoundState>(state: S, event: RoundEvent): S {
  const next = applied(state, event);
  if (next === state) return state;
  const { head, options } = next;
  const pushes = noted<Omit<NotedPush, "sinceS">>(next.pushes, duePushes(next, next, options), head);
  const proofs = noted<Omit<NotedProof, "sinceS">>(next.proofs, dueProofs(next, next), head);
  return { ...next, pushes, proofs };
}

function applied<S extends RoundState>(state: S, event: RoundEvent): S {
  if (isCourtEvent(event)) return withRound(state, { court: reduceCourt(state.court, event) });
  switch (event.kind) {
    case "looked":
      return looked(state, event);
    case "attestation":
      return withRound(state, { attestations: addAttestation(state.attestations, event.attestation) });
    case "contact-written":
      return withRound(state, { writtenInBlock: event.block });
    case "commitment":
      return withRound(state, { words: addCommitment(state.words, event.signed, state.head.timestampS) });
    default:
      return withRound(state, { masks: reduceMaskHearing(state.masks, event) });
  }
}

function withRound<S extends RoundState>(state: S, fields: Partial<RoundState>): S {
  return changed<RoundState>(state, fields) as S;
}

function looked<S extends RoundState>(state: S, event: Extract<RoundEvent, { kind: "looked" }>): S {
  const { view, head, members, reset } = event;
  const { me, role, court } = state;
  const newest = view.rounds.slice(-2).map(({ round }) => round);
  const { finalAtBlock = head.number, ...rest } = state;
  return {
    ...(rest as unknown as S),
    ...(isFinal(view, head) && { finalAtBlock: Math.min(finalAtBlock, head.number) }),
    view,
    head,
    members,
    survey: surveyOf(view, head, me, state.survey),
    wasWritten:
      state.wasWritten ||
      head.number >= (state.writtenInBlock ?? Number.POSITIVE_INFINITY) ||
      isListed(me, state.options.contact, members),
    // whose role was taken did not go by itself
    leaving: state.leaving || (isGoing(view, me) && !isGoing(state.view, me) && hasRole({ me, role, members })),
    // what was taken out may not have been
    court: reset === true ? withoutPurse(court) : court,
    attestations: onlyRounds(state.attestations, newest),
    words: onlyWordsOf(state.words, newest),
    masks: onlyMaskHearingOf(state.masks, newest),
  };
}

/** Whether the account has the role that its machine plays. */
export function hasRole({ me, role, members }: Pick<RoundState, "me" | "role" | "members">): boolean {
  return members.some(({ account, roles }) => hexEquals(account, me) && roles.some((held) => held === role));
}

/** Whether the account gives its place up, or has. */
function isGoing(view: TaskView, me: Address): boolean {
  return memberPlaceOf(view, me)?.leaving === true || hasLeft(view, me);
}

function withoutPurse({ purse: _, ...court }: CourtState): CourtState {
  return court;
}

/** Whether the task has its rounds, and nothing of them can be proven wrong any more. */
export function isFinal(view: TaskView, { timestampS }: Head): boolean {
  return view.complete && timestampS >= finalFromS(view);
}

/** Whether the task is final, and so many blocks have followed. */
export function isSettled({ head, finalAtBlock, options }: RoundState): boolean {
  return finalAtBlock !== undefined && head.number >= finalAtBlock + options.settleBlocks;
}
