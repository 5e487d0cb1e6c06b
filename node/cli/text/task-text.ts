import {
  finalFromS,
  type PublicMetric,
  policyText,
  type RoundView,
  type TaskSpec,
  type TaskView,
} from "../../api/index.ts";
import { dateText } from "./bond-text.ts";
import { formatTable } from "./output.ts";
import { lossOf, metricOf } from "./public-text.ts";

/** Where a task stands at this second: complete is not final. */
export function stateText(view: TaskView, nowS: number): string {
  if (!view.complete) return "running";
  const fromS = finalFromS(view);
  return fromS <= nowS ? "final" : `complete, final at ${dateText(fromS)}`;
}

/** A task as people read it: its rules, who may take part, its specification, its rounds. */
export function taskText(view: TaskView, metrics: ReadonlyMap<number, PublicMetric>, nowS: number): string {
  const rules = Object.entries(view.rules).map(([name, value]) => [name, String(value)]);
  const hasKeys = view.rules.keyWindowS > 0;
  const columns = ["round ", "phase", ...(hasKeys ? ["keys "] : []), "updates ", "attested ", "metric ", "loss "];
  const rows = view.rounds.map((round) => {
    const metric = metrics.get(round.round);
    return [
      `${round.round}`,
      phaseText(round, nowS),
      ...(hasKeys ? [`${round.advertisements?.length ?? 0}/${round.drawn}`] : []),
      `${round.commitments.length}/${round.drawn}`,
      `${round.result?.attesters.length ?? 0}`,
      metric ? metricOf(metric).toFixed(4) : "",
      metric ? lossOf(metric).toFixed(4) : "",
      round.result?.modelRoot ?? "",
    ];
  });
  return [
    formatTable(["rule", "value"], rules),
    accessText(view),
    view.spec,
    ...(view.recorded ?? []).map(({ author, kind, hash }) => `On record: kind ${kind} ${hash} by ${author}`),
    formatTable([...columns, "model root"], rows),
    `Task ${view.taskId}: ${view.accepted} of ${view.rules.rounds} rounds, ${stateText(view, nowS)}${metrics.size > 0 ? "; metric and loss are those on the public test set" : ""}`,
  ].join("\n\n");
}

function phaseText({ phase, result, invalidReason, ...round }: RoundView, nowS: number): string {
  if (round.void) return "void";
  if (invalidReason !== undefined) return `invalid (${invalidReason})`;
  return result !== undefined && result.provableUntilS < nowS ? "final" : phase;
}

/** Who may join, read and audit; a specification that cannot be read says nothing of it. */
function accessText({ access, spec }: TaskView): string {
  const { read, audit } = (JSON.parse(spec) as Partial<TaskSpec>).access ?? {};
  return formatTable(
    ["who may", "by attributes"],
    [
      ["join", policyText(access)],
      ["read", policyText(read)],
      ["audit", policyText(audit)],
    ],
  );
}
