import {
  type Address,
  etherText,
  type MemberNode,
  type NodeEvents,
  type NodeOutcome,
  type Progress,
  type TaskId,
  type TaskWork,
} from "../../api/index.ts";
import { FedledgerError } from "../../core/errors/error.ts";
import type { CommandContext } from "../options/command.ts";
import { untilStopped } from "../options/stop-signal.ts";
import { createTelling, type Telling } from "./telling.ts";

/** Opens the node of a command. */
export type OpenNode = (events: NodeEvents) => Promise<MemberNode>;

/** One task of a node, and how the work on it begins. */
export interface Job {
  /** Undefined: the invitation's only one, or the first. */
  readonly taskId: TaskId | undefined;
  begin(node: MemberNode, onProgress: (progress: Progress) => void): Promise<TaskWork>;
}

/** How the work on a task ended: with this exit code, and by what error. */
interface End {
  readonly exit: number;
  readonly error?: unknown;
}

/**
 * Runs a node until the work on all of its tasks is done or it is stopped: begins each, tells its progress, and closes
 * everything in order. What ends the work on one task ends no other. One that is final goes on serving until the node
 * is stopped, unless it is to end then.
 *
 * @returns the exit code: that of the first task, in their order, that did not end well. A single task's error is
 * thrown.
 */
export async function runTasks(
  role: string,
  { output, log, signal }: CommandContext,
  plan: { readonly open: OpenNode; readonly jobs: readonly Job[]; readonly exitWhenFinal: boolean },
): Promise<number> {
  const isOnly = plan.jobs.length === 1;
  const telling = createTelling(role, output, isOnly);
  // it may take as long as an endpoint or a peer does: nothing is owed to anybody yet
  const node = await untilStopped(plan.open({ log, onReceived: telling.received }), signal);
  try {
    const ends: Promise<End>[] = [];
    for (const job of plan.jobs) ends.push((await beginTask(job)).end);
    const failed = (await Promise.all(ends)).find(({ exit }) => exit !== 0);
    if (isOnly && failed?.error !== undefined) throw failed.error;
    return failed?.exit ?? 0;
  } catch (error) {
    if (signal.aborted) return 0;
    throw error;
  } finally {
    await node.close();
  }

  async function beginTask({ taskId, begin }: Job): Promise<{ readonly end: Promise<End> }> {
    try {
      const opening = begin(node, (progress) => telling.progress(taskId, progress));
      const work = await untilStopped(opening, signal);
      signal.throwIfAborted();
      work.start();
      telling.started(node, work.taskId);
      return { end: endOfWork(work, { telling, signal, exitWhenFinal: plan.exitWhenFinal, account: node.account }) };
    } catch (error) {
      if (signal.aborted) throw error;
      return { end: Promise.resolve({ exit: isOnly ? 1 : telling.failed(taskId, error), error }) };
    }
  }
}

/** Waits for the end of a task's work, tells it, and closes the work. */
export async function endOfWork(
  work: TaskWork,
  {
    telling,
    signal,
    exitWhenFinal,
    account,
  }: {
    readonly telling: Telling;
    readonly signal: AbortSignal;
    readonly exitWhenFinal: boolean;
    readonly account: Address;
  },
): Promise<End> {
  const { taskId } = work;
  const stopped = untilAborted(signal);
  const outcome = await Promise.race([work.done, stopped]);
  if (outcome.kind === "final" && !exitWhenFinal) {
    telling.serving(taskId);
    await stopped;
  }
  telling.ended(taskId, outcome.kind);
  await work.close();
  if (outcome.kind === "too-late") return { exit: 1 };
  const error = outcome.kind === "unpaid" ? unpaid(account, outcome.owedWei) : errorIn(outcome);
  return error === undefined ? { exit: 0 } : { exit: telling.failed(taskId, error), error };
}

function errorIn(outcome: NodeOutcome): FedledgerError | undefined {
  return outcome.kind === "failed" ? outcome.error : undefined;
}

function untilAborted(signal: AbortSignal): Promise<{ readonly kind: "stopped" }> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve({ kind: "stopped" });
    signal.addEventListener("abort", () => resolve({ kind: "stopped" }), { once: true });
  });
}

/** All is done, but for what the account is owed, and cannot pay the gas to take out. */
function unpaid(account: Address, owedWei: bigint): FedledgerError {
  const purpose = `taking out the ${etherText(owedWei)} ether that it is owed (then: fedledger bond withdraw)`;
  return new FedledgerError("INSUFFICIENT_FUNDS", { account, purpose });
}
