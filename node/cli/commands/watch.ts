import { createWatcher } from "../../api/index.ts";
import { defineCommand } from "../options/command.ts";
import { nodeOptionsOf, nodeSettings } from "../running/node-settings.ts";
import { runRole } from "../running/run-role.ts";

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
      "A proof is checked here as the contract checks it and simulated before it is sent. Started again, it goes on where the record is.",
    settings: nodeSettings,
    closes: true,
    run: (values, context) =>
      runRole(
        "watcher",
        context,
        async (events) => createWatcher({ ...(await nodeOptionsOf(values, context.log)), ...events }),
        {
          exitWhenFinal: values.exitWhenFinal ?? false,
        },
      ),
  });
