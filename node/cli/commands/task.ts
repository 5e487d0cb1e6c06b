import { Command } from "commander";
import {
  type Bytes32,
  chainSideOf,
  chooseTask,
  createTask,
  etherText,
  keccak256,
  mayBeMissing,
  openContent,
  policySettings,
  privacyText,
  publicResults,
  specOf,
  type TaskRules,
  type TaskSpec,
  type TaskView,
  taskAccess,
  taskChoiceSettings,
  toHex,
  viewOf,
  weiOfGwei,
} from "../../api/index.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import { readFileBytes } from "../../system/index.ts";
import { defineCommand } from "../options/command.ts";
import { readSalts, saltSettings } from "../options/data-salts.ts";
import {
  accountSettings,
  endpointOf,
  openingSettings,
  openRecordAs,
  openRecordOf,
  readReader,
  recordSettings,
} from "../running/session.ts";
import { dateText } from "../text/bond-text.ts";
import { formatTable } from "../text/output.ts";
import { missingProtections } from "../text/task-protections.ts";
import { stateText, taskText } from "../text/task-text.ts";

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
        "Which protections it does without is printed, one line each, with the flag that turns it on.\n" +
        "Who may join, read and audit is said by attributes that the admin sets (fedledger member set); several kinds must all be had, of several names of a kind one.",
      settings: [
        ...taskChoiceSettings,
        ...saltSettings,
        "startWithin",
        ...policySettings,
        ...recordSettings,
        ...accountSettings,
      ],
      run: async (values, { output, log, signal }) => {
        const chain = await openRecordAs(values, log);
        const chosen = await chooseTask(values, await chainSideOf(endpointOf(values, log)), await readSalts(values));
        const { rules, participants } = chosen;
        const { spec: wanted, join } = taskAccess(chosen.spec, values);
        const { startWithin: startWithinS } = values;
        const created = await createTask(chain, { spec: wanted, rules, participants, startWithinS, join, signal });
        const { spec, access, modelRoot } = created;
        output.emit(
          { event: "created", taskId: created.taskId, rules, spec, access, modelRoot, gasUsed: created.gasUsed },
          [
            `Task ${created.taskId}: ${spec.name}, ${rules.parameterCount} parameters, ${rules.rounds} rounds (${created.gasUsed} gas)`,
            ...createdLines(spec, rules, values.testSet),
            ...missingProtections(spec, rules, { isRestricted: join !== undefined }).map((line) => `  off: ${line}`),
          ].join("\n"),
        );
        return 0;
      },
    }),
  );
  for (const command of [listCommand(), showCommand(), recordCommand()]) task.addCommand(command);
  return task;
}

/** What there is to know of a task just created, beside its rules. */
function createdLines(spec: TaskSpec, rules: TaskRules, testSet: string | undefined): readonly string[] {
  const { privacy, start } = spec;
  const { maxUpdates, thresholdPercent, aggregatorBondGwei, participantBondGwei } = rules;
  const ether = (gwei: number) => etherText(weiOfGwei(gwei));
  const bonds = `bonds: ${ether(aggregatorBondGwei)} ether of each aggregator, ${ether(participantBondGwei)} ether of each participant`;
  const missing = thresholdPercent > 0 ? mayBeMissing(maxUpdates, thresholdPercent) : undefined;
  const served =
    testSet === undefined ? "every node makes it from the bundled data" : `start a node with --test-set ${testSet}`;
  return [
    ...(start
      ? [`  the first round opens with ${start.participants} participants, or on ${dateText(start.latestS)}`]
      : []),
    ...(spec.testSet ? [`  public test set: ${spec.testSet.examples} examples; ${served}`] : []),
    ...(aggregatorBondGwei + participantBondGwei > 0 ? [`  ${bonds}`] : []),
    ...(missing === undefined
      ? []
      : [`  of ${maxUpdates} drawn ${missing === 0 ? "nobody" : `at most ${missing}`} may drop out of a round`]),
    ...(privacy ? [`  ${privacyText(spec, rules)}`] : []),
  ];
}

const listCommand = () =>
  defineCommand({
    name: "list",
    summary: "show all tasks",
    settings: recordSettings,
    run: async (values, { output, log }) => {
      const chain = await openRecordOf(values, log);
      const nowS = (await chain.head()).timestampS;
      const views: TaskView[] = [];
      for (let taskId = 1; taskId <= (await chain.taskCount()); taskId++) views.push(await viewOf({ chain, taskId }));
      const tasks = views.map((view) => ({
        taskId: view.taskId,
        name: specOf(view)?.name ?? "",
        accepted: view.accepted,
        rounds: view.rules.rounds,
        participants: view.enrolled.length,
        aggregators: view.joined.length,
        complete: view.complete,
        state: stateText(view, nowS),
      }));
      output.emit(
        { event: "tasks", tasks },
        formatTable(
          ["task ", "name", "rounds ", "participants ", "aggregators ", "state"],
          tasks.map(({ taskId, name, accepted, rounds, participants, aggregators, state }) => [
            `${taskId}`,
            name,
            `${accepted}/${rounds}`,
            `${participants}`,
            `${aggregators}`,
            state,
          ]),
        ),
      );
      return 0;
    },
  });

const showCommand = () =>
  defineCommand({
    name: "show",
    summary: "show a task's rules, specification and rounds, and what each model reaches on the public test set",
    settings: ["task", ...recordSettings, "content", "testSet", ...openingSettings],
    run: async (values, { output, log, signal }) => {
      const chain = await openRecordOf(values, log);
      const record = { chain, taskId: values.task ?? 1 };
      const view = await viewOf(record);
      const metrics = await publicResults(record, {
        ...{ testSet: values.testSet, log, signal },
        content: values.content && (await openContent({ sources: values.content })),
        reader: () => readReader(values, log),
      });
      const nowS = (await chain.head()).timestampS;
      output.emit({ event: "task", task: view, metrics: Object.fromEntries(metrics) }, taskText(view, metrics, nowS));
      return 0;
    },
  });

const kinds: Readonly<Record<string, number>> = { approval: 1, incident: 2 };

const recordCommand = () =>
  defineCommand({
    name: "record <kind> <hash>",
    summary: "put a hash on a task's record, for good: of an approval, an incident report, or another document",
    details:
      "KIND is approval, incident, or a number from 0 to 255. HASH is 32 bytes, or a file whose keccak256 is taken; the document itself goes nowhere.\n" +
      "For members of the task, task creators and admins.",
    settings: ["task", ...recordSettings, ...accountSettings],
    run: async (values, { output, log, signal }, [kind = "", given = ""]) => {
      const entryKind = kinds[kind] ?? Number(/^\d{1,3}$/.test(kind) ? kind : Number.NaN);
      if (!(entryKind <= 255)) {
        throw new FedledgerError("INVALID_CONFIG", { name: "<kind>", reason: `"${kind}" is no kind of an entry` });
      }
      const isHash = /^0x[0-9a-fA-F]{64}$/.test(given);
      const hash = isHash ? (given as Bytes32) : toHex(keccak256(await readFileBytes(given)));
      const chain = await openRecordAs(values, log);
      const taskId = values.task ?? 1;
      const { firstHead: first } = await viewOf({ chain, taskId });
      const { gasUsed } = await chain.send({ kind: "record", taskId, first, entryKind, hash }, { signal });
      output.emit(
        { event: "recorded", taskId, kind: entryKind, hash, gasUsed },
        `On the record of task ${taskId}: ${kind} ${hash} (${gasUsed} gas)`,
      );
      return 0;
    },
  });
