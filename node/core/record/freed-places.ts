import { lastOf } from "../bytes/items.ts";
import type { PlaceView, TaskView, UnfinishedCall } from "./task-view.ts";

/** Most steps of one call. */
const stepsAtOnce = 32;

/**
 * Which places a call of freePlaces frees, or the next opening: a step for each of those that were left, from the
 * newest, and for each place that must be freed before it as the last of its list; what is free already costs a step,
 * too (contracts/libraries/Places.sol).
 */
export function freeingOf({
  leavers,
  enrolled,
  joined,
}: Pick<TaskView, "leavers" | "enrolled" | "joined">): Extract<UnfinishedCall, { call: "free-places" }> {
  const waiting = [...leavers];
  const participants: PlaceView[] = [...enrolled];
  const aggregators: PlaceView[] = [...joined];
  const rest: PlaceView["account"][] = [];
  for (let step = 0; step < stepsAtOnce && waiting.length > 0; step++) {
    const { ofAggregator, index } = lastOf(waiting);
    const places = ofAggregator ? aggregators : participants;
    const [place, last] = [places[index], places.at(-1)];
    if (!place?.leaving || last === undefined) {
      waiting.pop();
      continue;
    }
    rest.push(last.leaving ? last.account : place.account);
    if (last.leaving) {
      places.pop();
      continue;
    }
    freePlace(places, index);
    waiting.pop();
  }
  return { call: "free-places", count: rest.length, rest, leavers: waiting };
}

/** Frees a place of a list: the last one moves there. Nothing happens for -1. */
export function freePlace<Place>(places: Place[], index: number): void {
  if (index < 0) return;
  const last = places.pop();
  if (last !== undefined && index < places.length) places[index] = last;
}
