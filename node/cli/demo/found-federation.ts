import { join } from "node:path";
import {
  type Chain,
  createTask,
  formatInvitation,
  foundFederation,
  makeInvitation,
  openFederationAs,
  type TaskChoice,
  testAccount,
} from "../../api/index.ts";
import { writeFileAtomic } from "../../system/index.ts";
import type { CommandContext } from "../options/command.ts";

/** Time after which the first round opens with fewer than all. */
const startWithinS = 120;

/** Deploys, gives everyone a role, opens the task, and writes the members' invitation. */
export async function foundDemo(
  endpoint: string,
  { task, aggregators, folder }: { readonly task: TaskChoice; readonly aggregators: number; readonly folder: string },
  { log, signal }: Pick<CommandContext, "log" | "signal">,
): Promise<{ readonly chain: Chain; readonly invitation: string }> {
  const account = testAccount(0);
  const { address: federation } = await foundFederation({ endpoint, account, log, signal });
  const chain = await openFederationAs({ endpoint, federation, account, log, pollIntervalMs: 50 });
  const members = Array.from({ length: aggregators + task.participants }, (_, index) => ({
    account: testAccount(1 + index).address,
    role: index < aggregators ? ("aggregator" as const) : ("participant" as const),
  }));
  await Promise.all(members.map(({ account, role }) => chain.send({ kind: "grantRole", role, account }, { signal })));
  await createTask(chain, { ...task, startWithinS, signal });
  const invitation = join(folder, "invitation.json");
  const made = await makeInvitation({ chain, endpoint, tasks: [1], grantKey: account.privateKey, members, log });
  await writeFileAtomic(invitation, formatInvitation(made));
  return { chain, invitation };
}
