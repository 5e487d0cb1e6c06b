import { hexEquals } from "../../core/bytes/hex.ts";
import { type FedledgerError, isFedledgerError } from "../../core/errors/error.ts";
import type { TaskId } from "../../core/ids.ts";
import type { Chain, Clock, Log } from "../../ports/index.ts";
import type { Progress } from "../../rounds/progress/progress.ts";
import { createClock } from "../../system/index.ts";
import { viewOf } from "../record/open-record.ts";
import type { TaskChoices } from "./node-options.ts";
import type { TaskWork } from "./task-work.ts";

/** Whoever takes all tasks of a federation hears of these. */
export interface TakeTasks {
  /** Ends the taking; works that were begun go on until they are closed. */
  readonly signal: AbortSignal;
  /** A task's work was opened: to be started, and closed in the end, by whoever hears this. */
  readonly onTaken: (work: TaskWork) => void;
  /** A task is not taken, and why: told once for each reason. */
  readonly onRefused?: ((taskId: TaskId, error: FedledgerError) => void) | undefined;
  /** Every step of a task's record and of the work on it. */
  readonly onTaskProgress?: ((taskId: TaskId, progress: Progress) => void) | undefined;
  /** Default the machine's. */
  readonly clock?: Clock | undefined;
}

/** Between two looks for new tasks, milliseconds. */
const lookEveryMs = 5_000;
/** Between two looks at a task that could not be taken, but may be later: an attribute was set, a bond came out. */
const lookAgainMs = 60_000;

/** Why a node does not open, whatever the task. */
const nodesOwn: readonly string[] = [
  "ADDRESS_IN_USE",
  "STORAGE_FAILED",
  "DIRECTORY_IN_USE",
  "NODE_RUNNING",
  "FOLDER_UNUSABLE",
  "ACCOUNT_ELSEWHERE",
];

/** What of a refusal may change without a change of the task, or of what its owner said. */
const mayChange: readonly string[] = ["NOT_ELIGIBLE", "BOND_LIMIT"];

/**
 * Takes the tasks of a federation one after another: those that there are, and those that are created later. One that
 * was complete before, and in which the account has no place, is passed over. What cannot be read is looked at again.
 * Rejects with CHAIN_RESET, and with what no task is to blame for: a store or a network that does not open.
 */
export async function followTasks(
  { chain, log }: { readonly chain: Chain; readonly log: Log },
  { signal, onTaken, onRefused, onTaskProgress, clock = createClock() }: TakeTasks,
  begin: (task: TaskChoices & { readonly taskId: TaskId }) => Promise<TaskWork>,
): Promise<void> {
  const over = new Set<TaskId>();
  const againAtMs = new Map<TaskId, number>();
  const told = new Set<string>();
  let hasTaken = false;

  /** Whether nothing is left to do in a task, and this account has no part in it. */
  async function isPast(taskId: TaskId): Promise<boolean> {
    const view = await viewOf({ chain, taskId }, { signal });
    if (!view.complete) return false;
    const accounts = [...view.enrolled, ...view.joined].map(({ account }) => account);
    if (accounts.some((account) => hexEquals(account, chain.account))) return false;
    return (await chain.placeOf(taskId, chain.account)).bondWei === 0n;
  }

  async function take(taskId: TaskId): Promise<void> {
    if (await isPast(taskId)) {
      over.add(taskId);
      return log.debug("A task is past", { taskId });
    }
    const onProgress = onTaskProgress && ((progress: Progress) => onTaskProgress(taskId, progress));
    const work = await begin({ taskId, onProgress });
    over.add(taskId);
    hasTaken = true;
    onTaken(work);
  }

  function refuse(taskId: TaskId, error: unknown): void {
    if (!isFedledgerError(error) || isFatal(error)) throw error;
    const { code, retryable } = error;
    if (retryable) {
      log.warn("A task cannot be read, it is looked at again", { taskId, code });
      return;
    }
    if (mayChange.includes(code)) againAtMs.set(taskId, clock.nowMs() + lookAgainMs);
    else over.add(taskId);
    const key = `${taskId} ${error.message}`;
    if (told.has(key)) return;
    told.add(key);
    onRefused?.(taskId, error);
  }

  /** A node that does not open is no task's fault; one that has opened outlasts what fails then. */
  function isFatal({ code }: FedledgerError): boolean {
    return code === "CHAIN_RESET" || (!hasTaken && nodesOwn.includes(code));
  }

  async function look(): Promise<void> {
    const count = await chain.taskCount();
    for (let taskId = 1; taskId <= count && !signal.aborted; taskId++) {
      if (over.has(taskId) || clock.nowMs() < (againAtMs.get(taskId) ?? 0)) continue;
      try {
        await take(taskId);
      } catch (error) {
        if (signal.aborted) return;
        refuse(taskId, error);
      }
    }
  }

  while (!signal.aborted) {
    try {
      await look();
    } catch (error) {
      if (signal.aborted) return;
      if (!isFedledgerError(error) || !error.retryable || isFatal(error)) throw error;
      log.warn("The tasks cannot be read, they are looked at again", { code: error.code });
    }
    await clock.sleep(lookEveryMs, { signal }).catch(() => undefined);
  }
}
