import { roundInFlight } from "../../core/record/task-view.ts";
import type { AccountProgress } from "../progress/node-progress.ts";
import { hasBudget } from "../steps/survey.ts";
import { taskStart, wantedParticipants } from "../steps/task-start.ts";
import { hasRole, type RoundState } from "./round-state.ts";

/** What a node waits for. */
export type Waiting = Extract<AccountProgress, { kind: "waiting" }>;

/**
 * Whom a node waits for before it can do anything: someone to give it its role, an aggregator, or more participants;
 * undefined when nobody.
 */
export function waitingFor(state: RoundState): Waiting | undefined {
  const { role, view, head } = state;
  // a watcher needs no role, and nothing to watch is no reason to wait
  if (role === "watcher" || view.complete) return undefined;
  if (!hasRole(state)) return { kind: "waiting", reason: "role" };
  if (roundInFlight(view) !== undefined) return undefined;
  const enrolled = view.enrolled.filter(({ account, leaving }) => !leaving && hasBudget(state, account)).length;
  const wanted = wantedParticipants(view, head.timestampS);
  if (enrolled < wanted) {
    const { latestS } = taskStart(view);
    const isFirst = view.rounds.length === 0 && latestS !== undefined && head.timestampS < latestS;
    return { kind: "waiting", reason: "participants", enrolled, wanted, ...(isFirst && { latestS }) };
  }
  return view.joined.some(({ leaving }) => !leaving) ? undefined : { kind: "waiting", reason: "aggregators" };
}

/** Whether two looks wait for the same, by the same numbers. */
export function sameWaiting(a: Waiting | undefined, b: Waiting | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
