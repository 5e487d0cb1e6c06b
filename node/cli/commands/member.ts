import { Command } from "commander";
import { requireFunds, sendEther } from "../../chain/index.ts";
import { createClock } from "../../system/index.ts";
import { accountArgument } from "../account-argument.ts";
import { defineCommand } from "../command.ts";
import { required } from "../options.ts";
import { formatTable } from "../output.ts";
import { accountSettings, openRecord, openRecordAs, readPrivateKey, recordSettings } from "../session.ts";

/** More gas than giving one account a role takes. */
const grantGas = 200_000n;

/** `fedledger member`. */
export function memberCommand(): Command {
  const member = new Command("member")
    .summary("members and their roles")
    .description("Members of the federation and their roles.");
  member.addCommand(
    defineCommand({
      name: "add <accounts...>",
      summary: "give accounts a role (as admin)",
      details: "Each account is given as such, or by its keystore file.",
      settings: ["role", "fund", ...recordSettings, ...accountSettings],
      run: async (values, { output, log, signal }, args) => {
        const role = required(values.role, "role");
        const accounts = await Promise.all(args.map(accountArgument));
        const privateKey = await readPrivateKey(values);
        const chain = await openRecordAs(values, log, privateKey);
        const { fund: ether, rpc: urls = [] } = values;
        const payment =
          ether === undefined ? undefined : { urls, privateKey, to: accounts, ether, log, clock: createClock() };
        // before anything is done: a role without the ether to use it would be half of what was asked for
        if (payment !== undefined) await requireFunds(payment, BigInt(accounts.length) * grantGas);
        for (const account of accounts) {
          const { gasUsed } = await chain.send({ kind: "grantRole", role, account }, { signal });
          output.emit({ event: "granted", account, role, gasUsed }, `${account} is now ${role} (${gasUsed} gas)`);
        }
        if (payment !== undefined) {
          await sendEther(payment);
          output.emit({ event: "funded", accounts, ether: payment.ether }, `sent ${payment.ether} ether to each`);
        }
        return 0;
      },
    }),
  );
  member.addCommand(
    defineCommand({
      name: "remove <accounts...>",
      summary: "take a role from accounts (as admin); connections of those left without a role are cut",
      settings: ["role", ...recordSettings, ...accountSettings],
      run: async (values, { output, log, signal }, args) => {
        const role = required(values.role, "role");
        const chain = await openRecordAs(values, log);
        for (const account of await Promise.all(args.map(accountArgument))) {
          const { gasUsed } = await chain.send({ kind: "revokeRole", role, account }, { signal });
          output.emit({ event: "revoked", account, role, gasUsed }, `${account} is no longer ${role} (${gasUsed} gas)`);
        }
        return 0;
      },
    }),
  );
  member.addCommand(
    defineCommand({
      name: "list",
      summary: "show all members, their roles and contacts",
      settings: recordSettings,
      run: async (values, { output, log }) => {
        const members = await (await openRecord(values, log)).members();
        output.emit(
          { event: "members", members },
          formatTable(
            ["account", "roles", "PeerId", "addresses"],
            members.map(({ account, roles, contact }) => [
              account,
              roles.join(", ") || "none",
              contact?.peerId ?? "not registered",
              contact?.multiaddrs.join(" ") ?? "",
            ]),
          ),
        );
        return 0;
      },
    }),
  );
  return member;
}
