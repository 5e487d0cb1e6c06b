import { defineCommand } from "../command.ts";
import { composeWatcher, nodeSettings, watcherSettings } from "../compose.ts";
import { runRole } from "../run-role.ts";

/** `fedledger watch`. */
export const watchCommand = () =>
  defineCommand({
    name: "watch",
    summary: "run a watcher: recompute every proposal, and prove a wrong one wrong on the chain",
    details:
      "The account needs no role, only some ether for the transaction that proves a proposal wrong; it is paid from the liar's bond.\n" +
      "Blobs come from the gateways that members registered, and from members themselves where the account has a role.\n" +
      "What it cannot get it demands: the proposer shows it on the chain or loses its bond. Half of a demand's bond pays the answer, and half is burnt.\n" +
      "Where a task's blobs are sealed to its members, only an account that may read them can judge; others are told so, and demand nothing.\n" +
      "A proof is checked here as the contract checks it and simulated before it is sent. Started again, it goes on where the record is.",
    settings: [...watcherSettings, ...nodeSettings],
    run: (values, context) =>
      runRole("watcher", context, (events) => composeWatcher(values, events), {
        exitWhenComplete: values.exitWhenComplete ?? false,
      }),
  });
