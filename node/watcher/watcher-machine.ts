import type { Address } from "../core/ids.ts";
import type { Machine } from "../rounds/machine/driver.ts";
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
import {
  initialRoundState,
  type RoleMachineOptions,
  type RoundEvent,
  type RoundState,
  reduceRound,
} from "../rounds/state/round-state.ts";

/** What a watcher decides by. */
export type WatcherState = RoundState;

/** The watcher's decisions: it judges and proves, and pushes behind all others what nobody else does. */
export function watcherMachine(
  me: Address,
  options: RoleMachineOptions,
): Machine<WatcherState, RoundEvent, CommonAction> {
  return { initial: initialRoundState(me, "watcher", options), reduce: reduceRound, due, outcome: outcomeInCommon };
}

function due(state: WatcherState): readonly CommonAction[] {
  if (state.view === undefined || state.head === undefined) return [];
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
