import { join } from "node:path";
import { chooseTask, modeOf, requireTrainable, taskChoiceSettings } from "../../api/index.ts";
import type { Settings } from "../../config/index.ts";
import { runDemo } from "../demo/run-demo.ts";
import { defineCommand } from "../options/command.ts";
import { readSalts, saltArguments, saltSettings } from "../options/data-salts.ts";

/** `fedledger demo`: what `npm start` runs. */
export const demoCommand = () =>
  defineCommand({
    name: "demo",
    summary: "run a whole federation on this machine, each member a process, and audit it",
    details:
      "It ends when the last round is accepted, and says when it is final: until then each can be proven wrong, and who signed it loses its bond.\n" +
      "Data sets: digits (default), breast-cancer, diabetes, synthetic-ten, mnist:FOLDER. Partitions: iid, dirichlet:ALPHA, label:CLASSES, quantity:ALPHA.\n" +
      "Examples:\n" +
      "  fedledger demo --data digits --model cnn --participants 8 --partition label:2\n" +
      "  fedledger demo --mode masked               nobody sees an update, only the sum of a round's\n" +
      "  fedledger demo --data synthetic-ten        ten clients, five drawn a round, 100 rounds: the textbooks' case\n" +
      "  fedledger demo --data mnist:FOLDER         FOLDER holds MNIST's IDX files",
    settings: [...taskChoiceSettings, ...saltSettings, "partition", "aggregators", "backend", "out"],
    closes: true,
    run: async (values, context) => {
      const dataset = values.data ?? "digits";
      const hashes = await readSalts(values);
      const task = await chooseTask({ ...values, data: dataset, ...quickRules(values) }, undefined, hashes);
      // what the participants would all refuse is said once, before anything is started
      for (let part = 0; part < (task.spec.data.anonymity ? task.participants : 1); part++)
        await requireTrainable({
          spec: task.spec,
          data: dataset,
          seed: values.seed ?? 1,
          heldOutFraction: task.heldOutFraction,
          hashes,
          share: { partition: values.partition ?? task.partition, part, parts: task.participants },
        });
      const stamp = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
      const options = {
        task,
        dataset,
        partition: values.partition ?? task.partition,
        aggregators: values.aggregators ?? 1,
        backend: values.backend ?? "auto",
        saltArguments: saltArguments(values),
        testSet: values.testSet,
        seed: values.seed ?? 1,
        folder: values.out ?? join("fedledger-demo", stamp),
        logLevel: values.logLevel ?? "warn",
      };
      return runDemo(options, context);
    },
  });

/** Windows for members on one machine, and the least bonds, where nothing is said. */
function quickRules(values: Settings<(typeof taskChoiceSettings)[number]>) {
  const { commitWindow = 60, aggregateWindow = 30, attestWindow = 30, keyWindow = 30 } = values;
  const { bond = "least" as const, participantBond = "least" as const, mode = "transparent" } = values;
  const windows = { commitWindow, aggregateWindow, attestWindow, bond, participantBond };
  return modeOf({ mode }).keys === "none" ? windows : { ...windows, keyWindow };
}
