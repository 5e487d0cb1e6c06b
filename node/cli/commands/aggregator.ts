import { createNode, readSitePolicy, weiOfGwei } from "../../api/index.ts";
import { defineCommand } from "../options/command.ts";
import { forEachTask, namedTasks, nodeOptionsOf, nodeSettings } from "../running/node-settings.ts";
import { runAll, type Take } from "../running/run-all.ts";
import { type Job, type OpenNode, runTasks } from "../running/run-tasks.ts";

/** `fedledger aggregator`. */
export const aggregatorCommand = () =>
  defineCommand({
    name: "aggregator",
    summary: "run an aggregator node: open and close rounds, compute and propose the model when assigned",
    details:
      "The account needs the role aggregator (fedledger member add), the task's bond where it has one, and some ether for gas. It joins the task by itself, and\n" +
      "locks the bond there: it is lost when a proposal of this node is proven wrong (fedledger bond show). It keeps nothing that the chain and the blobs do not say:\n" +
      "started again, or on another machine, it goes on where the record is.\n" +
      "--task all takes every task that --policy does not refuse, those that are created later, too, and locks at most --max-bond ether in all of them\n" +
      "together: without it none that asks for a bond. What it does not take is told once. It ends with Ctrl-C.",
    settings: ["reenter", "policy", "maxBond", ...nodeSettings],
    closes: true,
    run: (values, context) => {
      const { reenter, testSet, nodeTasks, exitWhenFinal = false } = values;
      const open: OpenNode = async (events) => createNode({ ...(await nodeOptionsOf(values, context.log)), ...events });
      const choices = async () => {
        const policy = values.policy === undefined ? undefined : await readSitePolicy(values.policy);
        const most = values.maxBond ?? (nodeTasks === "all" ? 0 : undefined);
        return { reenter, policy, maxBondWei: most === undefined ? undefined : weiOfGwei(most) };
      };
      if (nodeTasks === "all") {
        const take: Take = async (node, all) => node.aggregateAll({ ...all, ...(await choices()), testSet });
        return runAll("aggregator", context, { open, exitWhenFinal, take });
      }
      const tasks = namedTasks(values);
      const testSets = forEachTask("testSet", testSet, tasks);
      const jobs = tasks.map(
        (task, i): Job => ({
          ...task,
          begin: async (node, onProgress) =>
            node.aggregate({ ...task, ...(await choices()), onProgress, testSet: testSets[i] }),
        }),
      );
      return runTasks("aggregator", context, { open, jobs, exitWhenFinal });
    },
  });
