import { Command } from "commander";
import { readKeystoreAccount, testAccount, weiOf } from "../../chain/index.ts";
import { FedledgerError } from "../../core/error.ts";
import { etherText } from "../../core/ether.ts";
import type { Address } from "../../core/ids.ts";
import type { Chain, ChainReader } from "../../ports/index.ts";
import { createClock } from "../../system/index.ts";
import { accountArgument } from "../account-argument.ts";
import { readBondOutlook } from "../bond-outlook.ts";
import { bondText, outlookText, whenText } from "../bond-text.ts";
import { defineCommand } from "../command.ts";
import { heldRewardsOf } from "../held-rewards.ts";
import type { Settings } from "../options.ts";
import { accountSettings, openRecord, openRecordAs, recordSettings } from "../session.ts";

const amounts = "Amounts are in ether, such as 1.5 or 0.000000000000000001: at most 18 decimals, taken exactly.";

/** `fedledger bond`. */
export function bondCommand(): Command {
  const bond = new Command("bond")
    .summary("bonds of aggregators, and rewards of won challenges")
    .description("The ether that answers for an aggregator's proposals, and the rewards of those who prove one wrong.");
  for (const command of [showCommand(), addCommand(), unbondCommand(), withdrawCommand()]) bond.addCommand(command);
  return bond;
}

const showCommand = () =>
  defineCommand({
    name: "show [account]",
    summary: "show an account's bond and credit, and what a task asks for",
    details:
      "The account is given as such, by its keystore file, or by --keystore or --dev-account; its key is not needed, nor its password.\n" +
      "Amounts are in ether; in JSON in wei. --task says whose bond to compare with.",
    settings: ["task", ...recordSettings, "keystore", "devAccount"],
    run: async (values, { output, log }, [argument]) => {
      const account = argument === undefined ? await settingsAccount(values) : await accountArgument(argument);
      const chain = await openRecord(values, log);
      const bond = await chain.bondOf(account);
      const outlook = await readBondOutlook(chain, values.task ?? 1, account);
      output.emit(
        { event: "bond", account, ...bond, task: outlook },
        [`Bond of ${account}`, bondText(bond, await nowS(chain)), ...(outlook ? [outlookText(outlook)] : [])].join(
          "\n",
        ),
      );
      return 0;
    },
  });

const addCommand = () =>
  defineCommand({
    name: "add <ether>",
    summary: "add ether to the account's free bond",
    details:
      `${amounts}\n` +
      "Only aggregators whose free bond covers what their task asks for (fedledger bond show --task N) are assigned. It is lost when a proposal of theirs is proven wrong.",
    settings: [...recordSettings, ...accountSettings],
    run: async (values, { output, log, signal }, [ether = ""]) => {
      const amountWei = weiOf("<ether>", ether);
      const chain = await openRecordAs(values, log);
      const { gasUsed } = await chain.send({ kind: "bond", amountWei }, { signal });
      const { account } = chain;
      const { freeWei } = await chain.bondOf(account);
      output.emit(
        { event: "bonded", account, amountWei, freeWei, gasUsed },
        `Added ${etherText(amountWei)} ether: ${etherText(freeWei)} ether of ${account} are free (${gasUsed} gas)`,
      );
      return 0;
    },
  });

const unbondCommand = () =>
  defineCommand({
    name: "unbond <ether|all>",
    summary: "begin to take out free bond; it can be withdrawn 14 days later",
    details:
      `${amounts} "all" is all that is free; what is locked becomes free when its round ends.\n` +
      "A further unbond starts the time anew for all that is leaving. Stop the account's aggregator node before: at its next start it adds what its task asks for again.",
    settings: [...recordSettings, ...accountSettings],
    run: async (values, { output, log, signal }, [ether = ""]) => {
      const asked = ether === "all" ? undefined : weiOf("<ether|all>", ether);
      const chain = await openRecordAs(values, log);
      const { account } = chain;
      const before = await chain.bondOf(account);
      const amountWei = asked ?? before.freeWei;
      if (amountWei === 0n) {
        const reason = `no bond is free, ${etherText(before.lockedWei)} ether are locked for running rounds`;
        throw new FedledgerError("NOTHING_TO_TAKE", { action: "unbond", account, reason });
      }
      const { gasUsed } = await chain.send({ kind: "requestUnbond", amountWei }, { signal });
      const { unbondingWei, withdrawableFromS } = await chain.bondOf(account);
      const again = before.unbondingWei > 0n ? "; the time has started anew for what was leaving already" : "";
      output.emit(
        { event: "unbonding", account, amountWei, unbondingWei, withdrawableFromS, gasUsed },
        `${etherText(unbondingWei)} ether are leaving the bond of ${account}${again} (${gasUsed} gas)\n` +
          `  fedledger bond withdraw takes them ${whenText(withdrawableFromS, await nowS(chain))}`,
      );
      return 0;
    },
  });

