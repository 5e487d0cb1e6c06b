import { etherText } from "../../core/ether.ts";
import type { TaskId } from "../../core/ids.ts";
import type { Chain } from "../../ports/index.ts";
import { readBondOutlook } from "../bond-outlook.ts";
import { outlookText } from "../bond-text.ts";
import { type CommandContext, defineCommand } from "../command.ts";
import { composeAggregator, nodeSettings } from "../compose.ts";
import { runRole } from "../run-role.ts";

/** `fedledger aggregator`. */
export const aggregatorCommand = () =>
  defineCommand({
    name: "aggregator",
    summary: "run an aggregator node: open and close rounds, compute and propose the model when assigned",
    details:
      "The account needs the role aggregator (fedledger member add) and some ether. In a task with a bond it adds the bond once, from the\n" +
      "account's ether: it is lost when a proposal is proven wrong, and no other is brought then (fedledger bond show, add, unbond). It keeps nothing that the chain and the blobs do not say:\n" +
      "started again, or on another machine, it goes on where the record is.",
    settings: ["openWhenEnrolled", ...nodeSettings],
    run: ({ openWhenEnrolled, ...values }, context) =>
      runRole(
        "aggregator",
        context,
        async (events) => {
          const opened = openWhenEnrolled === undefined ? {} : { openWhenEnrolled };
          const node = await composeAggregator({ ...values, ...opened }, events);
          await tellBond(node.chain, values.task ?? 1, context);
          return node;
        },
        { exitWhenComplete: values.exitWhenComplete ?? false },
      ),
  });

/** Tells what the account's bond means for its assignment, where the owner may have to do something. Never rejects: the node goes on. */
async function tellBond(chain: Chain, taskId: TaskId, { output, log }: CommandContext): Promise<void> {
  try {
    const outlook = await readBondOutlook(chain, taskId, chain.account);
    const { standing = "none", missingWei = 0n } = outlook ?? {};
    if (outlook === undefined || standing === "none" || standing === "covered" || standing === "locked") return;
    const text =
      standing === "missing"
        ? `Task ${taskId} asks for a bond of ${etherText(outlook.bondWei)} ether: ${etherText(missingWei)} are missing, and are taken from the account's ether once it has its role`
        : outlookText(outlook);
    output.emit({ ...outlook, event: "bond" }, text);
  } catch (error) {
    log.debug("The bond could not be looked at", { error });
  }
}
