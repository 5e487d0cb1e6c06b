import { expect } from "chai";
import { checkRecord, type Finding } from "../../../node/audit/index.ts";
import type { TaskEvent } from "../../../node/core/record/task-events.ts";
import type { History } from "./history-builder.ts";

/** Name of an event. */
export type EventName = TaskEvent["name"];
/** The fields of one event that change, from those it has; `undefined` removes the event. */
export type Change = (event: never) => object | undefined;

/** The history with one event of a round changed: the `nth` of that name (any round's, where the event has none). */
export function tampered(history: History, name: EventName, round: number, change: Change, nth = 0): History {
  const targets = history.events.filter(
    (event) => event.name === name && (!("round" in event) || event.round === round),
  );
  const target = targets[nth];
  if (!target) expect.fail(`no ${name} in round ${round}`);
  const fields = change(target as never);
  const events = fields
    ? history.events.map((event) => (event === target ? ({ ...event, ...fields } as TaskEvent) : event))
    : history.events.filter((event) => event !== target);
  return { ...history, events };
}

/** All findings of the record's check. */
export function foundIn(history: History): readonly Finding[] {
  const { rounds, findings } = checkRecord(history);
  return [...findings, ...rounds.flatMap((round) => round.findings)];
}

/** Sets fields to fixed values. */
export const to =
  (fields: object): Change =>
  () =>
    fields;

/** Adds to number fields. */
export const by =
  (amounts: Readonly<Record<string, number>>): Change =>
  (event: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, event[name]! + amount]));

/** Sets fields of a proposal. */
export const proposing =
  (fields: object): Change =>
  ({ proposal }: { readonly proposal: object }) => ({ proposal: { ...proposal, ...fields } });

/** Sets rules of a task. */
export const ruling =
  (fields: object): Change =>
  ({ rules }: { readonly rules: object }) => ({ rules: { ...rules, ...fields } });
