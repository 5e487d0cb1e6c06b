import { weiOfGwei } from "../core/ether.ts";
import { foldTask } from "../core/fold-task.ts";
import { hexEquals } from "../core/hex.ts";
import type { Address, TaskId } from "../core/ids.ts";
import type { TaskView } from "../core/task-view.ts";
import type { BondState, ChainReader } from "../ports/index.ts";

/** How an account's bond stands to what a task asks of its aggregators. */
export interface BondOutlook {
  readonly taskId: TaskId;
  /** What each assigned aggregator answers with; 0 in a task without a bond. */
  readonly bondWei: bigint;
  /**
   * "none": the task asks for no bond; "covered": the free bond is enough to be assigned; "locked": it answers for the task's
   * running round; "locked-elsewhere": it would be enough, but answers for rounds of other tasks; "lost": a proposal of this account in
   * this task was proven wrong, and what is left is too little; "missing": too little is there.
   */
  readonly standing: "none" | "covered" | "locked" | "locked-elsewhere" | "lost" | "missing";
  /** What must be added to be assigned now; 0 when nothing must. */
  readonly missingWei: bigint;
}

/** Where an account stands with its bond in a task. Pure. */
export function bondOutlook(
  view: Pick<TaskView, "taskId" | "rules" | "rounds">,
  { freeWei, lockedWei }: Pick<BondState, "freeWei" | "lockedWei">,
  account: Address,
): BondOutlook {
  const { taskId, rounds } = view;
  const bondWei = weiOfGwei(view.rules.aggregatorBondGwei);
  const short = freeWei < bondWei ? bondWei - freeWei : 0n;
  const outlook = (standing: BondOutlook["standing"], missingWei = 0n) => ({ taskId, bondWei, standing, missingWei });
  if (bondWei === 0n) return outlook("none");
  const isLockedHere = rounds.some(
    ({ phase, assignment }) =>
      (phase === "aggregating" || phase === "proposed") &&
      assignment !== undefined &&
      hexEquals(assignment.aggregator, account),
  );
  if (isLockedHere && lockedWei >= bondWei) return outlook("locked");
  if (short === 0n) return outlook("covered");
  if (freeWei + lockedWei >= bondWei) return outlook("locked-elsewhere", short);
  const hasLost = rounds.some(({ refuted }) => refuted?.some(({ aggregator }) => hexEquals(aggregator, account)));
  return outlook(hasLost ? "lost" : "missing", short);
}

/** Where an account stands with its bond in a task, from the record; undefined while the federation has no task. Rejects with UNKNOWN_TASK. */
export async function readBondOutlook(
  chain: ChainReader,
  taskId: TaskId,
  account: Address,
): Promise<BondOutlook | undefined> {
  if ((await chain.taskCount()) === 0) return undefined;
  return bondOutlook(foldTask(await chain.history(taskId)), await chain.bondOf(account), account);
}
