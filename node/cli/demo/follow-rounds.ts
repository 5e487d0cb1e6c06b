import {
  type ChainReader,
  hasEnded,
  modeOf,
  type PublicMetric,
  type RoundView,
  type TaskView,
} from "../../api/index.ts";
import { reasonText } from "../text/progress-text.ts";
import { lossOf, metricOf } from "../text/public-text.ts";
import type { LiveView } from "./live-view.ts";
import type { PublicMetrics } from "./public-metrics.ts";
import type { RoundCosts } from "./round-costs.ts";

/** Shows a task's rounds as they go, until the task is complete or the signal aborts. Returns the task. */
export async function followRounds(options: {
  readonly chain: ChainReader;
  readonly taskId: number;
  readonly view: LiveView;
  readonly costs: RoundCosts;
  readonly metrics: PublicMetrics;
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
  readonly onRound: (round: number) => void;
  readonly onMoved: () => void;
}): Promise<TaskView | undefined> {
  const { chain, taskId, view, costs, metrics, signal, nowMs } = options;
  const openedMs = new Map<number, number>();
  let shown = 0;
  let task: TaskView | undefined;

  async function show(round: RoundView, isMeasured: boolean): Promise<void> {
    if (round.invalidReason !== undefined) {
      view.note(`round ${round.round} is invalid (${reasonText[round.invalidReason]}); the model stays as it was`);
      return;
    }
    const seconds = (nowMs() - (openedMs.get(round.round) ?? nowMs())) / 1000;
    const metric = isMeasured ? await metrics.of(round.round, 10_000) : undefined;
    await costs.settled(round.round, 500);
    view.row(rowOf(round, costs, metric, seconds));
  }

  for await (const update of chain.follow(taskId, { signal })) {
    if (update.events.length === 0 && !update.reset) continue;
    task = update.view;
    options.onMoved();
    for (const round of task.rounds) if (!openedMs.has(round.round)) openedMs.set(round.round, nowMs());
    options.onRound(task.rounds.length);
    const over = endedFrom(task, shown);
    shown += over.length;
    for (const round of over) await show(round, task.spec.includes('"testSet"'));
    view.status(statusOf(task));
    if (task.complete) return task;
  }
  return task;
}

/** The rounds from a place on, up to the first that runs. */
function endedFrom({ rounds }: TaskView, from: number): readonly RoundView[] {
  const running = rounds.findIndex((round, at) => at >= from && !hasEnded(round));
  return rounds.slice(from, running < 0 ? undefined : running);
}

function rowOf(round: RoundView, costs: RoundCosts, metric: PublicMetric | undefined, seconds: number) {
  const left = Number(round.proposal?.excluded ?? 0n) === 0 ? "" : "*";
  return {
    round: round.round,
    metric: metric && metricOf(metric),
    loss: metric && lossOf(metric),
    updates: `${round.commitments.length}/${round.drawn}${left}`,
    attested: `${round.result?.attesters.length ?? 0}/${round.commitments.length}`,
    ...costs.of(round.round),
    seconds,
    modelRoot: round.result?.modelRoot ?? "",
  };
}

function statusOf(task: TaskView): string {
  const round = task.rounds.at(-1);
  if (round === undefined) return `waiting for members: ${task.enrolled.length} enrolled, ${task.joined.length} joined`;
  const of = `round ${round.round} of ${task.rules.rounds}`;
  switch (round.phase) {
    case "drawing":
      return `${of}: waiting for block ${round.drawBlock}, which draws the participants`;
    case "open":
      if (task.rules.keyWindowS > 0 && round.commitments.length === 0) {
        return `${of}: training, ${round.advertisements?.length ?? 0} of ${round.drawn} keys advertised`;
      }
      return `${of}: training, ${round.commitments.length} of ${round.drawn} updates committed`;
    case "aggregating":
      return modeOf(task.rules).keys === "each"
        ? `${of}: survivors open the sum of ${round.commitments.length} masked updates`
        : `${of}: aggregating ${round.commitments.length} updates`;
    case "proposed":
      return `${of}: participants recompute the model before they attest`;
    default:
      return `${of} is over`;
  }
}
