import type { TaskId } from "../../core/ids.ts";
import { requireBound } from "../../core/record/bound-task.ts";
import type { TaskView } from "../../core/record/task-view.ts";
import { parseTaskSpecJson, type TaskSpec } from "../../core/task/task-spec.ts";
import { checkInvitedTask, type Invitation } from "../../core/words/invitation.ts";
import type { ChainReader } from "../../ports/index.ts";
import { type FederationOptions, openFederation } from "./open-federation.ts";

/** Which task, and where its record is read. */
export interface RecordOptions extends FederationOptions {
  /** From 1; default 1. */
  readonly taskId?: TaskId | undefined;
}

/** The record of one task. */
export interface TaskReader {
  readonly taskId: TaskId;
  /** Everything else that the chain says of the federation. */
  readonly chain: ChainReader;
}

/** The record of a task, to read. Whether there is such a task is not asked. Rejects as {@link openFederation} does. */
export async function openRecord(options: RecordOptions): Promise<TaskReader> {
  return { taskId: options.taskId ?? 1, chain: await openFederation(options) };
}

/**
 * A task as its events tell it and the contract stores it: rules, specification, members, rounds. Rejects with
 * UNKNOWN_TASK, ENDPOINT_BEHIND, RPC_UNREACHABLE, or the signal's reason.
 */
export async function viewOf(
  { chain, taskId }: TaskReader,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<TaskView> {
  const { signal } = options;
  return (await chain.record(taskId, signal === undefined ? {} : { signal })).view;
}

/**
 * The task that a node is to work in, where its own hashes bind what is shown of it, and it is the invitation's.
 * Rejects as {@link viewOf} does, and with INVITATION_MISMATCH.
 */
export async function requireTask(record: TaskReader, invitation: Invitation | undefined): Promise<TaskView> {
  const view = await viewOf(record);
  requireBound(view, record.chain);
  if (invitation !== undefined) checkInvitedTask(invitation, view);
  return view;
}

/**
 * A task's specification; undefined for a text that is none, which anybody who may create tasks can put on the chain.
 */
export function specOf({ spec }: Pick<TaskView, "spec">): TaskSpec | undefined {
  try {
    return parseTaskSpecJson(spec);
  } catch {
    return undefined;
  }
}
