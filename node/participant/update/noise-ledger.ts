import { hexEquals } from "../../core/bytes/hex.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { Bytes32 } from "../../core/ids.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import { endedOpen } from "../../core/record/round-keys.ts";
import type { RoundView, TaskView } from "../../core/record/task-view.ts";
import type { TaskSpec } from "../../core/task/task-spec.ts";
import type { Chain } from "../../ports/chain.ts";
import type { NoiseEntry, NoiseLedger } from "../../ports/noise.ts";
import type { Journal } from "../../ports/system.ts";
import { addCosts, epsilonBound, formatCost, parseCost } from "../../privacy/accountant/index.ts";
import { type PrivateTaskSpec, roundCost, roundsInBudget } from "../../privacy/budget/budget.ts";
import { privacyProblems } from "../../privacy/budget/check-privacy.ts";
import { createMaskJournal } from "../../privacy/masking/index.ts";

/** What all tasks together may cost one data set. */
export interface DataBudget {
  readonly epsilon: number;
  readonly delta: number;
}

/** Where noise is counted, and whose it is. */
export interface SpendDeps {
  readonly chain: Pick<Chain, "chainId" | "federation" | "account">;
  readonly ledger: NoiseLedger;
  /** What was masked, and which closings were signed. */
  readonly journal: Journal;
  /** Names the data: see Trainer.dataFingerprint. */
  readonly dataset: Bytes32;
  /** The site's word; default the epsilon and delta of the task that asks. */
  readonly dataBudget?: DataBudget | undefined;
}

/** What the updates with noise of one data set have cost together. */
export interface DataSpent {
  readonly updates: number;
  readonly epsilon: number;
  readonly delta: number;
  /** Whose epsilon is the smaller one. */
  readonly accountant: "rdp" | "pld";
}

type SpentTask = Pick<TaskView, "taskId" | "rules" | "rounds">;
type Opening = Pick<RoundView, "round" | "start">;

/**
 * Openings of each task that noise was drawn for since a journal was opened. Whoever restarts cannot tell what became
 * of the update that it masked before: the others may have opened it without its word.
 */
const drawnSince = new WeakMap<Journal, Map<string, Set<string>>>();

/**
 * Writes down that an update with noise is drawn for this opening of a round, before it is. The contract counts
 * committed rounds; this counts every update that may have left this machine: those of a round that was opened again
 * over another base or draw, too, and those of a history that a reorganisation undid. As there, a masked round that
 * ended before its updates were frozen costs nothing: nothing of it was opened. But seeds are gossip, and what an
 * endpoint says of a round now is not what it said before: a round whose closing this node signed counts whatever it is
 * shown, and so does one that it masked an update in before a restart.
 *
 * The data have one budget over all tasks and federations: what other tasks spent of the same data counts in full.
 * Resolves with what is spent of them now; undefined in a task without noise.
 *
 * Rejects with PRIVACY_RULES_BROKEN where the task's rules do not keep its specification's promise (see
 * privacyProblems); with PRIVACY_BUDGET_SPENT where as many updates were drawn as the specification's epsilon allows;
 * with PRIVACY_DATA_SPENT where all tasks together would exceed what the data may cost; with PRIVACY_LEDGER_LOST where
 * the ledger does not know of an update that this node or the chain knows of; and with PRIVACY_LEDGER_UNREADABLE,
 * STORAGE_FAILED and MASK_RECORD_BROKEN.
 */
export async function spendRound(
  deps: SpendDeps,
  spec: TaskSpec,
  view: SpentTask,
  opening: Opening,
): Promise<DataSpent | undefined> {
  const { privacy } = spec;
  if (privacy === undefined) return undefined;
  const { taskId, rules } = view;
  const { chain, ledger, journal, dataset } = deps;
  const noisy = { ...spec, privacy };
  const problem = privacyProblems(noisy, rules)[0];
  if (problem !== undefined) throw new FedledgerError("PRIVACY_RULES_BROKEN", { taskId, ...problem });
  const task = taskName(chain, taskId);
  const drawn = drawnSince.get(journal) ?? new Map<string, Set<string>>();
  const since = drawn.get(task) ?? new Set();
  const unseen = await unseenOpenings(journal, view, since);
  const cost = formatCost(roundCost(noisy, rules));
  const entry = { dataset, task, opening: nameOf(opening), cost };
  await ledger.spend(entry, (entries) => {
    const own = entries.filter((each) => each.task === task);
    requireKnown(deps, view, own, since);
    if (own.some((each) => each.opening === entry.opening && each.dataset === dataset)) return "drawn";
    const counted = own.filter((each) => !unseen.has(each.opening));
    if (counted.length >= roundsInBudget(noisy, rules)) {
      const { epsilon } = privacy;
      throw new FedledgerError("PRIVACY_BUDGET_SPENT", { taskId, ...opening, drawn: counted.length, epsilon });
    }
    const others = entries.filter((each) => each.task !== task && each.dataset === dataset);
    requireWithin(deps, noisy, { taskId, round: opening.round }, { counted: [...counted, entry], others });
    return "draw";
  });
  drawnSince.set(journal, drawn.set(task, since.add(entry.opening)));
  return await spentOn(deps, noisy);
}

