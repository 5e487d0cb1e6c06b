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
    const { ofAggregator, index } = waiting.at(-1)!;
    const places = ofAggregator ? aggregators : participants;
    const place = places[index];
    if (!place?.leaving) {
      waiting.pop();
      continue;
    }
    const last = places.pop()!;
    rest.push(last.leaving ? last.account : place.account);
    if (last.leaving) continue;
    places[index] = last;
    waiting.pop();
  }
  return { call: "free-places", count: rest.length, rest, leavers: waiting };
}
