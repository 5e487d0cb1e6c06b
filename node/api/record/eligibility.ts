import { hexEquals } from "../../core/bytes/hex.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Address } from "../../core/ids.ts";
import type { TaskView } from "../../core/record/task-view.ts";
import { admits, attributesText, type Policy, policyText } from "../../core/task/access.ts";
import { accessOf } from "../../core/task/task-spec.ts";
import type { Chain } from "../../ports/index.ts";

/**
 * Rejects with NOT_ELIGIBLE where the task would not let the chain's account in, what its enrolment would revert with,
 * or would give it nothing to read: said before anything is started. Who has a place keeps it.
 */
export async function requireJoin(chain: Chain, view: TaskView): Promise<void> {
  const isIn = view.enrolled.some(({ account }) => hexEquals(account, chain.account));
  if (!isIn) await requireAttributes(chain, view, chain.account, "join", view.access);
  await requireAttributes(chain, view, chain.account, "read", accessOf(view)?.read);
}

/** Rejects with NOT_ELIGIBLE where nobody will give the chain's account the keys of the task's blobs. */
export async function requireRead(chain: Chain, view: TaskView): Promise<void> {
  await requireAttributes(chain, view, chain.account, "read", accessOf(view)?.read);
}

/**
 * Rejects with NOT_ELIGIBLE where the task's blobs are not for an audit by this account; undefined: a key whose account
 * is not known.
 */
export async function requireAudit(chain: Chain, view: TaskView, auditor: Address | undefined): Promise<void> {
  await requireAttributes(chain, view, auditor, "audit", accessOf(view)?.audit);
}

async function requireAttributes(
  chain: Chain,
  { taskId }: TaskView,
  account: Address | undefined,
  action: string,
  policy: Policy | undefined,
): Promise<void> {
  if (policy === undefined) return;
  const said = account === undefined ? [] : await chain.attributeChanges();
  const attributes = said.findLast((change) => hexEquals(change.account, account ?? ""))?.attributes;
  if (admits(policy, attributes)) return;
  const [needed, has] = [policyText(policy), attributesText(attributes)];
  throw new FedledgerError("NOT_ELIGIBLE", { account: account ?? "An unknown account", action, taskId, needed, has });
}
