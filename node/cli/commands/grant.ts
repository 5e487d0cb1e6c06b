import { existsSync } from "node:fs";
import { Command } from "commander";
import {
  type Address,
  accountOfKeystore,
  type Bytes32,
  createGrant,
  type Member,
  openContent,
  publicKeysOf,
} from "../../api/index.ts";
import { required } from "../../config/index.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import { writeFileAtomic } from "../../system/index.ts";
import { defineCommand } from "../options/command.ts";
import { readPassword } from "../options/password.ts";
import { accountSettings, openRecordAs, readAccount, recordSettings } from "../running/session.ts";

/** `fedledger grant`. */
export function grantCommand(): Command {
  const grant = new Command("grant")
    .summary("let an auditor read a task whose blobs are sealed to its members")
    .description("Grants: what a member gives an auditor, so that it can open the sealed blobs of a task.");
  grant.addCommand(
    defineCommand({
      name: "create",
      summary: "give an auditor the keys of a task's sealed blobs (as a member who can read them)",
      details:
        "The file opens with the auditor's key only: fedledger audit --grant FILE --keystore AUDITOR.json.\n" +
        "It opens what is sealed up to now; a grant cannot be taken back. With --from-round and --to-round it is for these rounds, and for\n" +
        "whatever else was sealed with the same keyrings: a sender makes a new one only when the readers change.\n" +
        "Exit codes: 0 the grant covers every blob of these rounds · 4 some could not be had, or are sealed from this member, too.",
      settings: [
        "task",
        "auditor",
        "fromRound",
        "toRound",
        ...recordSettings,
        ...accountSettings,
        "content",
        "out",
        "force",
      ],
      run: async (values, { output, log, signal }) => {
        const taskId = values.task ?? 1;
        const out = required(values.out, "out");
        const account = await readAccount(values, log);
        const chain = await openRecordAs(values, log, account);
        const auditor = await auditorOf(required(values.auditor, "auditor"), await chain.members());
        const { grant, keyrings, missing, sealed } = await createGrant(chain, {
          ...{ taskId, account, auditor, signal },
          fromRound: values.fromRound,
          toRound: values.toRound,
          content: values.content && (await openContent({ sources: values.content })),
        });
        const text = `${JSON.stringify(grant, undefined, 2)}\n`;
        await writeFileAtomic(out, text, { replace: values.force ?? false });
        const { fromRound: from, toRound: to } = grant;
        const lacks = [
          ...(missing > 0 ? [`${missing} blobs could not be had`] : []),
          ...(sealed.length > 0 ? [`sealed from this member, too, are keyrings of ${sealed.join(", ")}`] : []),
        ];
        output.emit(
          {
            event: "granted",
            path: out,
            auditor: auditor.key,
            fromRound: from,
            toRound: to,
            keyrings,
            missing,
            sealed,
          },
          `${out} lets ${auditor.key} read rounds ${from} to ${to} of task ${taskId} (${keyrings} keyrings)` +
            (lacks.length > 0 ? `; not covered: ${lacks.join("; ")}` : ""),
        );
        return lacks.length > 0 ? 4 : 0;
      },
    }),
  );
  return grant;
}

/**
 * An auditor's X25519 public key: given as such, by a registered account, or by its keystore file, whose password is
 * needed; and its account where that is known.
 */
async function auditorOf(
  text: string,
  members: readonly Member[],
): Promise<{ readonly key: Bytes32; readonly account: Address | undefined }> {
  if (/^0x[0-9a-fA-F]{64}$/.test(text)) {
    const key = text.toLowerCase() as Bytes32;
    const owner = members.find(({ contact }) => contact !== undefined && sameHex(contact.encryptionKey, key));
    return { key, account: owner?.account };
  }
  if (/^0x[0-9a-fA-F]{40}$/.test(text)) {
    const member = members.find(({ account }) => sameHex(account, text));
    if (member?.contact !== undefined) return { key: member.contact.encryptionKey, account: member.account };
    throw new FedledgerError("INVALID_CONFIG", { name: "--auditor", reason: `${text} has registered no key` });
  }
  if (existsSync(text)) {
    const keys = await publicKeysOf(await accountOfKeystore(text, await readPassword(text)));
    return { key: keys.encryptionKey, account: keys.account };
  }
  const reason = `${text} is neither a public key (0x and 64 hexadecimal digits), nor an account, nor a keystore file`;
  throw new FedledgerError("INVALID_CONFIG", { name: "--auditor", reason });
}

function sameHex(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
