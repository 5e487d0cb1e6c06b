import { Command } from "commander";
import { type Attributes, addMembers, attributesText, changedAttributes, parsePolicy } from "../../api/index.ts";
import { required, type Settings } from "../../config/index.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import { accountArgument } from "../options/account-argument.ts";
import { defineCommand } from "../options/command.ts";
import {
  accountSettings,
  endpointOf,
  openRecordAs,
  openRecordOf,
  readAccount,
  recordSettings,
} from "../running/session.ts";
import { formatTable } from "../text/output.ts";

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
        const account = await readAccount(values, log);
        const chain = await openRecordAs(values, log, account);
        const { fund: ether } = values;
        await addMembers(chain, {
          ...endpointOf(values, log),
          ...{ account, role, members: accounts, ether, signal },
          onGranted: ({ account, gasUsed }) =>
            output.emit({ event: "granted", account, role, gasUsed }, `${account} is now ${role} (${gasUsed} gas)`),
        });
        if (ether !== undefined) output.emit({ event: "funded", accounts, ether }, `sent ${ether} ether to each`);
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
        for (const { account, attributes } of await changedAttributes(chain, accounts, changes)) {
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
        const members = await (await openRecordOf(values, log)).members();
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
