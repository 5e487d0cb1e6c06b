import { hexEquals } from "../core/bytes/hex.ts";
import type { Address } from "../core/ids.ts";
import { modeOf } from "../core/modes/mode-of.ts";
import { type RoundView, roundInFlight, type TaskView } from "../core/record/task-view.ts";
import {
  dueCollecting,
  dueContact,
  dueEntry,
  dueJudgements,
  dueMeasuring,
  dueProving,
  duePushing,
  outcomeInCommon,
} from "../rounds/machine/due-in-common.ts";
import { type Machine, type Reducers, reducerOf } from "../rounds/machine/machine.ts";
import { type RoleMachineOptions, type RoundEvent, reduceRound } from "../rounds/state/round-state.ts";
import { updateKey } from "../rounds/words/update-key.ts";
import {
  type AggregatorAction,
  type AggregatorEvent,
  type AggregatorState,
  firstAggregatorState,
} from "./aggregator-state.ts";
import { dueProposal } from "./due-proposal.ts";

/** The aggregator's decisions. */
export function aggregatorMachine(
  me: Address,
  options: RoleMachineOptions,
): Machine<AggregatorState, AggregatorEvent, AggregatorAction> {
  return { first: (seen) => firstAggregatorState(me, options, seen), reduce, due, outcome: outcomeInCommon };
}

const reducers: Reducers<AggregatorState, AggregatorEvent> = {
  update(state, { commitment, fact }) {
    const updates = new Map(state.updates);
    if (fact === "gone") updates.delete(updateKey(commitment));
    else updates.set(updateKey(commitment), fact);
    return { ...state, updates };
  },
  bundle: (state, { sharesId }) => ({ ...state, bundles: new Set([...state.bundles, sharesId.toLowerCase()]) }),
  opening: (state, { opening }) => ({ ...state, opening }),
  aggregated: (state, { result }) => ({ ...state, result }),
};

function reduce(state: AggregatorState, event: AggregatorEvent | RoundEvent): AggregatorState {
  const own = reducerOf(reducers, event);
  const next = own ? own(state) : reduceRound(state, event as RoundEvent);
  return event.kind === "looked" ? withoutOthers(next, roundInFlight(next.view)) : next;
}

/** The state without what it knows of other rounds' blobs. */
function withoutOthers(state: AggregatorState, round: RoundView | undefined): AggregatorState {
  const committed = new Set(round?.commitments.map(updateKey));
  const advertised = new Set(round?.advertisements?.map(({ sharesId }) => sharesId.toLowerCase()));
  const updates = [...state.updates].filter(([key]) => committed.has(key));
  const bundles = [...state.bundles].filter((sharesId) => advertised.has(sharesId));
  return {
    ...state,
    ...(updates.length < state.updates.size && { updates: new Map(updates) }),
    ...(bundles.length < state.bundles.size && { bundles: new Set(bundles) }),
  };
}

function due(state: AggregatorState): readonly AggregatorAction[] {
  const { view } = state;
  const round = roundInFlight(view);
  return [
    ...dueContact(state),
    ...dueEntry(state),
    ...dueResumption(state, view),
    ...(round === undefined ? [] : [...dueGathering(state, round), ...dueShares(state, view, round)]),
    ...(round?.phase === "aggregating" ? dueProposal(state, round) : []),
    ...dueProving(state),
    ...dueJudgements(state),
    ...duePushing(state),
    ...dueCollecting(state),
    ...dueMeasuring(state),
  ];
}

/** Coming back into the rotation after a missed turn. */
function dueResumption({ me }: AggregatorState, { taskId, joined, complete }: TaskView): readonly AggregatorAction[] {
  const place = joined.find(({ account }) => hexEquals(account, me));
  if (complete || place === undefined || place.leaving || !place.idle) return [];
  return [{ kind: "send", key: "resume", call: { kind: "resume", taskId } }];
}

/** Every aggregator gathers every update, assigned or not: it may be the next, and others ask it for them. */
function dueGathering(state: AggregatorState, round: RoundView): readonly AggregatorAction[] {
  return round.commitments
    .filter((commitment) => !state.updates.has(updateKey(commitment)))
    .map((commitment) => ({ kind: "gather", key: `gather:${updateKey(commitment)}`, commitment }));
}

/** And every share bundle of a masked round, as long as its owner is there to give it. */
function dueShares({ bundles }: AggregatorState, { rules }: TaskView, round: RoundView): readonly AggregatorAction[] {
  if (modeOf(rules).keys !== "each" || round.phase === "proposed") return [];
  return (round.advertisements ?? [])
    .filter(({ sharesId }) => !bundles.has(sharesId.toLowerCase()))
    .map((of) => ({ kind: "gather-shares", key: `gather-shares:${of.sharesId}`, of, round }));
}
