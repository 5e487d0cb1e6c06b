import { FedledgerError } from "../core/error.ts";
import type { TaskId } from "../core/ids.ts";
import type { TaskRules } from "../core/records.ts";
import type { TaskSpec } from "../core/task-spec.ts";
import type { RoundView } from "../core/task-view.ts";
import type { Journal } from "../ports/system.ts";
import { roundsInBudget } from "../privacy/budget.ts";
import { privacyProblems } from "../privacy/check-privacy.ts";

/**
 * Writes down that an update with noise is drawn for this opening of a round, before it is. The contract counts committed rounds; this
 * counts every update that may have left this machine: those of a round that was opened again on another base model, too, and those of
 * a history that a reorganisation undid. The same round, base model and draw count once.
 *
 * Rejects with PRIVACY_RULES_BROKEN where the task's rules do not keep its specification's promise (see privacyProblems), and with
 * PRIVACY_BUDGET_SPENT where as many updates were drawn as the specification's epsilon allows.
 */
export async function spendRound(
  journal: Journal,
  { spec, rules }: { readonly spec: TaskSpec; readonly rules: TaskRules },
  taskId: TaskId,
  { round, baseModelRoot, seed }: Pick<RoundView, "round" | "baseModelRoot" | "seed">,
): Promise<void> {
  const { privacy } = spec;
  if (privacy === undefined) return;
  const noisy = { ...spec, privacy };
  const problem = privacyProblems(noisy, rules)[0];
  if (problem !== undefined) throw new FedledgerError("PRIVACY_RULES_BROKEN", { taskId, ...problem });
  const key = `noise/${taskId}`;
  const spent = readList(await journal.get(key));
  const entry = `${round}/${baseModelRoot.toLowerCase()}/${seed}`;
  if (spent.includes(entry)) return;
  const most = roundsInBudget(noisy, rules);
  if (spent.length >= most) {
    throw new FedledgerError("PRIVACY_BUDGET_SPENT", { taskId, round, drawn: spent.length, epsilon: privacy.epsilon });
  }
  await journal.put(key, new TextEncoder().encode(JSON.stringify([...spent, entry])));
}

/** Throws PRIVACY_LEDGER_UNREADABLE: a ledger that cannot be read must not count as empty. */
function readList(bytes: Uint8Array | undefined): readonly string[] {
  if (bytes === undefined) return [];
  try {
    const list: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (Array.isArray(list) && list.every((entry) => typeof entry === "string")) return list;
  } catch (error) {
    throw new FedledgerError("PRIVACY_LEDGER_UNREADABLE", {}, error);
  }
  throw new FedledgerError("PRIVACY_LEDGER_UNREADABLE", {});
}
