import type { Bytes32 } from "../ids.ts";
import { impossible } from "./impossible-event.ts";
import type { TaskEvent } from "./task-events.ts";
import type { RoundView, TaskView } from "./task-view.ts";

type Lists = "enrolled" | "joined" | "leavers" | "rounds";

/** A view whose lists are being built; the objects in them are replaced, never changed. */
export type Draft = Omit<TaskView, Lists> & {
  [List in Lists]: TaskView[List][number][];
};

/** Puts a round in the place of the one with its number. */
export function replaceRound(draft: Draft, round: RoundView): void {
  draft.rounds[draft.rounds.findLastIndex((candidate) => candidate.round === round.round)] = round;
}

/** Throws INVALID_HISTORY where an event names another value than the one that was reckoned. */
export function expectSame<Value extends Bytes32 | bigint | number>(
  event: TaskEvent,
  what: string,
  named: Value,
  reckoned: Value,
): void {
  if (named !== reckoned) throw impossible(event, `it names the ${what} ${named}, not ${reckoned}`);
}
