import { existsSync } from "node:fs";
import { Command } from "commander";
import { accountOf, deriveNodeKeys, openKeystore } from "../../chain/index.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Address, Bytes32 } from "../../core/ids.ts";
import { foldTask } from "../../core/record/fold-task.ts";
import type { Member } from "../../core/records.ts";
import { isSealed } from "../../core/task/blob-length.ts";
import { createBlobOpener } from "../../privacy/sealed/blob-opener.ts";
import { grantWord, sealGrant } from "../../privacy/sealed/grant.ts";
import { writeFileAtomic } from "../../system/index.ts";
import { defineCommand } from "../options/command.ts";
import { requireAudit } from "../options/eligibility.ts";
import { collectSecrets } from "../options/make-grant.ts";
import { required } from "../options/options.ts";
import { readPassword } from "../options/password.ts";
import { openContent } from "../results/content.ts";
import { accountSettings, openRecordAs, readPrivateKey, recordSettings } from "../running/session.ts";

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
        const privateKey = await readPrivateKey(values);
        const chain = await openRecordAs(values, log, privateKey);
        const view = foldTask(await chain.history(taskId, { signal }));
        if (!isSealed(view)) throw new FedledgerError("NOTHING_SEALED", { taskId, reason: "its blobs are public" });
        const { key: auditor, account } = await auditorOf(required(values.auditor, "auditor"), await chain.members());
        await requireAudit(chain, view, account);
        const { chainId, federation } = chain;
        const task = { chainId, federation, taskId };
        const opener = createBlobOpener({ task, reader: deriveNodeKeys(privateKey).encryption });
        const store = await openContent(chain, values.content);
        const from = values.fromRound ?? 1;
        const to = values.toRound ?? Math.max(from, view.rounds.at(-1)?.round ?? 0);
        const { secrets, missing, sealed } = await collectSecrets(view, { from, to }, { store, opener, signal });
        if (secrets.size === 0) {
          const reason =
            sealed.length > 0 ? "this member is none of its readers" : "no sealed blob of these rounds could be had";
          throw new FedledgerError("BLOB_SEALED", { contentId: `of task ${taskId}`, reason });
        }
        const about = { ...task, fromRound: from, toRound: to, auditor, grantedBy: chain.account };
        const unsigned = await sealGrant(about, secrets);
        const signature = await chain.signRecord({ type: "grant", ...grantWord(unsigned) });
        const text = `${JSON.stringify({ ...unsigned, signature }, undefined, 2)}\n`;
        await writeFileAtomic(out, text, { replace: values.force ?? false });
        const lacks = [
          ...(missing > 0 ? [`${missing} blobs could not be had`] : []),
          ...(sealed.length > 0 ? [`sealed from this member, too, are keyrings of ${sealed.join(", ")}`] : []),
        ];
        output.emit(
          {
            event: "granted",
            path: out,
            auditor,
            fromRound: from,
            toRound: to,
            keyrings: secrets.size,
            missing,
            sealed,
          },
          `${out} lets ${auditor} read rounds ${from} to ${to} of task ${taskId} (${secrets.size} keyrings)` +
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
    const owner = members.find(({ contact }) => contact !== undefined && hexEquals(contact.encryptionKey, key));
    return { key, account: owner?.account };
  }
  if (/^0x[0-9a-fA-F]{40}$/.test(text)) {
    const member = members.find(({ account }) => hexEquals(account, text));
    if (member?.contact !== undefined) return { key: member.contact.encryptionKey, account: member.account };
    throw new FedledgerError("INVALID_CONFIG", { name: "--auditor", reason: `${text} has registered no key` });
  }
  if (existsSync(text)) {
    const { privateKey } = await openKeystore(text, await readPassword(text));
    return { key: deriveNodeKeys(privateKey).encryption.publicKey, account: accountOf(privateKey) };
  }
  const reason = `${text} is neither a public key (0x and 64 hexadecimal digits), nor an account, nor a keystore file`;
  throw new FedledgerError("INVALID_CONFIG", { name: "--auditor", reason });
}
