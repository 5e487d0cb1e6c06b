import { Command } from "commander";
import {
  type Address,
  type Chain,
  chainTimeS,
  etherText,
  placesOf,
  readKeystoreAccount,
  releaseBonds,
  type TaskPlace,
  testAccount,
} from "../../api/index.ts";
import type { Settings } from "../../config/index.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import { accountArgument } from "../options/account-argument.ts";
import { type CommandContext, defineCommand } from "../options/command.ts";
import { accountSettings, openRecordAs, openRecordOf, recordSettings } from "../running/session.ts";
import { bondText, whenText } from "../text/bond-text.ts";

/** `fedledger bond`. */
export function bondCommand(): Command {
  const bond = new Command("bond")
    .summary("what an account has locked in tasks, and its credit")
    .description(
      "What an account has locked in each task, and what it may withdraw: bonds released, and rewards of proofs.",
    );
  for (const command of [showCommand(), releaseCommand(), withdrawCommand()]) bond.addCommand(command);
  return bond;
}

const showCommand = () =>
  defineCommand({
    name: "show [account]",
    summary: "show an account's places, bonds and credit",
    details:
      "The account is given as such, by its keystore file, or by --keystore or --dev-account; its key is not needed, nor its password.\n" +
      "A bond is locked by enrolling or joining, in the node's own transaction. Amounts are in ether; in JSON in wei.",
    settings: [...recordSettings, "keystore", "devAccount"],
    run: async (values, { output, log }, [argument]) => {
      const account = argument === undefined ? await settingsAccount(values) : await accountArgument(argument);
      const chain = await openRecordOf(values, log);
      const places = await placesOf(chain, account);
      const creditWei = await chain.creditOf(account);
      output.emit(
        { event: "bond", account, places, creditWei },
        `Bonds of ${account}\n${bondText(places, creditWei, await chainTimeS(chain))}`,
      );
      return 0;
    },
  });

const releaseCommand = () =>
  defineCommand({
    name: "release [account]",
    summary: "make an account's bonds whose time is over its credit (anyone may)",
    details: "A bond is free one challenge window after its place was. Without an account: that of the settings.",
    settings: [...recordSettings, ...accountSettings],
    run: async (values, context, [argument]) => {
      const chain = await openRecordAs(values, context.log);
      const account = argument === undefined ? chain.account : await accountArgument(argument);
      const released = await releaseAll(chain, account, context);
      if (released === 0) {
        const reason = laterText(await placesOf(chain, account), await chainTimeS(chain));
        throw new FedledgerError("NOTHING_TO_TAKE", { action: "release", account, reason });
      }
      return 0;
    },
  });

const withdrawCommand = () =>
  defineCommand({
    name: "withdraw",
    summary: "pay the account out: bonds whose time is over, and rewards of proofs",
    details: "Nodes that watch withdraw their rewards by themselves. Exit code 1 when nothing is there yet.",
    settings: [...recordSettings, ...accountSettings],
    run: async (values, context) => {
      const { output, log, signal } = context;
      const chain = await openRecordAs(values, log);
      const { account } = chain;
      await releaseAll(chain, account, context);
      const creditWei = await chain.creditOf(account);
      if (creditWei === 0n) {
        const reason = laterText(await placesOf(chain, account), await chainTimeS(chain));
        throw new FedledgerError("NOTHING_TO_TAKE", { action: "withdraw", account, reason });
      }
      const { gasUsed } = await chain.send({ kind: "withdraw" }, { signal });
      output.emit(
        { event: "withdrawn", account, amountWei: creditWei, gasUsed },
        `Paid ${etherText(creditWei)} ether to ${account} (${gasUsed} gas)`,
      );
      return 0;
    },
  });

/** Releases all bonds of an account whose time is over, and tells of each; how many these were. */
async function releaseAll(chain: Chain, account: Address, { output, signal }: CommandContext): Promise<number> {
  const released = await releaseBonds(chain, account, {
    onReleased: ({ taskId, bondWei, gasUsed }) =>
      output.emit(
        { event: "released", account, taskId, amountWei: bondWei, gasUsed },
        `Released ${etherText(bondWei)} ether of task ${taskId} for ${account} (${gasUsed} gas)`,
      ),
    signal,
  });
  return released.length;
}

/** Why there is nothing to take now. */
function laterText(places: readonly TaskPlace[], atS: number): string {
  const locked = places.filter(({ bondWei, expelled }) => bondWei > 0n && !expelled);
  if (locked.length === 0) return "there is no bond, and no credit";
  return locked
    .map(({ taskId, role, bondWei, freeFromS }) => {
      const when = role === undefined ? whenText(freeFromS, atS) : "one challenge window after it has left the task";
      return `${etherText(bondWei)} ether in task ${taskId}: ${when}`;
    })
    .join("; ");
}

/**
 * The account that the settings name, without its key where its keystore tells it. Rejects with INVALID_CONFIG,
 * FILE_NOT_FOUND, FILE_UNREADABLE.
 */
async function settingsAccount(values: Settings<"keystore" | "devAccount">): Promise<Address> {
  if (values.devAccount !== undefined) return testAccount(values.devAccount).address;
  if (values.keystore !== undefined) return readKeystoreAccount(values.keystore);
  const reason = "say which: an account, its keystore file, --keystore or --dev-account";
  throw new FedledgerError("INVALID_CONFIG", { name: "account", reason });
}
