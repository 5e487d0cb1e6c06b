import { createAggregator, readSitePolicy } from "../../api/index.ts";
import { defineCommand } from "../options/command.ts";
import { nodeOptionsOf, nodeSettings } from "../running/node-settings.ts";
import { runRole } from "../running/run-role.ts";

/** `fedledger aggregator`. */
export const aggregatorCommand = () =>
  defineCommand({
    name: "aggregator",
    summary: "run an aggregator node: open and close rounds, compute and propose the model when assigned",
    details:
      "The account needs the role aggregator (fedledger member add), the task's bond where it has one, and some ether for gas. It joins the task by itself, and\n" +
      "locks the bond there: it is lost when a proposal of this node is proven wrong (fedledger bond show). It keeps nothing that the chain and the blobs do not say:\n" +
      "started again, or on another machine, it goes on where the record is.",
    settings: ["reenter", "policy", ...nodeSettings],
    closes: true,
    run: (values, context) =>
      runRole(
        "aggregator",
        context,
        async (events) => {
          const { reenter, policy: path } = values;
          const policy = path === undefined ? undefined : await readSitePolicy(path);
          return createAggregator({ ...(await nodeOptionsOf(values, context.log)), ...events, reenter, policy });
        },
        { exitWhenFinal: values.exitWhenFinal ?? false },
      ),
  });
