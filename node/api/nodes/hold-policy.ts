import { parseSitePolicy, type SitePolicy } from "../../config/index.ts";
import { type PolicyRefusal, policyRefusals } from "../../config/policy-refusals.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { TaskView } from "../../core/record/task-view.ts";
import { parseTaskSpecJson } from "../../core/task/task-spec.ts";
import type { ChainReader } from "../../ports/index.ts";
import { readFileText } from "../../system/index.ts";

/** Whose tasks a policy looks at. */
export type PolicyRole = "participant" | "aggregator";

/** The policy in a file. Rejects with FILE_NOT_FOUND, FILE_UNREADABLE, INVALID_CONFIG. */
export async function readSitePolicy(path: string): Promise<SitePolicy> {
  return parseSitePolicy(path, await readFileText(path));
}

/**
 * What a policy has against a task, by what the chain says of it alone: no file is opened. Rejects with
 * INVALID_TASK_SPEC, RPC_UNREACHABLE.
 */
export async function refusalsOf(
  policy: SitePolicy,
  chain: Pick<ChainReader, "federation" | "codes">,
  view: TaskView,
  role: PolicyRole,
): Promise<readonly PolicyRefusal[]> {
  const spec = parseTaskSpecJson(view.spec);
  const codes = policy.codeHashes === undefined ? { hashes: {} } : await chain.codes();
  return policyRefusals(policy, { view, spec, federation: chain.federation, codes, role });
}

/** Rejects with POLICY_REFUSES where the site's policy has something against the task; no policy refuses nothing. */
export async function holdPolicy(
  policy: SitePolicy | undefined,
  chain: Pick<ChainReader, "federation" | "codes">,
  view: TaskView,
  role: PolicyRole,
): Promise<void> {
  if (policy === undefined) return;
  const refusals = await refusalsOf(policy, chain, view, role);
  if (refusals.length === 0) return;
  throw new FedledgerError("POLICY_REFUSES", {
    taskId: view.taskId,
    keys: refusals.map(({ key }) => key).join(", "),
    reason: refusals.map(({ key, reason }) => `${reason} (${key})`).join("; "),
  });
}
