import { weiOfGwei } from "../core/ether.ts";
import { hexEquals } from "../core/hex.ts";
import type { Address } from "../core/ids.ts";
import type { Commitment, Proposal } from "../core/records.ts";
import { type RoundView, roundsInFlight, type TaskView } from "../core/task-view.ts";
import type { ChainCall } from "../ports/chain.ts";
import { type AnswerAction, dueAnswers } from "../rounds/answer-turn.ts";
import { dueRegistration, type OwnContact } from "../rounds/contact.ts";
import type { Machine, Outcome } from "../rounds/driver.ts";
import { isMyTurn } from "../rounds/patience.ts";
import type { PushCall, PushOptions } from "../rounds/push.ts";
import { initialRoundState, isSettled, type RoundEvent, type RoundState, reduceRound } from "../rounds/round-state.ts";
import { availabilityOf } from "../rounds/word-pool.ts";
import { chooseUpdates } from "./choose-updates.ts";

/** What is known of an update's bytes: they are in the store, or are not what was committed. */
export type UpdateFact = "here" | "unusable";

/** What an aggregator decides by, beside its options. */
export interface AggregatorState extends RoundState {
  readonly options: AggregatorMachineOptions;
  /** By {@link updateKey}; of the rounds in flight only. */
  readonly updates: ReadonlyMap<string, UpdateFact>;
  /** Whether custody was signed, by {@link updateKey}, where it is known; of the rounds in flight only. */
  readonly custody: ReadonlyMap<string, boolean>;
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
  /** Custody was signed, or the journal said whether it was. */
  | { readonly kind: "custody"; readonly update: UpdateName; readonly isSigned: boolean }
  | { readonly kind: "bonded" }
  | { readonly kind: "aggregated"; readonly subject: string; readonly proposal: Proposal };

/** What an aggregator does. */
export type AggregatorAction =
  | { readonly kind: "bond"; readonly key: string; readonly bondWei: bigint }
  | { readonly kind: "send"; readonly key: string; readonly call: ChainCall }
  | { readonly kind: "push"; readonly key: string; readonly call: PushCall }
  | AnswerAction
  | { readonly kind: "gather"; readonly key: string; readonly commitment: Commitment }
  /** Asks the journal for which of these custody was signed. */
  | { readonly kind: "recall"; readonly key: string; readonly commitments: readonly Commitment[] }
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
    initial: {
      ...initialRoundState(me, "aggregator", pushOptions),
      options,
      updates: new Map(),
      custody: new Map(),
      bonded: false,
    },
    reduce,
    due,
    outcome,
  };
}

/** What an update is named by, committed or not yet. */
export type UpdateName = Pick<Commitment, "round" | "participant" | "updateRoot" | "contentId">;

/** Names an update by everything that is checked of it; whose it is, too, for another may have committed to the same root and bytes. */
export function updateKey({ round, participant, updateRoot, contentId }: UpdateName): string {
  return `${round}:${participant}:${updateRoot}:${contentId}`.toLowerCase();
}

function reduce(state: AggregatorState, event: AggregatorEvent | RoundEvent): AggregatorState {
  switch (event.kind) {
    case "update": {
      const updates = new Map(state.updates);
      if (event.fact === "gone") updates.delete(updateKey(event.commitment));
      else updates.set(updateKey(event.commitment), event.fact);
      return { ...state, updates };
    }
    case "custody":
      return { ...state, custody: new Map(state.custody).set(updateKey(event.update), event.isSigned) };
    case "bonded":
      return { ...state, bonded: true };
    case "aggregated":
      return { ...state, result: { subject: event.subject, proposal: event.proposal } };
    case "looked": {
      const now = new Set(roundsInFlight(event.view).flatMap(({ commitments }) => commitments.map(updateKey)));
      const kept = [...state.updates].filter(([key]) => now.has(key));
      const updates = kept.length === state.updates.size ? state.updates : new Map(kept);
      return reduceRound({ ...state, updates, custody: ofRounds(state.custody, roundsInFlight(event.view)) }, event);
    }
    default:
      return reduceRound(state, event);
  }
}

