import { createNode } from "../../api/index.ts";
import { defineCommand } from "../options/command.ts";
import { forEachTask, namedTasks, nodeOptionsOf, nodeSettings } from "../running/node-settings.ts";
import { runAll, type Take } from "../running/run-all.ts";
import { type Job, type OpenNode, runTasks } from "../running/run-tasks.ts";

/** `fedledger watch`. */
export const watchCommand = () =>
  defineCommand({
    name: "watch",
    summary: "run a watcher: recompute every round, and prove a wrong one wrong on the chain",
    details:
      "The account needs no role, only some ether for the transaction that proves a round wrong; it is paid from the liars' bonds.\n" +
      "Blobs come from the gateways that members registered, and from members themselves where the account has a role.\n" +
      "An accepted round is watched until the end of its challenge window: the earliest wrong one is proven first, and rolls back all that stand on it.\n" +
      "Where a task's blobs are sealed to its members, only an account that may read them can judge; others are told so.\n" +
      "A proof is checked here as the contract checks it and simulated before it is sent. Started again, it goes on where the record is.\n" +
      "--task all watches every task of the federation, those that are created later, too; it ends with Ctrl-C.",
    settings: nodeSettings,
    closes: true,
    run: (values, context) => {
      const { testSet, nodeTasks, exitWhenFinal = false } = values;
      const open: OpenNode = async (events) => createNode({ ...(await nodeOptionsOf(values, context.log)), ...events });
      if (nodeTasks === "all") {
        const take: Take = (node, all) => node.watchAll({ ...all, testSet });
        return runAll("watcher", context, { open, exitWhenFinal, take });
      }
      const tasks = namedTasks(values);
      const testSets = forEachTask("testSet", testSet, tasks);
      const jobs = tasks.map(
        (task, i): Job => ({
          ...task,
          begin: (node, onProgress) => node.watch({ ...task, onProgress, testSet: testSets[i] }),
        }),
      );
      return runTasks("watcher", context, { open, jobs, exitWhenFinal });
    },
  });
