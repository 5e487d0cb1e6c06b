import type { MemberNode, NodeOutcome, Progress, TaskId } from "../../api/index.ts";
import { isFedledgerError } from "../../core/errors/error.ts";
import { exitCodeOf, type Output, reportError } from "../text/output.ts";
import { progressText } from "../text/progress-text.ts";

/** What a command says of a node and its tasks. Events name their task; text does where there are several. */
export interface Telling {
  received(bytes: number): void;
  started(node: Pick<MemberNode, "account" | "gatewayUrl">, taskId: TaskId): void;
  progress(taskId: TaskId | undefined, progress: Progress): void;
  /** The work is done, and its blobs are served still. */
  serving(taskId: TaskId): void;
  ended(taskId: TaskId, outcome: NodeOutcome["kind"]): void;
  /** The work on one of several tasks ended by this error; returns the exit code that it means. */
  failed(taskId: TaskId | undefined, error: unknown): number;
  /** A task is not taken, and why. */
  refused(taskId: TaskId, error: Error): void;
}

/**
 * Says it on an output.
 *
 * @param isOnly whether the node has one task: its error is for whoever runs the command to tell
 */
export function createTelling(role: string, output: Output, isOnly: boolean): Telling {
  const of = (taskId: TaskId | undefined) => (isOnly || taskId === undefined ? "" : `task ${taskId}: `);
  const named = (taskId: TaskId | undefined, text: string | undefined) => text && `${of(taskId)}${text}`;
  return {
    received: (bytes) => output.emit({ event: "received", bytes }),
    started({ account, gatewayUrl }, taskId) {
      const blobs = gatewayUrl ? `; blobs for auditors at ${gatewayUrl}` : "";
      output.emit(
        { event: "started", role, task: taskId, account, gateway: gatewayUrl },
        named(taskId, `The ${role} ${account} has started${blobs} (Ctrl-C stops it)`),
      );
    },
    progress(taskId, progress) {
      const text = named(taskId, progressText(progress));
      if (output.json || text !== undefined) output.emit({ event: "progress", task: taskId, ...progress }, text);
    },
    serving: (taskId) =>
      output.emit(
        { event: "final", task: taskId },
        named(taskId, "Still serving its blobs to members and auditors; Ctrl-C stops it"),
      ),
    ended: (taskId, outcome) =>
      output.emit({ event: "ended", task: taskId, outcome }, named(taskId, endTexts[outcome])),
    failed(taskId, error) {
      if (isOnly) return exitCodeOf(error);
      output.say(`task ${taskId}: this node does not work on it any more; its other tasks go on`);
      return reportError(error, output.json, { task: taskId });
    },
    refused(taskId, error) {
      const { code, remedy } = isFedledgerError(error) ? error : { code: "UNEXPECTED", remedy: "" };
      output.emit(
        { event: "refused", task: taskId, code, message: error.message, remedy },
        `task ${taskId} is not taken: ${error.message} ${remedy}`,
      );
    },
  };
}

const endTexts: Readonly<Record<string, string>> = {
  "too-late": "This task ended before you joined: you contributed nothing",
  left: "This account has left the task (--reenter takes a place again)",
};
