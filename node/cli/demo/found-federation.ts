import { join } from "node:path";
import { createChain, createSigner, deployFederation, testAccount } from "../../chain/index.ts";
import { chunkTreeRoot } from "../../core/bytes/chunk-tree.ts";
import { initialLanes } from "../../core/task/initial-model.ts";
import { canonicalTaskSpec } from "../../core/task/task-spec.ts";
import type { Chain } from "../../ports/index.ts";
import { createClock, writeFileAtomic } from "../../system/index.ts";
import type { CommandContext } from "../options/command.ts";
import { makeInvitation } from "../options/make-invitation.ts";
import type { TaskChoice } from "../options/task-choice.ts";

/** Time after which the first round opens with fewer than all. */
const startWithinS = 120;

/** Deploys, gives everyone a role, opens the task, and writes the members' invitation. */
export async function foundFederation(
  url: string,
  { task, aggregators, folder }: { readonly task: TaskChoice; readonly aggregators: number; readonly folder: string },
  { log, signal }: Pick<CommandContext, "log" | "signal">,
): Promise<{ readonly chain: Chain; readonly invitation: string }> {
  const { privateKey } = testAccount(0);
  const signer = createSigner(privateKey);
  const { address } = await deployFederation({ urls: [url], signer, log, confirmations: 1 });
  const chain = await createChain({
    urls: [url],
    federation: address,
    finality: { confirmations: 0 },
    signer,
    log,
    clock: createClock(),
    pollIntervalMs: 50,
  });
  const members = Array.from({ length: aggregators + task.participants }, (_, index) => ({
    account: testAccount(1 + index).address,
    role: index < aggregators ? ("aggregator" as const) : ("participant" as const),
  }));
  await Promise.all([
    chain.send({ kind: "grantRole", role: "task-creator", account: chain.account }, { signal }),
    ...members.map(({ account, role }) => chain.send({ kind: "grantRole", role, account }, { signal })),
  ]);
  const { rules } = task;
  const start = { participants: task.participants, latestS: (await chain.head()).timestampS + startWithinS };
  const spec = { ...task.spec, start };
  const modelRoot = chunkTreeRoot(initialLanes(spec, rules.fractionBits));
  const access = { organisations: [], regions: [], clearance: 0 };
  await chain.send({ kind: "createTask", rules, modelRoot, spec: canonicalTaskSpec(spec), access }, { signal });
  const invitation = join(folder, "invitation.json");
  await writeFileAtomic(
    invitation,
    await makeInvitation({ chain, rpc: [url], tasks: [1], grantKey: privateKey, members, log }),
  );
  return { chain, invitation };
}
