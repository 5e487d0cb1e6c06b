import { foldTask } from "../../core/fold-task.ts";
import type { RoundView, TaskView } from "../../core/task-view.ts";
import type { ChainReader } from "../../ports/index.ts";
import { meanEvaluation } from "../../rounds/progress.ts";
import type { LiveView } from "./live-view.ts";
import type { RoundCosts } from "./round-costs.ts";

/** Shows a task's rounds as they go, until the task is complete or the signal aborts. Returns the task. */
export async function followRounds(options: {
  readonly chain: ChainReader;
  readonly taskId: number;
  readonly view: LiveView;
  readonly costs: RoundCosts;
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
  readonly onRound: (round: number) => void;
  readonly onMoved: () => void;
}): Promise<TaskView | undefined> {
  const { chain, taskId, view, costs, signal, nowMs } = options;
  const openedMs = new Map<number, number>();
  let shown = 0;
  let task: TaskView | undefined;
  for await (const update of chain.follow(taskId, { signal })) {
    if (update.events.length === 0 && !update.reset) continue;
    task = foldTask(update.events, update.reset ? undefined : task);
    options.onMoved();
    for (const round of task.rounds) if (!openedMs.has(round.round)) openedMs.set(round.round, nowMs());
    options.onRound(task.rounds.length);
    for (const round of task.rounds.slice(shown)) {
      if (!hasEnded(round)) break;
      shown += 1;
      if (round.phase === "invalidated")
        view.note(`round ${round.round} is invalid (${round.invalidReason}); the model stays as it was`);
      else {
        const seconds = (nowMs() - (openedMs.get(round.round) ?? nowMs())) / 1000;
        await costs.settled(round.round, 500);
        view.row(rowOf(round, costs, seconds));
      }
    }
    view.status(statusOf(task));
    if (task.complete) return task;
  }
  return task;
}

function hasEnded({ phase }: RoundView): boolean {
  return phase === "finalized" || phase === "invalidated";
}

function rowOf(round: RoundView, costs: RoundCosts, seconds: number) {
  const evaluation = meanEvaluation(round);
  const left = Number(round.proposal?.excluded ?? 0n) === 0 ? "" : "*";
  return {
    round: round.round,
    metric: evaluation?.metric,
    loss: evaluation?.loss,
    updates: `${round.commitments.length}/${round.drawn}${left}`,
    attested: `${round.result?.attesters.length ?? 0}/${round.enrolled}`,
    ...costs.of(round.round),
    seconds,
    modelRoot: round.result?.modelRoot ?? "",
  };
}

function statusOf(task: TaskView): string {
  const round = task.rounds.at(-1);
  if (round === undefined) return `waiting for participants: ${task.enrolled.length} enrolled`;
  const of = `round ${round.round} of ${task.rules.rounds}`;
  switch (round.phase) {
    case "open":
      if (task.rules.keyWindowS > 0 && round.commitments.length === 0) {
        return `${of}: training, ${round.advertisements?.length ?? 0} of ${round.drawn} keys advertised`;
      }
      return `${of}: training, ${round.commitments.length} of ${round.drawn} updates committed`;
    case "aggregating":
      return task.rules.mode === "masked"
        ? `${of}: survivors open the sum of ${round.commitments.length} masked updates`
        : `${of}: aggregating ${round.commitments.length} updates`;
    case "proposed":
      return `${of}: participants recompute the model before they attest`;
    default:
      return `${of} is over`;
  }
}
