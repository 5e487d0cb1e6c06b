import { join } from "node:path";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Address } from "../../core/ids.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import type { RoundView, TaskView } from "../../core/record/task-view.ts";
import { parseTaskSpecJson } from "../../core/task/task-spec.ts";
import type { Chain, Journal } from "../../ports/index.ts";
import { commitmentOf } from "../../rounds/steps/round-queries.ts";
import { fileExists, openJournal } from "../../system/index.ts";

/** Whose work it is: an account's, in one federation. */
type Owner = Pick<Chain, "chainId" | "federation" | "account" | "origin">;

/** What is kept of a task. */
interface TaskFolder {
  readonly folder: string;
  readonly view: TaskView;
  onClose(close: () => Promise<unknown>): void;
}

/**
 * Where a node keeps what it has: below the folder that its user names, one folder an account and federation. The block
 * in which the federation was created is part of the name, for a chain that begins anew gives a federation the same
 * address. Rejects as ChainReader.origin does.
 */
export async function nodeFolderOf(directory: string | undefined, owner: Owner): Promise<string> {
  const { chainId, federation, account } = owner;
  const origin = (await owner.origin()).slice(2, 18);
  return join(directory ?? ".fedledger", `${chainId}-${federation}-${origin}`, account);
}

/**
 * The journal of a task in its folder, closed with the task's work. One that is not there is made, but not where the
 * chain shows words of this account in a task in which they may not be said again: the journal was lost, or the folder
 * is another one.
 *
 * Rejects with JOURNAL_LOST unless `options.journalLost`, and as openJournal and ChainReader.origin do.
 */
export async function openTaskJournal(
  { folder, view, onClose }: TaskFolder,
  owner: Owner,
  options: { readonly journalLost?: boolean | undefined } = {},
): Promise<Journal> {
  const { chainId, federation, account } = owner;
  const path = join(folder, "journal.sqlite");
  if (options.journalLost !== true && !fileExists(path)) requireNoWords(path, account, view);
  const origin = await owner.origin();
  const name = `account ${account}, task ${view.taskId} of ${federation} on chain ${chainId} (${origin})`;
  const journal = openJournal(path, name);
  onClose(() => journal.close());
  return journal;
}

function requireNoWords(path: string, account: Address, view: TaskView): void {
  const risk = riskOf(view);
  const rounds = view.rounds.filter((round) => hasWordOf(round, account)).length;
  if (risk === undefined || rounds === 0) return;
  throw new FedledgerError("JOURNAL_LOST", { path, account, taskId: view.taskId, rounds, risk });
}

/** What may follow where a node does not know what it said; undefined where the record says all that counts. */
function riskOf({ rules, spec }: TaskView): string | undefined {
  const { privacy } = parseTaskSpecJson(spec);
  if (privacy !== undefined) return "an update with new noise may show more of the data than the task's epsilon says";
  const { keys } = modeOf(rules);
  return keys === "none" ? undefined : "a second word on the same round may show others an update of yours";
}

function hasWordOf(round: RoundView, account: Address): boolean {
  const keys = round.advertisements ?? [];
  const isOurs = ({ participant }: { readonly participant: Address }) =>
    participant.toLowerCase() === account.toLowerCase();
  return commitmentOf(round, account) !== undefined || keys.some(isOurs);
}