function outcome(state: AggregatorState): Outcome | undefined {
  return isSettled(state, state.options.settleBlocks) ? { kind: "complete" } : undefined;
}

function due(state: AggregatorState): readonly AggregatorAction[] {
  const { view, head, me, members, options, pushes } = state;
  if (view === undefined || head === undefined || view.complete) return [];
  const actions: AggregatorAction[] = [];
  const registration = dueRegistration(me, options.contact, members);
  if (registration !== undefined) actions.push({ kind: "send", key: "register", call: registration });
  if (needsBond(state)) actions.push({ kind: "bond", key: "bond", bondWei: bondOf(view) });
  actions.push(...dueAnswers(me, { view, head, members }, options));
  for (const round of roundsInFlight(view)) {
    if (round.phase === "open" || round.phase === "aggregating") actions.push(...dueGathering(state, round));
    if (round.phase === "aggregating") actions.push(...dueProposal(state, round));
  }
  for (const push of pushes) {
    if (isMyTurn(push, me, { view, head, members }, options))
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

/** What may be locked at a time: in a pipelined task one account can answer for two rounds. */
function bondOf({ rules }: TaskView): bigint {
  return (rules.pipelined ? 2n : 1n) * weiOfGwei(rules.aggregatorBondGwei);
}

/** Every aggregator gathers every update, assigned or not: it may be the next, and participants ask it for them. */
function dueGathering(state: AggregatorState, round: RoundView): readonly AggregatorAction[] {
  return round.commitments
    .filter((commitment) => !state.updates.has(updateKey(commitment)))
    .map((commitment) => ({ kind: "gather", key: `gather:${updateKey(commitment)}`, commitment }));
}

/** What is known of the updates of these rounds: custody is signed before there is a commitment. */
function ofRounds(custody: ReadonlyMap<string, boolean>, rounds: readonly RoundView[]): ReadonlyMap<string, boolean> {
  const kept = [...custody].filter(([key]) => rounds.some(({ round }) => key.startsWith(`${round}:`)));
  return kept.length === custody.size ? custody : new Map(kept);
}

/** The next step towards this aggregator's proposal: compute, propose; nothing while updates or words may still come. */
function dueProposal(state: AggregatorState, round: RoundView): readonly AggregatorAction[] {
  const { view, head, me, result, updates, custody } = state;
  const { assignment } = round;
  if (assignment === undefined || !hexEquals(assignment.aggregator, me)) return [];
  if (head!.timestampS > assignment.deadlineS) return [];
  const { attempt } = assignment;
  const choice = chooseUpdates({
    round,
    rules: view!.rules,
    factOf: (commitment) => updates.get(updateKey(commitment)),
    custodyOf: (commitment) => custody.get(updateKey(commitment)),
    words: availabilityOf(state.words, round),
    isTimeUp: head!.timestampS >= excludeAtS(round, view!.rules.aggregateWindowS),
  });
  if (choice.kind === "wait") return [];
  if (choice.kind === "recall") {
    return [{ kind: "recall", key: `recall:${round.round}:${attempt}`, commitments: choice.commitments }];
  }
  const { excluded, words } = choice;
  const about = `${round.round}:${attempt}:${excluded.toString(16)}`;
  const subject = [about, round.baseModelRoot, ...round.commitments.map(updateKey)].join("|");
  if (result?.subject !== subject) {
    return [{ kind: "aggregate", key: `aggregate:${about}`, subject, round, attempt, excluded }];
  }
  const { taskId } = view!;
  const call = { kind: "propose", taskId, round: round.round, proposal: result.proposal } as const;
  return [{ kind: "send", key: `propose:${about}`, call: view!.rules.holders > 0 ? { ...call, words } : call }];
}

/** The second from which updates that cannot be had are left out: half of the aggregator's time has passed. */
function excludeAtS(round: RoundView, aggregateWindowS: number): number {
  return round.assignment!.deadlineS - Math.floor(aggregateWindowS / 2);
}
