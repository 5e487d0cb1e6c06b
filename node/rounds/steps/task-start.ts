import type { TaskView } from "../../core/record/task-view.ts";

/** When nodes open a task's first round. */
export interface TaskStart {
  /** So many participants are waited for. */
  readonly participants: number;
  /** From this second of the chain's time on, the fewest that make a round are enough; absent where they are never. */
  readonly latestS?: number;
}

/**
 * When nodes open the first round, as the task's specification says: with its least number of participants where it
 * says nothing. The contract does not ask for it.
 */
export function taskStart({ spec, rules }: Pick<TaskView, "spec" | "rules">): TaskStart {
  const start = startIn(spec);
  const participants = Math.max(1, rules.minUpdates, start?.participants ?? 0);
  return { participants, ...(start?.latestS !== undefined && { latestS: start.latestS }) };
}

/** How many participants the next round is opened with at this time. */
export function wantedParticipants(view: Pick<TaskView, "spec" | "rules" | "rounds">, nowS: number): number {
  const least = Math.max(1, view.rules.minUpdates);
  if (view.rounds.length > 0) return least;
  const { participants, latestS } = taskStart(view);
  return latestS !== undefined && nowS >= latestS ? least : participants;
}

function startIn(spec: string): Partial<TaskStart> | undefined {
  try {
    const { start } = JSON.parse(spec) as { start?: Partial<TaskStart> };
    return start;
  } catch {
    return undefined;
  }
}
