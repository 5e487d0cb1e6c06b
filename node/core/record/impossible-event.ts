import { FedledgerError } from "../errors/error.ts";
import type { TaskEvent } from "./task-events.ts";

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
