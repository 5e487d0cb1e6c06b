import type { Address } from "../core/ids.ts";
import type { Attestation, Availability, Member, Role, SignedCommitment } from "../core/records.ts";
import type { TaskView } from "../core/task-view.ts";
import type { Head } from "../ports/chain.ts";
import { type AttestationPool, addAttestation, onlyRounds } from "./attestation-pool.ts";
import { dueReports, type NotedReport, noteReports, type UpdateFault } from "./due-reports.ts";
import type { Unmasking } from "./mask-messages.ts";
import { duePushes, type NotedPush, notePushes, type PushOptions } from "./push.ts";
import { addUnmasking, onlyUnmaskingsOf, type UnmaskPool } from "./unmask-pool.ts";
import { addAvailability, addCommitment, noWords, onlyWordsOf, type WordPool } from "./word-pool.ts";

/** What every role's machine knows: the record, the members, and what it has heard. Immutable. */
export interface RoundState {
  readonly me: Address;
  /** The role this machine plays. */
  readonly role: Extract<Role, "participant" | "aggregator"> | "watcher";
  readonly pushOptions: PushOptions;
  /** Absent before the first look at the chain. */
  readonly view?: TaskView;
  readonly head?: Head;
  readonly members: readonly Member[];
  readonly attestations: AttestationPool;
  /** Signed commitments and words on availability that it has heard, of the two newest rounds. */
  readonly words: WordPool;
  /** What survivors told to open masked rounds, of the two newest rounds. */
  readonly unmaskings: UnmaskPool;
  /** Updates of the two newest rounds whose bytes were seen to break the rules. */
  readonly faults: readonly UpdateFault[];
  /** Misconduct that can be reported, and since when. */
  readonly reports: readonly NotedReport[];
  /** The pushes that are due, and since when; those of the older round first. */
  readonly pushes: readonly NotedPush[];
  /** Number of the first head at which the task was seen complete; absent while it is not. */
  readonly completeAtBlock?: number;
}

/** What happened to a machine of any role. */
export type RoundEvent =
  | { readonly kind: "looked"; readonly view: TaskView; readonly head: Head }
  | { readonly kind: "members"; readonly members: readonly Member[] }
  /** An attestation whose signature and enrolment were checked. */
  | { readonly kind: "attestation"; readonly attestation: Attestation }
  /** A commitment whose signature and draw were checked. */
  | { readonly kind: "commitment"; readonly signed: SignedCommitment }
  /** A word whose signature, round and holder were checked. */
  | { readonly kind: "availability"; readonly word: Availability }
  /** What a survivor told, its author, round and seed checked. */
  | { readonly kind: "unmasking"; readonly unmasking: Unmasking }
  /** An update was seen to break the rules. */
  | { readonly kind: "fault"; readonly fault: UpdateFault };

/** The state a machine starts with, after any restart. */
export function initialRoundState(me: Address, role: RoundState["role"], pushOptions: PushOptions): RoundState {
  return {
    me,
    role,
    pushOptions,
    members: [],
    attestations: new Map(),
    words: noWords,
    unmaskings: new Map(),
    faults: [],
    reports: [],
    pushes: [],
  };
}

/** The state after an event; due pushes and reports are found anew. */
export function reduceRound<S extends RoundState>(state: S, event: RoundEvent): S {
  const next = applied(state, event);
  const { view, head, attestations, words, faults, pushOptions } = next;
  if (view === undefined || head === undefined) return next;
  const pushes = notePushes(next.pushes, duePushes(view, head, attestations, pushOptions, words), head);
  const reports = noteReports(next.reports, dueReports(view, words, faults), head);
  return { ...next, pushes, reports };
}

function applied<S extends RoundState>(state: S, event: RoundEvent): S {
  switch (event.kind) {
    case "looked": {
      const newest = event.view.rounds.slice(-2).map(({ round }) => round);
      const attestations = onlyRounds(state.attestations, newest);
      const words = onlyWordsOf(state.words, newest);
      const unmaskings = onlyUnmaskingsOf(state.unmaskings, newest);
      const faults = state.faults.filter(({ commitment }) => newest.includes(commitment.round));
      const { completeAtBlock = event.head.number, ...rest } = state;
      const done = event.view.complete ? { completeAtBlock: Math.min(completeAtBlock, event.head.number) } : {};
      const heard = { attestations, words, unmaskings, faults };
      return { ...rest, ...done, view: event.view, head: event.head, ...heard } as unknown as S;
    }
    case "members":
      return { ...state, members: event.members };
    case "attestation":
      return { ...state, attestations: addAttestation(state.attestations, event.attestation) };
    case "commitment":
      return { ...state, words: addCommitment(state.words, event.signed, state.head?.timestampS ?? 0) };
    case "availability":
      return { ...state, words: addAvailability(state.words, event.word) };
    case "unmasking":
      return { ...state, unmaskings: addUnmasking(state.unmaskings, event.unmasking) };
    case "fault": {
      const { updateRoot } = event.fault.commitment;
      const isKnown = state.faults.some(({ commitment }) => commitment.updateRoot === updateRoot);
      return isKnown ? state : { ...state, faults: [...state.faults, event.fault] };
    }
  }
}

/** Whether the task is complete and so many blocks have followed. */
export function isSettled({ head, completeAtBlock }: RoundState, settleBlocks: number): boolean {
  return head !== undefined && completeAtBlock !== undefined && head.number >= completeAtBlock + settleBlocks;
}
