import { defineCommand } from "../command.ts";
import { composeAggregator, nodeSettings } from "../compose.ts";
import { runRole } from "../run-role.ts";

/** `fedledger aggregator`. */
export const aggregatorCommand = () =>
  defineCommand({
    name: "aggregator",
    summary: "run an aggregator node: open and close rounds, compute and propose the model when assigned",
    details:
      "The account needs the role aggregator (fedledger member add) and some ether. In a task with a bond it adds the bond once: it is lost when a proposal is\n" +
      "proven wrong. It keeps nothing that the chain and the blobs do not say:\n" +
      "started again, or on another machine, it goes on where the record is.",
    settings: ["openWhenEnrolled", ...nodeSettings],
    run: ({ openWhenEnrolled, ...values }, context) =>
      runRole(
        "aggregator",
        context,
        (events) =>
          composeAggregator({ ...values, ...(openWhenEnrolled === undefined ? {} : { openWhenEnrolled }) }, events),
        { exitWhenComplete: values.exitWhenComplete ?? false },
      ),
  });
