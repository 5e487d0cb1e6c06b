import type { FedledgerError } from "../../core/errors/error.ts";
import type { PeerIdText } from "../../core/ids.ts";
import type { ActionResult, DueAction } from "../actions/action-runner.ts";
import type { TaskLook } from "../blobs/task-look.ts";
import type { RoundEvent, RoundState, Seen } from "../state/round-state.ts";

/**
 * How a role's work on a task ended: the task is final; the account has left it, or came too late to contribute
 * anything; nothing is left to do but to take out what is owed to it, for which it has no ether; it was stopped; or it
 * cannot go on.
 */
export type Outcome = { readonly kind: "final" | "left" | "too-late" | "stopped" } | Unpaid | Failed;

/** What is owed to an account that cannot pay for taking it out, in wei. */
interface Unpaid {
  readonly kind: "unpaid";
  readonly owedWei: bigint;
}

/**
 * There is nothing left to work on: the chain is another one (CHAIN_RESET, CHAIN_MISMATCH), or another node of the
 * account runs (ACCOUNT_ELSEWHERE).
 */
interface Failed {
  readonly kind: "failed";
  readonly error: FedledgerError;
}

/** A role's decisions: pure, value in, value out. */
export interface Machine<S extends RoundState, E, A extends DueAction> {
  /** The state after the first look: there is none before. */
  first(seen: Seen): S;
  /** The state after an event; the same where it tells nothing new. */
  reduce(state: S, event: E | RoundEvent): S;
  /** What is to be done now. Level-triggered: asked after every event, it names everything due, running or not. */
  due(state: S): readonly A[];
  /** How the work ended, once it has. */
  outcome(state: S): Outcome | undefined;
}

/** Where an action is carried out. */
export interface ActionContext<S extends RoundState, E> {
  /** As it was when the action began. */
  readonly state: S;
  /** Of that state, for whoever reads and writes blobs. */
  readonly look: TaskLook;
  readonly signal: AbortSignal;
  /** Makes an event part of the state before it returns; the state after it. */
  emit(event: E | RoundEvent): S;
}

/** What an action did. A rejection is a failure that is tried again. */
export type Performed = Promise<ActionResult | undefined>;

/** Does actions, each by its kind. */
export type Performers<S extends RoundState, E, A extends DueAction & { readonly kind: string }> = {
  readonly [K in A["kind"]]: (action: Extract<A, { kind: K }>, context: ActionContext<S, E>) => Performed;
};

/** Changes the state, each event by its kind. */
export type Reducers<S, E extends { readonly kind: string }> = {
  readonly [K in E["kind"]]: (state: S, event: Extract<E, { kind: K }>) => S;
};

/** Requests of other members that a role answers, from its first look on. */
export interface Protocol<S extends RoundState> {
  readonly protocol: string;
  /** The answer. A FedledgerError refuses with its code. */
  answer(message: Uint8Array, from: PeerIdText, state: S, signal: AbortSignal): Promise<Uint8Array>;
}

/** The reducer of an event's kind, where the table has one. */
export function reducerOf<S, E extends { readonly kind: string }>(
  reducers: Reducers<S, E>,
  event: { readonly kind: string },
): ((state: S) => S) | undefined {
  if (!Object.hasOwn(reducers, event.kind)) return undefined;
  const own = event as E;
  // the table has under each kind what reduces that kind
  const reduce = reducers[own.kind as E["kind"]] as (state: S, event: E) => S;
  return (state) => reduce(state, own);
}

/** Does an action by what its kind is in the table. */
export function performBy<S extends RoundState, E, A extends DueAction & { readonly kind: string }>(
  performers: Performers<S, E, A>,
  action: A,
  context: ActionContext<S, E>,
): Performed {
  // as above
  const perform = performers[action.kind as A["kind"]] as (action: A, context: ActionContext<S, E>) => Performed;
  return perform(action, context);
}