/**
 * Rejects with PRIVACY_LEDGER_LOST where the chain knows of an update with noise of this account that the ledger has
 * not, and as {@link spendRound} does for one that cannot be read: asked before a node takes a place.
 */
export async function requireLedger(
  { chain, ledger }: Pick<SpendDeps, "chain" | "ledger">,
  spec: TaskSpec,
  view: SpentTask,
): Promise<void> {
  if (spec.privacy === undefined) return;
  const task = taskName(chain, view.taskId);
  const entries = await ledger.read();
  requireKnown(
    { chain, ledger },
    view,
    entries.filter((each) => each.task === task),
    new Set(),
  );
}

/** What the data have cost so far, over all tasks that the ledger knows, at this task's delta. */
async function spentOn({ ledger, dataset }: SpendDeps, { privacy }: PrivateTaskSpec): Promise<DataSpent> {
  const entries = (await ledger.read()).filter((each) => each.dataset === dataset);
  const costs = entries.map(({ cost }) => parseCost(ledger.path, cost));
  const { epsilon, accountant } = epsilonBound(addCosts(...costs), privacy.delta);
  return { updates: entries.length, epsilon, accountant, delta: privacy.delta };
}

function taskName({ chainId, federation, account }: SpendDeps["chain"], taskId: number): string {
  return `${chainId}/${federation}/${taskId}/${account}`.toLowerCase();
}

/** Masked rounds that ended before anybody could open an update of this node. */
async function unseenOpenings(
  journal: Journal,
  { taskId, rules, rounds }: SpentTask,
  since: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const records = createMaskJournal(journal);
  const unseen = new Set<string>();
  for (const ended of modeOf(rules).isOpenRoundSpent ? [] : rounds.filter(endedOpen)) {
    const of = { taskId, round: ended.round };
    const isOpened = (await records.readClosing(of)) !== undefined;
    const isUnknown = !since.has(nameOf(ended)) && (await records.readMasked(of)) !== undefined;
    if (!isOpened && !isUnknown) unseen.add(nameOf(ended));
  }
  return unseen;
}

/** Throws PRIVACY_LEDGER_LOST where an update was drawn, by the chain or this process, that the ledger has not. */
function requireKnown(
  { chain, ledger }: Pick<SpendDeps, "chain" | "ledger">,
  { taskId, rounds }: SpentTask,
  own: readonly NoiseEntry[],
  since: ReadonlySet<string>,
): void {
  const known = new Set(own.map(({ opening }) => opening));
  const committed = rounds.filter(({ commitments }) =>
    commitments.some(({ participant }) => hexEquals(participant, chain.account)),
  );
  const lost = [...committed.map(nameOf), ...since].find((opening) => !known.has(opening));
  if (lost === undefined) return;
  const [round = lost] = lost.split("/");
  throw new FedledgerError("PRIVACY_LEDGER_LOST", { path: ledger.path, taskId, round });
}

/** Throws PRIVACY_DATA_SPENT where all updates of the data, of whatever task, cost more than the data's budget. */
function requireWithin(
  { ledger, dataBudget }: SpendDeps,
  { privacy }: PrivateTaskSpec,
  of: { readonly taskId: number; readonly round: number },
  { counted, others }: { readonly counted: readonly NoiseEntry[]; readonly others: readonly NoiseEntry[] },
): void {
  // the rounds of this task alone are within its epsilon, as they were counted
  if (others.length === 0 && dataBudget === undefined) return;
  const { epsilon, delta } = dataBudget ?? privacy;
  const costs = [...counted, ...others].map(({ cost }) => parseCost(ledger.path, cost));
  const bound = epsilonBound(addCosts(...costs), delta);
  if (bound.epsilon <= epsilon) return;
  const spent = bound.epsilon.toPrecision(4);
  const data = { ...of, spent, delta, epsilon, accountant: bound.accountant, others: others.length, path: ledger.path };
  throw new FedledgerError("PRIVACY_DATA_SPENT", data);
}

function nameOf({ round, start }: Opening): string {
  return `${round}/${start.toLowerCase()}`;
}
