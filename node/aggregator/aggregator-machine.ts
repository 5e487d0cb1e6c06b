import { weiOfGwei } from "../core/ether.ts";
import { hexEquals } from "../core/hex.ts";
import type { Address } from "../core/ids.ts";
import { type RoundView, roundsInFlight, type TaskView } from "../core/task-view.ts";
import { dueAnswers } from "../rounds/answer-turn.ts";
import { dueRegistration } from "../rounds/contact.ts";
import type { Machine, Outcome } from "../rounds/driver.ts";
import { isMyTurn } from "../rounds/patience.ts";
import type { PushOptions } from "../rounds/push.ts";
import { isSettled, type RoundEvent, reduceRound } from "../rounds/round-state.ts";
import {
  type AggregatorAction,
  type AggregatorEvent,
  type AggregatorMachineOptions,
  type AggregatorState,
  initialAggregatorState,
  updateKey,
} from "./aggregator-state.ts";
import { dueProposal } from "./due-proposal.ts";

export type {
  AggregatorAction,
  AggregatorEvent,
  AggregatorMachineOptions,
  AggregatorState,
  Opening,
  UpdateFact,
  UpdateName,
} from "./aggregator-state.ts";
export { updateKey } from "./aggregator-state.ts";

/** The aggregator's decisions. */
export function aggregatorMachine(
  me: Address,
  options: AggregatorMachineOptions,
  pushOptions: PushOptions,
): Machine<AggregatorState, AggregatorEvent, AggregatorAction> {
  return {
    initial: initialAggregatorState(me, options, pushOptions),
    reduce,
    due,
    outcome,
  };
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
    case "bundle":
      return { ...state, bundles: new Set([...state.bundles, event.sharesId.toLowerCase()]) };
    case "opening":
      return { ...state, opening: event.opening };
    case "aggregated":
      return { ...state, result: withoutKind(event) };
    case "looked": {
      const now = new Set(roundsInFlight(event.view).flatMap(({ commitments }) => commitments.map(updateKey)));
      const kept = [...state.updates].filter(([key]) => now.has(key));
      const updates = kept.length === state.updates.size ? state.updates : new Map(kept);
      const custody = ofRounds(state.custody, roundsInFlight(event.view));
      const bundles = stillAdvertised(state.bundles, roundsInFlight(event.view));
      return reduceRound({ ...state, updates, custody, bundles }, event);
    }
    default:
      return reduceRound(state, event);
  }
}

function withoutKind({
  kind: _,
  ...result
}: Extract<AggregatorEvent, { kind: "aggregated" }>): AggregatorState["result"] {
  return result;
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
    if (round.phase === "open" || round.phase === "aggregating") {
      actions.push(...dueGathering(state, round), ...dueShares(state, round));
    }
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

/** And every share bundle of a masked round, as long as its owner is there to give it. */
function dueShares({ view, bundles }: AggregatorState, round: RoundView): readonly AggregatorAction[] {
  if (view!.rules.mode !== "masked") return [];
  return (round.advertisements ?? [])
    .filter(({ sharesId }) => !bundles.has(sharesId.toLowerCase()))
    .map((of) => ({ kind: "gather-shares", key: `gather-shares:${of.sharesId}`, of, round }));
}

/** The bundles of these rounds. */
function stillAdvertised(bundles: ReadonlySet<string>, rounds: readonly RoundView[]): ReadonlySet<string> {
  const named = new Set(
    rounds.flatMap(({ advertisements = [] }) => advertisements.map(({ sharesId }) => sharesId.toLowerCase())),
  );
  const kept = [...bundles].filter((sharesId) => named.has(sharesId));
  return kept.length === bundles.size ? bundles : new Set(kept);
}

/** What is known of the updates of these rounds: custody is signed before there is a commitment. */
function ofRounds(custody: ReadonlyMap<string, boolean>, rounds: readonly RoundView[]): ReadonlyMap<string, boolean> {
  const kept = [...custody].filter(([key]) => rounds.some(({ round }) => key.startsWith(`${round}:`)));
  return kept.length === custody.size ? custody : new Map(kept);
}
