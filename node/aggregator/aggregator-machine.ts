import { weiOfGwei } from "../core/ether.ts";
import { hexEquals } from "../core/hex.ts";
import type { Address } from "../core/ids.ts";
import type { Commitment, Proposal } from "../core/records.ts";
import type { RoundView, TaskView } from "../core/task-view.ts";
import type { ChainCall } from "../ports/chain.ts";
import { dueRegistration, type OwnContact } from "../rounds/contact.ts";
import type { Machine, Outcome } from "../rounds/driver.ts";
import { isMyTurn } from "../rounds/patience.ts";
import type { PushCall, PushOptions } from "../rounds/push.ts";
import { includedBy, runningRound } from "../rounds/round-queries.ts";
import { initialRoundState, isSettled, type RoundEvent, type RoundState, reduceRound } from "../rounds/round-state.ts";

/** What is known of an update's bytes: they are in the store, or are not what was committed. */
export type UpdateFact = "here" | "unusable";

/** What an aggregator decides by, beside its options. */
export interface AggregatorState extends RoundState {
  readonly options: AggregatorMachineOptions;
  /** By {@link updateKey}; of the running round only. */
  readonly updates: ReadonlyMap<string, UpdateFact>;
  /** Whether the account was seen to have the task's bond, or it was added. */
  readonly bonded: boolean;
  /** The computed result, and what it was computed from. */
  readonly result?: { readonly subject: string; readonly proposal: Proposal };
}

/** Local wishes of an aggregator's machine. */
export interface AggregatorMachineOptions {
  readonly contact: OwnContact;
  readonly patienceS: number;
  readonly settleBlocks: number;
}

/** What happens to an aggregator beside what happens to all roles. */
export type AggregatorEvent =
  | { readonly kind: "update"; readonly commitment: Commitment; readonly fact: UpdateFact | "gone" }
  | { readonly kind: "bonded" }
  | { readonly kind: "aggregated"; readonly subject: string; readonly proposal: Proposal };

/** What an aggregator does. */
export type AggregatorAction =
  | { readonly kind: "bond"; readonly key: string; readonly bondWei: bigint }
  | { readonly kind: "send"; readonly key: string; readonly call: ChainCall }
  | { readonly kind: "push"; readonly key: string; readonly call: PushCall }
  | { readonly kind: "gather"; readonly key: string; readonly commitment: Commitment }
  | {
      readonly kind: "aggregate";
      readonly key: string;
      readonly subject: string;
      readonly round: RoundView;
      readonly attempt: number;
      /** Bitmap of the slots to leave out. */
      readonly excluded: bigint;
    };

/** The aggregator's decisions. */
export function aggregatorMachine(
  me: Address,
  options: AggregatorMachineOptions,
  pushOptions: PushOptions,
): Machine<AggregatorState, AggregatorEvent, AggregatorAction> {
  return {
    initial: { ...initialRoundState(me, "aggregator", pushOptions), options, updates: new Map(), bonded: false },
    reduce,
    due,
    outcome,
  };
}

/** Names an update by everything that is checked of it. */
export function updateKey({ round, updateRoot, contentId }: Commitment): string {
  return `${round}:${updateRoot}:${contentId}`;
}

function reduce(state: AggregatorState, event: AggregatorEvent | RoundEvent): AggregatorState {
  switch (event.kind) {
    case "update": {
      const updates = new Map(state.updates);
      if (event.fact === "gone") updates.delete(updateKey(event.commitment));
      else updates.set(updateKey(event.commitment), event.fact);
      return { ...state, updates };
    }
    case "bonded":
      return { ...state, bonded: true };
    case "aggregated":
      return { ...state, result: { subject: event.subject, proposal: event.proposal } };
    case "looked": {
      const now = new Set(runningRound(event.view)?.commitments.map(updateKey) ?? []);
      const kept = [...state.updates].filter(([key]) => now.has(key));
      const updates = kept.length === state.updates.size ? state.updates : new Map(kept);
      return reduceRound({ ...state, updates }, event);
    }
    default:
      return reduceRound(state, event);
  }
}

function outcome(state: AggregatorState): Outcome | undefined {
  return isSettled(state, state.options.settleBlocks) ? { kind: "complete" } : undefined;
}

function due(state: AggregatorState): readonly AggregatorAction[] {
  const { view, head, me, members, options, push } = state;
  if (view === undefined || head === undefined || view.complete) return [];
  const actions: AggregatorAction[] = [];
  const registration = dueRegistration(me, options.contact, members);
  if (registration !== undefined) actions.push({ kind: "send", key: "register", call: registration });
  if (needsBond(state)) actions.push({ kind: "bond", key: "bond", bondWei: weiOfGwei(view.rules.aggregatorBondGwei) });
  const round = runningRound(view);
  if (round?.phase === "open" || round?.phase === "aggregating") actions.push(...dueGathering(state, round));
  if (round?.phase === "aggregating") actions.push(...dueProposal(state, round));
  if (push !== undefined && isMyTurn(push, me, { view, head, members }, options)) {
    actions.push({ kind: "push", key: push.key, call: push.call });
  }
  return actions;
}

/** Whether the task's bond is to be brought: once, and not again by one that lost a bond in this task. */
function needsBond({ view, members, me, bonded }: AggregatorState): boolean {
  if (view === undefined || view.rules.aggregatorBondGwei === 0 || bonded) return false;
  const lost = view.rounds.some(({ refuted }) => refuted?.some(({ aggregator }) => hexEquals(aggregator, me)));
  return !lost && members.some(({ account, roles }) => hexEquals(account, me) && roles.includes("aggregator"));
}

/** Every aggregator gathers every update, assigned or not: it may be the next, and participants ask it for them. */
function dueGathering(state: AggregatorState, round: RoundView): readonly AggregatorAction[] {
  return round.commitments
    .filter((commitment) => !state.updates.has(updateKey(commitment)))
    .map((commitment) => ({ kind: "gather", key: `gather:${updateKey(commitment)}`, commitment }));
}

/** The next step towards this aggregator's proposal: compute, propose; nothing while updates may still come. */
function dueProposal(state: AggregatorState, round: RoundView): readonly AggregatorAction[] {
  const { view, head, me, result, updates } = state;
  const { assignment } = round;
  if (assignment === undefined || !hexEquals(assignment.aggregator, me)) return [];
  if (head!.timestampS > assignment.deadlineS) return [];
  const { attempt } = assignment;
  const isWaiting = round.commitments.some((commitment) => !updates.has(updateKey(commitment)));
  if (isWaiting && head!.timestampS < excludeAtS(round, view!.rules.aggregateWindowS)) return [];
  const excluded = round.commitments
    .filter((commitment) => updates.get(updateKey(commitment)) !== "here")
    .reduce((bitmap, { slot }) => bitmap | (1n << BigInt(slot)), 0n);
  if (includedBy(round, excluded).length < view!.rules.minUpdates) return [];
  const about = `${round.round}:${attempt}:${excluded.toString(16)}`;
  const subject = [about, round.baseModelRoot, ...round.commitments.map(updateKey)].join("|");
  if (result?.subject !== subject) {
    return [{ kind: "aggregate", key: `aggregate:${about}`, subject, round, attempt, excluded }];
  }
  const call = { kind: "propose", taskId: view!.taskId, round: round.round, proposal: result.proposal } as const;
  return [{ kind: "send", key: `propose:${about}`, call }];
}

/** The second from which updates that cannot be had are left out: half of the aggregator's time has passed. */
function excludeAtS(round: RoundView, aggregateWindowS: number): number {
  return round.assignment!.deadlineS - Math.floor(aggregateWindowS / 2);
}
