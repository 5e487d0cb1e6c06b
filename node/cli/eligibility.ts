import { admits, attributesText, type Policy, policyText } from "../core/access.ts";
import { FedledgerError } from "../core/error.ts";
import { foldTask } from "../core/fold-task.ts";
import { hexEquals } from "../core/hex.ts";
import { parseTaskSpecJson } from "../core/task-spec.ts";
import type { Chain } from "../ports/index.ts";

/** Rejects with NOT_ELIGIBLE where the task would not let the chain's account in: what its enrolment would revert with, said before anything is started. Who has a place keeps it. */
export async function requireJoin(chain: Chain, taskId: number): Promise<void> {
  const view = foldTask(await chain.history(taskId));
  if (view.enrolled.some(({ participant }) => hexEquals(participant, chain.account))) return;
  await require(chain, taskId, "join", view.access);
}

/** Rejects with NOT_ELIGIBLE where nobody will give the chain's account the keys of the task's blobs. */
export async function requireRead(chain: Chain, taskId: number): Promise<void> {
  const { access } = parseTaskSpecJson(foldTask(await chain.history(taskId)).spec);
  await require(chain, taskId, "read", access?.read);
}

async function require(chain: Chain, taskId: number, action: string, policy: Policy | undefined): Promise<void> {
  const { account } = chain;
  if (policy === undefined) return;
  const said = await chain.attributeChanges();
  const attributes = said.findLast((change) => hexEquals(change.account, account))?.attributes;
  if (admits(policy, attributes)) return;
  const [needed, has] = [policyText(policy), attributesText(attributes)];
  throw new FedledgerError("NOT_ELIGIBLE", { account, action, taskId, needed, has });
}
