import { FedledgerError } from "../errors/error.ts";
import type { Bytes32 } from "../ids.ts";
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

/** The event of a name. */
export type TaskEventOf<Name extends TaskEvent["name"]> = Extract<TaskEvent, { name: Name }>;

/** The INVALID_HISTORY of an event that cannot follow from those before it. */
export function impossible(event: TaskEvent, reason: string): FedledgerError {
  return new FedledgerError("INVALID_HISTORY", {
    name: event.name,
    round: "round" in event ? event.round : 0,
    reason,
  });
}
