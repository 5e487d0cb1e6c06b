import { Command } from "commander";
import { policyText } from "../../core/access.ts";
import { chunkTreeRoot } from "../../core/chunk-tree.ts";
import { foldTask } from "../../core/fold-task.ts";
import { initialLanes } from "../../core/initial-model.ts";
import { canonicalTaskSpec, type TaskSpec } from "../../core/task-spec.ts";
import type { TaskView } from "../../core/task-view.ts";
import { meanEvaluation } from "../../rounds/progress.ts";
import { policySettings, taskAccess } from "../access-policy.ts";
import { defineCommand } from "../command.ts";
import { formatTable } from "../output.ts";
import { accountSettings, openRecord, openRecordAs, recordSettings } from "../session.ts";
import { chooseTask, taskChoiceSettings } from "../task-choice.ts";
import { privacyText } from "../task-privacy.ts";

/** `fedledger task`. */
export function taskCommand(): Command {
  const task = new Command("task")
    .summary("training tasks")
    .description("Training tasks: open one, see what there is.");
  task.addCommand(
    defineCommand({
      name: "create",
      summary: "open a task (as task creator): its rules and specification are fixed on the chain",
      details:
        "With --data, a preset for that data set is the start, and the other settings change it; --spec takes a specification file instead.\n" +
        "Participants bring their own data: here --data only says what it looks like.\n" +
        "Who may join, read and audit is said by attributes that the admin sets (fedledger member set); several kinds must all be had, of several names of a kind one.",
      settings: [...taskChoiceSettings, ...policySettings, ...recordSettings, ...accountSettings],
      run: async (values, { output, log, signal }) => {
        const chosen = await chooseTask(values);
        const { rules } = chosen;
        const { spec, join: access } = taskAccess(chosen.spec, values);
        const chain = await openRecordAs(values, log);
        const modelRoot = chunkTreeRoot(initialLanes(spec, rules.fractionBits));
        const created = await chain.send(
          { kind: "createTask", rules, modelRoot, spec: canonicalTaskSpec(spec), ...(access && { access }) },
          { signal },
        );
        output.emit(
          { event: "created", taskId: created.taskId, rules, spec, access, modelRoot, gasUsed: created.gasUsed },
          `Task ${created.taskId}: ${spec.name}, ${rules.parameterCount} parameters, ${rules.rounds} rounds (${created.gasUsed} gas)${spec.privacy ? `\n  ${privacyText(spec, rules)}` : ""}`,
        );
        return 0;
      },
    }),
  );
  task.addCommand(
    defineCommand({
      name: "list",
      summary: "show all tasks",
      settings: recordSettings,
      run: async (values, { output, log }) => {
        const chain = await openRecord(values, log);
        const views: TaskView[] = [];
        for (let taskId = 1; taskId <= (await chain.taskCount()); taskId++)
          views.push(foldTask(await chain.history(taskId)));
        output.emit(
          { event: "tasks", tasks: views.map(summary) },
          formatTable(
            ["task ", "name", "rounds ", "participants ", "metric ", "state"],
            views.map((view) => {
              const { taskId, name, round, rounds, participants, metric, complete } = summary(view);
              return [
                `${taskId}`,
                name,
                `${round}/${rounds}`,
                `${participants}`,
                metric?.toFixed(4) ?? "",
                complete ? "complete" : "running",
              ];
            }),
          ),
        );
        return 0;
      },
    }),
  );
  task.addCommand(
    defineCommand({
      name: "show",
      summary: "show a task's rules, specification and rounds",
      settings: ["task", ...recordSettings],
      run: async (values, { output, log }) => {
        const chain = await openRecord(values, log);
        const view = foldTask(await chain.history(values.task ?? 1));
        const rules = Object.entries(view.rules).map(([name, value]) => [name, String(value)]);
        const hasKeys = view.rules.keyWindowS > 0;
        const rounds = view.rounds.map((round) => {
          const evaluation = meanEvaluation(round);
          return [
            `${round.round}`,
            round.phase,
            ...(hasKeys ? [`${round.advertisements?.length ?? 0}/${round.drawn}`] : []),
            `${round.commitments.length}/${round.drawn}`,
            `${round.result?.attesters.length ?? 0}`,
            evaluation?.metric.toFixed(4) ?? "",
            round.result?.modelRoot ?? "",
          ];
        });
        output.emit(
          { event: "task", task: view },
          [
            formatTable(["rule", "value"], rules),
            accessText(view),
            view.spec,
            formatTable(
              ["round ", "phase", ...(hasKeys ? ["keys "] : []), "updates ", "attested ", "metric ", "model root"],
              rounds,
            ),
          ].join("\n\n"),
        );
        return 0;
      },
    }),
  );
  return task;
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

function summary(view: TaskView) {
  const last = view.rounds.findLast((round) => round.phase === "finalized");
  return {
    taskId: view.taskId,
    name: (JSON.parse(view.spec) as { name?: string }).name ?? "",
    round: view.rounds.length,
    rounds: view.rules.rounds,
    participants: view.enrolled.length,
    metric: last && meanEvaluation(last)?.metric,
    complete: view.complete,
  };
}
