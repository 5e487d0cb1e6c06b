import type { MemberNode, TakeTasks } from "../../api/index.ts";
import type { CommandContext } from "../options/command.ts";
import { untilStopped } from "../options/stop-signal.ts";
import { endOfWork, type OpenNode } from "./run-tasks.ts";
import { createTelling } from "./telling.ts";

/** Has a node take all tasks. */
export type Take = (node: MemberNode, tasks: TakeTasks) => Promise<void>;

/**
 * Runs a node on all tasks of a federation, those too that are created later, until it is stopped: what ends the work
 * on one ends no other.
 *
 * @param exitWhenFinal whether the work on a task ends once it is final; otherwise it goes on serving
 * @returns the exit code: 0 when it was stopped. Rejects with what ends the node.
 */
export async function runAll(
  role: string,
  { output, log, signal }: CommandContext,
  plan: {
    readonly open: OpenNode;
    readonly exitWhenFinal: boolean;
    readonly take: Take;
  },
): Promise<number> {
  const telling = createTelling(role, output, false);
  const node = await untilStopped(plan.open({ log, onReceived: telling.received }), signal);
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  const { account } = node;
  const tasks: TakeTasks = {
    signal,
    onTaskProgress: telling.progress,
    onRefused: telling.refused,
    onTaken(work) {
      work.start();
      telling.started(node, work.taskId);
      const { exitWhenFinal } = plan;
      endOfWork(work, { telling, signal, exitWhenFinal, account }).catch(failure.reject);
    },
  };
  try {
    output.emit({ event: "taking", role, account }, `The ${role} ${account} takes all tasks of the federation`);
    await Promise.race([plan.take(node, tasks), failure.promise]);
    return 0;
  } catch (error) {
    if (signal.aborted) return 0;
    throw error;
  } finally {
    await node.close();
  }
}
