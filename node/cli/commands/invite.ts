import {
  accountOfKeystore,
  formatInvitation,
  grantKeyOf,
  type Invited,
  makeInvitation,
  readInvitation,
} from "../../api/index.ts";
import { required } from "../../config/index.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import { writeFileAtomic } from "../../system/index.ts";
import { accountArgument } from "../options/account-argument.ts";
import { defineCommand } from "../options/command.ts";
import { readPassword } from "../options/password.ts";
import { accountSettings, endpointOf, openRecordAs, readAccount, recordSettings } from "../running/session.ts";

/** `fedledger invite`. */
export const inviteCommand = () =>
  defineCommand({
    name: "invite",
    summary: "make the invitation that members of the federation start their nodes with (as an admin)",
    details:
      "The file says chain, federation, its code, tasks and endpoints: a member's node needs no other option\n" +
      "for them than --invitation FILE. In masked tasks it is what a member believes instead of its endpoint:\n" +
      "only accounts with a grant (--grant-to) are let into its masks. Grants are signed by the grant key, best\n" +
      "a key of its own. Give members the file by a way that nobody else writes to; it holds no secret:\n" +
      "endpoints with a password, a query or a key in them are left out.\n" +
      "The next invitation begins with --from FILE: more tasks, more grants. --revoke takes back all grants\n" +
      "that are not given again (revoke the role, too); --successor KEYSTORE hands the grant key on. Every\n" +
      "member then has to start its node with the new file.",
    settings: [
      ...recordSettings,
      ...accountSettings,
      "task",
      "tasks",
      "grantKey",
      "grantPasswordFile",
      "grantTo",
      "successor",
      "successorPasswordFile",
      "from",
      "revoke",
      "out",
      "force",
    ],
    run: async (values, { output, log }) => {
      const out = required(values.out, "out");
      const account = await readAccount(values, log);
      const chain = await openRecordAs(values, log, account);
      const from = values.from === undefined ? undefined : await readInvitation(values.from);
      const { task, revoke = false } = values;
      const invitation = await makeInvitation({
        ...endpointOf(values, log),
        chain,
        tasks: values.tasks?.map(taskNumber) ?? (task === undefined ? [] : [task]),
        grantKey: await keyIn(values.grantKey, values.grantPasswordFile, account.privateKey),
        members: await Promise.all((values.grantTo ?? []).map(invited)),
        from,
        revoke,
        successor: await keyIn(values.successor, values.successorPasswordFile, undefined),
      });
      await writeFileAtomic(out, formatInvitation(invitation), { replace: values.force ?? false });
      const { epoch, grants, tasks } = invitation;
      const unnamed = (values.rpc ?? []).length - invitation.rpc.length;
      if (unnamed > 0) log.warn(`${unnamed} of the endpoints have a password or key: members get them by another way`);
      const named = tasks.map(({ taskId }) => taskId);
      output.emit(
        { event: "invited", path: out, grantKey: grantKeyOf(invitation), epoch, grants: grants.length, tasks: named },
        `${out} invites ${grants.length} members to ${named.length === 0 ? "no task" : `task ${named.join(", ")}`} ` +
          `(epoch ${epoch}, grant key ${grantKeyOf(invitation)})`,
      );
      return 0;
    },
  });

async function keyIn<Other extends string | undefined>(
  keystore: string | undefined,
  file: string | undefined,
  other: Other,
): Promise<string | Other> {
  if (keystore === undefined) return other;
  return (await accountOfKeystore(keystore, await readPassword(keystore, { file }))).privateKey;
}

/** A member of `--grant-to`: an account or its keystore file, and behind it :aggregator for one. */
async function invited(text: string): Promise<Invited> {
  const suffix = /:(participant|aggregator)$/.exec(text);
  const role = suffix?.[1] === "aggregator" ? "aggregator" : "participant";
  return { account: await accountArgument(suffix === null ? text : text.slice(0, suffix.index)), role };
}

function taskNumber(text: string): number {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new FedledgerError("INVALID_CONFIG", { name: "--tasks", reason: `${text} is not the number of a task` });
}
