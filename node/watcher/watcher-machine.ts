import type { Address } from "../core/ids.ts";
import {
  type CommonAction,
  dueCollecting,
  dueContact,
  dueJudgements,
  dueMeasuring,
  dueProving,
  duePushing,
  outcomeInCommon,
} from "../rounds/machine/due-in-common.ts";
import type { Machine } from "../rounds/machine/machine.ts";
import {
  firstRoundState,
  type RoleMachineOptions,
  type RoundState,
  reduceRound,
  type Seen,
} from "../rounds/state/round-state.ts";

/** What a watcher decides by. */
export type WatcherState = RoundState;

/** The watcher's decisions: it judges and proves, and pushes behind all others what nobody else does. */
export function watcherMachine(me: Address, options: RoleMachineOptions): Machine<WatcherState, never, CommonAction> {
  const first = (seen: Seen) => firstRoundState(me, "watcher", options, seen);
  return { first, reduce: reduceRound, due, outcome: outcomeInCommon };
}

function due(state: WatcherState): readonly CommonAction[] {
  return [
    ...dueContact(state),
    ...dueJudgements(state),
    ...dueProving(state),
    // one that only looks on sends nothing
    ...(state.options.prove === false ? [] : duePushing(state)),
    ...dueCollecting(state),
    ...dueMeasuring(state),
  ];
}
