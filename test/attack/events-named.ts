import type { TaskEvent } from "../../node/core/record/task-events.ts";

/** A task's event of one name. */
export type EventOf<Name extends TaskEvent["name"]> = Extract<TaskEvent, { name: Name }>;

/** The events of one name, in the order of the chain. */
export function eventsNamed<Name extends TaskEvent["name"]>(
  history: readonly TaskEvent[],
  name: Name,
): readonly EventOf<Name>[] {
  return history.filter((event): event is EventOf<Name> => event.name === name);
}