const withdrawCommand = () =>
  defineCommand({
    name: "withdraw",
    summary: "pay out what has been unbonded, and the rewards of won challenges, to the account",
    details:
      "Takes whichever is there; exit code 1 when nothing is yet. A reward of a challenge that was not reserved is held for an hour before.\n" +
      "Watchers withdraw their rewards by themselves.",
    settings: [...recordSettings, ...accountSettings],
    run: async (values, { output, log, signal }) => {
      const chain = await openRecordAs(values, log);
      const { account } = chain;
      const atS = await nowS(chain);
      const held = await collectRewards(chain, atS, signal);
      const { unbondingWei, withdrawableFromS, creditWei } = await chain.bondOf(account);
      const whenFree = whenText(withdrawableFromS, atS);
      const isFree = unbondingWei > 0n && whenFree === "now";
      const later = `${etherText(unbondingWei)} ether of the bond can be withdrawn ${whenFree}`;
      if (creditWei === 0n && !isFree) {
        const waiting = `a reward of ${etherText(held.amountWei)} ether is held, in case somebody reserved it: it can be withdrawn ${whenText(held.fromS, atS)}`;
        const none = held.amountWei > 0n ? waiting : "nothing was unbonded, and there is no credit";
        const reason = unbondingWei > 0n ? later : none;
        throw new FedledgerError("NOTHING_TO_TAKE", { action: "withdraw", account, reason });
      }
      const take = async (of: "credit" | "bond", amountWei: bigint) => {
        const kind = of === "credit" ? "withdrawCredit" : "withdrawBond";
        const { gasUsed } = await chain.send({ kind }, { signal });
        output.emit(
          { event: "withdrawn", account, of, amountWei, gasUsed },
          `Paid ${etherText(amountWei)} ether of ${of} to ${account} (${gasUsed} gas)`,
        );
      };
      if (creditWei > 0n) await take("credit", creditWei);
      if (isFree) await take("bond", unbondingWei);
      else if (unbondingWei > 0n) output.say(later);
      return 0;
    },
  });

/** Has the held rewards of the account credited whose time has come; what is left, and from which second on. */
async function collectRewards(chain: Chain, atS: number, signal: AbortSignal) {
  const rewards = await heldRewardsOf(chain, chain.account);
  for (const { caseHash } of rewards.filter(({ collectableFromS }) => collectableFromS <= atS)) {
    await chain.send({ kind: "collectReward", caseHash }, { signal });
  }
  const left = rewards.filter(({ collectableFromS }) => collectableFromS > atS);
  return {
    amountWei: left.reduce((sum, { amountWei }) => sum + amountWei, 0n),
    fromS: Math.max(0, ...left.map(({ collectableFromS }) => collectableFromS)),
  };
}

/** The account that the settings name, without its key where its keystore tells it. Rejects with INVALID_CONFIG, FILE_NOT_FOUND, FILE_UNREADABLE. */
async function settingsAccount(values: Settings<"keystore" | "devAccount">): Promise<Address> {
  if (values.devAccount !== undefined) return testAccount(values.devAccount).address;
  if (values.keystore !== undefined) return readKeystoreAccount(values.keystore);
  const reason = "say which: an account, its keystore file, --keystore or --dev-account";
  throw new FedledgerError("INVALID_CONFIG", { name: "account", reason });
}

/** The chain's time, seconds since 1970: the newest block's, or this machine's where no block has come for a while. */
async function nowS(chain: ChainReader): Promise<number> {
  return Math.max((await chain.head()).timestampS, Math.floor(createClock().nowMs() / 1000));
}
