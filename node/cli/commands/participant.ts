import {
  createNode,
  keccak256,
  loadTrainer,
  readSitePolicy,
  type TaskId,
  type TaskSpec,
  toHex,
} from "../../api/index.ts";
import { required, type Settings } from "../../config/index.ts";
import { readFileBytes } from "../../system/index.ts";
import { type CommandContext, defineCommand } from "../options/command.ts";
import { readSalts, saltSettings } from "../options/data-salts.ts";
import { shareOf } from "../options/share-of.ts";
import { forEachTask, namedTasks, nodeOptionsOf, nodeSettings } from "../running/node-settings.ts";
import { type Job, type OpenNode, runTasks } from "../running/run-tasks.ts";

/** `fedledger participant`. */
export const participantCommand = () =>
  defineCommand({
    name: "participant",
    summary: "run a participant node: train on your data, commit, check and attest every round",
    details:
      "The account needs the role participant (fedledger member add), the task's bond where it has one, and some ether for gas. It registers and enrols by\n" +
      "itself; started again, it goes on where it was. It serves its updates until the last round can be proven wrong no more.\n" +
      "With --policy it takes part in no task below what the file asks for, and reads nothing of your data before (docs/policy.md).\n" +
      "Several tasks are one node's: --task 1,2 --data ours.csv,theirs.csv. --data, --statement and --test-set are one for all, or one for each task in the order\n" +
      "of --task; everything else is for all. What ends one task is told and ends no other; the exit code is the first that is not 0, in that order.\n" +
      "Your data stay in this process: what leaves it is the update of each round. What your own held-out part says of a model is shown here only.",
    settings: [
      "data",
      ...saltSettings,
      "holdOut",
      "partition",
      "part",
      "seed",
      "backend",
      "commit",
      "statement",
      "trainOnUnchecked",
      "journalLost",
      "reenter",
      "policy",
      "ledger",
      ...nodeSettings,
    ],
    closes: true,
    run: (values, context) => {
      const { seed = 1, commit, trainOnUnchecked, journalLost, reenter, ledger, exitWhenFinal = false } = values;
      const tasks = namedTasks(values);
      const sources = forEachTask("data", required(values.data, "data"), tasks);
      const statements = forEachTask("statement", values.statement, tasks);
      const testSets = forEachTask("testSet", values.testSet, tasks);
      const jobs = tasks.map((task, i): Job => {
        const data = required(sources[i], "data");
        const path = statements[i];
        return {
          ...task,
          begin: async (node, onProgress) =>
            node.participate({
              ...{ ...task, onProgress, seed, data, ledger, commit, trainOnUnchecked, journalLost, reenter },
              testSet: testSets[i],
              statement: path === undefined ? undefined : async () => toHex(keccak256(await readFileBytes(path))),
              policy: values.policy === undefined ? undefined : await readSitePolicy(values.policy),
              trainer: ({ spec, view }) => openTrainer({ ...values, data }, { spec, taskId: view.taskId }, context),
            }),
        };
      });
      const open: OpenNode = async (events) => createNode({ ...(await nodeOptionsOf(values, context.log)), ...events });
      return runTasks("participant", context, { open, jobs, exitWhenFinal });
    },
  });

type TrainerSettings = Settings<"holdOut" | "partition" | "part" | "seed" | "backend" | (typeof saltSettings)[number]>;

/** The trainer of the settings, which is told about. */
async function openTrainer(
  values: TrainerSettings & { readonly data: string },
  { spec, taskId }: { readonly spec: TaskSpec; readonly taskId: TaskId },
  { output }: Pick<CommandContext, "output">,
) {
  const { data, backend, holdOut: heldOutFraction } = values;
  const hashes = await readSalts(values);
  const trainer = await loadTrainer({ spec, data, hashes, heldOutFraction, backend, ...shareOf(values) });
  const { engine, samples, heldOutSamples, description } = trainer;
  const noise = spec.privacy ? `, ${spec.privacy.mechanism} noise` : "";
  const reproducible = trainer.reproducible
    ? `bit-reproducible${noise && `, but for the${noise.slice(1)} that is added to the update`}`
    : `not bit-reproducible${noise}: the audit begins where the update is committed`;
  output.emit(
    {
      event: "trainer",
      task: taskId,
      engine,
      reproducible: trainer.reproducible && spec.privacy === undefined,
      samples,
      heldOut: heldOutSamples,
    },
    `Training: ${description} (${reproducible}); ${samples} examples to train on, ${heldOutSamples} held out for you alone`,
  );
  return trainer;
}
