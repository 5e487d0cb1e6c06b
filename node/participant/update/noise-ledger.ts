import { FedledgerError } from "../../core/errors/error.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import { endedOpen } from "../../core/record/round-keys.ts";
import type { RoundView, TaskView } from "../../core/record/task-view.ts";
import type { TaskSpec } from "../../core/task/task-spec.ts";
import type { Journal } from "../../ports/system.ts";
import { roundsInBudget } from "../../privacy/budget/budget.ts";
import { privacyProblems } from "../../privacy/budget/check-privacy.ts";
import { createMaskJournal } from "../../privacy/masking/index.ts";

/**
 * Openings that noise was drawn for since a journal was opened. Whoever restarts cannot tell what became of the update
 * that it masked before: the others may have opened it without its word.
 */
const drawnSince = new WeakMap<Journal, Set<string>>();

/**
 * Writes down that an update with noise is drawn for this opening of a round, before it is. The contract counts
 * committed rounds; this counts every update that may have left this machine: those of a round that was opened again
 * over another base or draw, too, and those of a history that a reorganisation undid. As there, a masked round that
 * ended before its updates were frozen costs nothing: nothing of it was opened. But seeds are gossip, and what an
 * endpoint says of a round now is not what it said before: a round whose closing this node signed counts whatever it is
 * shown, and so does one that it masked an update in before a restart.
 *
 * Rejects with PRIVACY_RULES_BROKEN where the task's rules do not keep its specification's promise (see
 * privacyProblems), with PRIVACY_BUDGET_SPENT where as many updates were drawn as the specification's epsilon allows,
 * and with PRIVACY_LEDGER_UNREADABLE and MASK_RECORD_BROKEN.
 */
export async function spendRound(
  journal: Journal,
  spec: TaskSpec,
  { taskId, rules, rounds }: Pick<TaskView, "taskId" | "rules" | "rounds">,
  { round, start }: Pick<RoundView, "round" | "start">,
): Promise<void> {
  const { privacy } = spec;
  if (privacy === undefined) return;
  const noisy = { ...spec, privacy };
  const problem = privacyProblems(noisy, rules)[0];
  if (problem !== undefined) throw new FedledgerError("PRIVACY_RULES_BROKEN", { taskId, ...problem });
  const key = `noise/${taskId}`;
  const spent = readList(await journal.get(key));
  const entry = entryOf({ round, start });
  if (spent.includes(entry)) return;
  const since = drawnSince.get(journal) ?? new Set();
  const records = createMaskJournal(journal);
  const unseen = new Set<string>();
  for (const ended of modeOf(rules).isOpenRoundSpent ? [] : rounds.filter(endedOpen)) {
    const of = { taskId, round: ended.round };
    const isOpened = (await records.readClosing(of)) !== undefined;
    const isUnknown = !since.has(entryOf(ended)) && (await records.readMasked(of)) !== undefined;
    if (!isOpened && !isUnknown) unseen.add(entryOf(ended));
  }
  const counted = spent.filter((one) => !unseen.has(one)).length;
  if (counted >= roundsInBudget(noisy, rules)) {
    throw new FedledgerError("PRIVACY_BUDGET_SPENT", { taskId, round, drawn: counted, epsilon: privacy.epsilon });
  }
  await journal.put(key, new TextEncoder().encode(JSON.stringify([...spent, entry])));
  drawnSince.set(journal, since.add(entry));
}

function entryOf({ round, start }: Pick<RoundView, "round" | "start">): string {
  return `${round}/${start.toLowerCase()}`;
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
