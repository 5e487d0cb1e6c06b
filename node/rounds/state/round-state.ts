import type { Address } from "../../core/ids.ts";
import { finalFromS, type TaskView } from "../../core/record/task-view.ts";
import type { Attestation, Member, Role, SignedCommitment } from "../../core/records.ts";
import type { Head } from "../../ports/chain.ts";
import { type CourtEvent, type CourtState, emptyCourt, isCourtEvent, reduceCourt } from "../court/court-state.ts";
import { dueProofs, type NotedProof } from "../court/due-proofs.ts";
import { duePushes, type NotedPush } from "../steps/push.ts";
import { hasLeft, memberPlaceOf } from "../steps/round-queries.ts";
import { noted } from "../steps/turns.ts";
import { type AttestationPool, addAttestation, onlyRounds } from "../words/attestation-pool.ts";
import {
  type MaskHeardEvent,
  type MaskHearing,
  noMaskHearing,
  onlyMaskHearingOf,
  reduceMaskHearing,
} from "../words/mask-hearing.ts";
import { addCommitment, noWords, onlyWordsOf, type WordPool } from "../words/word-pool.ts";
import { isListed, type OwnContact } from "./contact.ts";

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

/** What every role's machine knows: the record, the members, and what it has heard and found. Immutable. */
export interface RoundState {
  readonly me: Address;
  /** The role this machine plays. */
  readonly role: Extract<Role, "participant" | "aggregator"> | "watcher";
  readonly options: RoleMachineOptions;
  /** Absent before the first look at the chain. */
  readonly view?: TaskView;
  readonly head?: Head;
  readonly members: readonly Member[];
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
  /** This account was seen leaving, or has left: it takes no place again by itself. */
  readonly leaving: boolean;
  /** The registry has shown this node's contact; what stands there instead since then is of another process. */
  readonly wasListed: boolean;
  /** Number of the first head at which the task was seen final; absent while it is not. */
  readonly finalAtBlock?: number;
}

/** What happened to a machine of any role. */
export type RoundEvent =
  | { readonly kind: "looked"; readonly view: TaskView; readonly head: Head }
  | { readonly kind: "members"; readonly members: readonly Member[] }
  /** An attestation whose signature and commitment were checked. */
  | { readonly kind: "attestation"; readonly attestation: Attestation }
  /** A commitment whose signature and draw were checked. */
  | { readonly kind: "commitment"; readonly signed: SignedCommitment }
  | MaskHeardEvent
  | CourtEvent;

/** The state a machine starts with, after any restart. */
export function initialRoundState(me: Address, role: RoundState["role"], options: RoleMachineOptions): RoundState {
  return {
    me,
    role,
    options,
    members: [],
    attestations: new Map(),
    words: noWords,
    masks: noMaskHearing,
    court: emptyCourt,
    proofs: [],
    pushes: [],
    leaving: false,
    wasListed: false,
  };
}

/** The state after an event; due pushes and proofs are found anew. */
export function reduceRound<S extends RoundState>(state: S, event: RoundEvent): S {
  const next = applied(state, event);
  const { view, head, attestations, words, options } = next;
  if (view === undefined || head === undefined) return next;
  const pushes = noted<Omit<NotedPush, "sinceS">>(
    next.pushes,
    duePushes(view, head, attestations, options, words, next.masks.advertisements),
    head,
  );
  const proofs = noted<Omit<NotedProof, "sinceS">>(next.proofs, dueProofs(view, head, next), head);
  return { ...next, pushes, proofs };
}

function applied<S extends RoundState>(state: S, event: RoundEvent): S {
  if (isCourtEvent(event)) return { ...state, court: reduceCourt(state.court, event) };
  switch (event.kind) {
    case "looked":
      return looked(state, event);
    case "members":
      return {
        ...state,
        members: event.members,
        wasListed: state.wasListed || isListed(state.me, state.options.contact, event.members),
      };
    case "attestation":
      return { ...state, attestations: addAttestation(state.attestations, event.attestation) };
    case "commitment":
      return { ...state, words: addCommitment(state.words, event.signed, state.head?.timestampS ?? 0) };
    default:
      return { ...state, masks: reduceMaskHearing(state.masks, event) };
  }
}

function looked<S extends RoundState>(state: S, { view, head }: Extract<RoundEvent, { kind: "looked" }>): S {
  const newest = view.rounds.slice(-2).map(({ round }) => round);
  const { finalAtBlock = head.number, ...rest } = state;
  return {
    ...(rest as unknown as S),
    ...(isFinal(view, head) && { finalAtBlock: Math.min(finalAtBlock, head.number) }),
    view,
    head,
    leaving:
      state.leaving ||
      memberPlaceOf(view, state.me)?.leaving === true ||
      (state.options.reenter !== true && hasLeft(view, state.me)),
    attestations: onlyRounds(state.attestations, newest),
    words: onlyWordsOf(state.words, newest),
    masks: onlyMaskHearingOf(state.masks, newest),
  };
}

/** Whether the task has its rounds, and nothing of them can be proven wrong any more. */
export function isFinal(view: TaskView, { timestampS }: Head): boolean {
  return view.complete && timestampS >= finalFromS(view);
}

/** Whether the task is final, and so many blocks have followed. */
export function isSettled({ head, finalAtBlock, options }: RoundState): boolean {
  return head !== undefined && finalAtBlock !== undefined && head.number >= finalAtBlock + options.settleBlocks;
}
