import type { Address } from "../core/ids.ts";
import type { Attestation, Member, Role } from "../core/records.ts";
import type { TaskView } from "../core/task-view.ts";
import type { Head } from "../ports/chain.ts";
import { type AttestationPool, addAttestation, onlyRound } from "./attestation-pool.ts";
import { duePush, type NotedPush, notePush, type PushOptions } from "./push.ts";

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
  /** The push that is due, and since when. */
  readonly push?: NotedPush;
  /** Number of the first head at which the task was seen complete; absent while it is not. */
  readonly completeAtBlock?: number;
}

/** What happened to a machine of any role. */
export type RoundEvent =
  | { readonly kind: "looked"; readonly view: TaskView; readonly head: Head }
  | { readonly kind: "members"; readonly members: readonly Member[] }
  /** An attestation whose signature and enrolment were checked. */
  | { readonly kind: "attestation"; readonly attestation: Attestation };

/** The state a machine starts with, after any restart. */
export function initialRoundState(me: Address, role: RoundState["role"], pushOptions: PushOptions): RoundState {
  return { me, role, pushOptions, members: [], attestations: new Map() };
}

/** The state after an event; the due push is found anew. */
export function reduceRound<S extends RoundState>(state: S, event: RoundEvent): S {
  const next = applied(state, event);
  const { push: _, ...rest } = next;
  if (next.view === undefined || next.head === undefined) return rest as S;
  const push = notePush(next.push, duePush(next.view, next.head, next.attestations, next.pushOptions), next.head);
  return (push === undefined ? rest : { ...rest, push }) as S;
}

function applied<S extends RoundState>(state: S, event: RoundEvent): S {
  switch (event.kind) {
    case "looked": {
      const round = event.view.rounds.at(-1)?.round ?? 0;
      const attestations = onlyRound(state.attestations, round);
      const { completeAtBlock = event.head.number, ...rest } = state;
      const done = event.view.complete ? { completeAtBlock: Math.min(completeAtBlock, event.head.number) } : {};
      return { ...rest, ...done, view: event.view, head: event.head, attestations } as unknown as S;
    }
    case "members":
      return { ...state, members: event.members };
    case "attestation":
      return { ...state, attestations: addAttestation(state.attestations, event.attestation) };
  }
}

/** Whether the task is complete and so many blocks have followed. */
export function isSettled({ head, completeAtBlock }: RoundState, settleBlocks: number): boolean {
  return head !== undefined && completeAtBlock !== undefined && head.number >= completeAtBlock + settleBlocks;
}
