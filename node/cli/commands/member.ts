import { Command } from "commander";
import { requireFunds, sendEther } from "../../chain/index.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Attributes } from "../../core/records.ts";
import { attributesText, noAttributes, parsePolicy } from "../../core/task/access.ts";
import { createClock } from "../../system/index.ts";
import { accountArgument } from "../options/account-argument.ts";
import { defineCommand } from "../options/command.ts";
import { required, type Settings } from "../options/options.ts";
import { accountSettings, openRecord, openRecordAs, readPrivateKey, recordSettings } from "../running/session.ts";
import { formatTable } from "../text/output.ts";

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
      name: "set <accounts...>",
      summary: "say of accounts which organisation, region and clearance they have (as admin)",
      details:
        "Tasks let members join, read and audit by these attributes. What is not given stays as it was. Places in tasks that an account has stay its own.",
      settings: ["organisation", "region", "clearance", ...recordSettings, ...accountSettings],
      run: async (values, { output, log, signal }, args) => {
        const changes = attributeChanges(values);
        const accounts = await Promise.all(args.map(accountArgument));
        const chain = await openRecordAs(values, log);
        const said = await chain.attributeChanges();
        for (const account of accounts) {
          const last = said.findLast((change) => hexEquals(change.account, account));
          const attributes = { ...noAttributes, ...last?.attributes, ...changes };
          const { gasUsed } = await chain.send({ kind: "setAttributes", account, attributes }, { signal });
          output.emit(
            { event: "attributes", account, attributes, gasUsed },
            `${account} now has ${attributesText(attributes)} (${gasUsed} gas)`,
          );
        }
        return 0;
      },
    }),
  );
  member.addCommand(
    defineCommand({
      name: "list",
      summary: "show all members, their roles, attributes and contacts",
      settings: recordSettings,
      run: async (values, { output, log }) => {
        const members = await (await openRecord(values, log)).members();
        output.emit(
          { event: "members", members },
          formatTable(
            ["account", "roles", "attributes", "PeerId", "addresses"],
            members.map(({ account, roles, attributes, contact }) => [
              account,
              roles.join(", ") || "none",
              attributes ? attributesText(attributes) : "",
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

/**
 * The attributes that the settings give. Throws INVALID_CONFIG where they give none, or a text that is too long for the
 * chain.
 */
function attributeChanges(values: Settings<"organisation" | "region" | "clearance">): Partial<Attributes> {
  const { organisation, region, clearance } = values;
  const changes = {
    ...(organisation !== undefined && { organisation }),
    ...(region !== undefined && { region }),
    ...(clearance !== undefined && { clearance }),
  };
  if (Object.keys(changes).length === 0) {
    const reason = "give at least one of --organisation, --region and --clearance";
    throw new FedledgerError("INVALID_CONFIG", { name: "attributes", reason });
  }
  if (organisation) parsePolicy("--organisation", { organisations: [organisation] });
  if (region) parsePolicy("--region", { regions: [region] });
  return changes;
}
